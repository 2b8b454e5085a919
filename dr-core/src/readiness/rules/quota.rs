//! Quotas of the standby against what runs there after a failover, with head-room.

mod count;

use count::{
    acl_rules, application_balancers, blocks, clusters, databases, elastic_addresses, groups,
    groups_of_interface, internet_gateways, listeners, nat_gateways, network_acls,
    network_balancers, networks, node_groups, nodes, option_groups, parameter_groups, replicas,
    route_tables, security_groups, storage, subnet_groups, subnets, target_groups,
    targets_of_balancer, targets_of_group, vcpus,
};

use super::super::facts::number;
use super::super::vcpu::Series;
use super::super::{Facts, Found, Need, Outcome, Rule, Where};
use crate::drift::Side;
use crate::model::{Family, ResourceKind as Kind, RuleDoc, Severity, Subject};

/// What stays free beside the demand, in percent of it: rolling replacements start new machines before they stop old ones. A
/// figure of ours; AWS asks for "a sufficient gap" (Well-Architected, REL01-BP06).
const HEAD_ROOM_PERCENT: u64 = 10;

const FIX: &str = "ask Service Quotas in the standby's region for more, now: it can take days";

// The pages that name the quotas, their codes and what counts.
const EC2: &str =
    "https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ec2-on-demand-instances.html";
const VPC: &str = "https://docs.aws.amazon.com/vpc/latest/userguide/amazon-vpc-limits.html";
const ALB: &str =
    "https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-limits.html";
const NLB: &str =
    "https://docs.aws.amazon.com/elasticloadbalancing/latest/network/load-balancer-limits.html";
const ASG: &str =
    "https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-quotas.html";
const EKS: &str = "https://docs.aws.amazon.com/eks/latest/userguide/service-quotas.html";
const RDS: &str = "https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/CHAP_Limits.html";

/// A quota that a failover can run into.
#[derive(Clone, Copy)]
pub struct Quota {
    /// Service and code at Service Quotas: `vpc/L-F678F1CE`.
    pub id: &'static str,
    /// What it bounds, in words of ours.
    pub name: &'static str,
    /// The code of the rule that holds it against the demand.
    pub rule: &'static str,
    #[cfg(test)]
    pub(in crate::readiness) demand: fn(&Facts<'_>) -> count::Counted,
}

impl Quota {
    /// The service's name at Service Quotas, and the quota's code there.
    pub fn service_and_code(&self) -> (&'static str, &'static str) {
        self.id.split_once('/').unwrap_or((self.id, ""))
    }
}

/// A row a quota: rule, family, id and name; what is short, and what that does; the page; what is counted, where it must have been
/// read, how, and what it is called. Machines that nobody may start who has not asked differ in their series and no more.
macro_rules! quotas {
    ({ $($standard:tt)* }
     on request { $($rule:literal $id:literal $name:literal $series:ident $types:literal;)* }
     $($rest:tt)*) => {
        quotas! {
            $($standard)*
            $($rule Compute $id $name
                concat!("the standby may run fewer vCPUs of types ", $types, " than the failed-over fleets need"),
                "Auto Scaling is refused the machines that are missing. Nobody has any of them who has not asked.", EC2,
                [Standby Ec2Instance, Standby AutoscalingGroup, Standby EksNodeGroup, Standby Ec2LaunchTemplate ["instance-type"]]
                vcpus of $series: concat!("vCPUs of ", $types, " instances");)*
            $($rest)*
        }
    };
    ($($rule:literal $family:ident $id:literal $name:literal
       $title:expr, $why:literal, $page:ident,
       [$($at:ident $kind:ident $([$($attribute:literal)*])?),*] $demand:ident $(of $series:ident)?: $what:expr;)*) => {
        /// The quotas that are looked at.
        pub const QUOTAS: &[Quota] = &[$(Quota {
            id: $id,
            name: $name,
            rule: $rule,
            #[cfg(test)]
            demand: |facts| $demand(facts $(, Series::$series)?).into(),
        },)*];

        /// Their rules.
        pub(super) const RULES: &[Rule] = &[$(Rule {
            doc: RuleDoc::new($rule, Family::$family, Severity::Blocking, [$title, $why, FIX, $page]),
            needs: &[
                Need::one(Where::Standby, Kind::ServiceQuota, $id),
                $(Need::all(Where::$at, Kind::$kind, &[$($($attribute),*)?]),)*
            ],
            check: |facts| vec![held_against(facts, $id, $what, $demand(facts $(, Series::$series)?).into())],
        },)*];
    };
}

quotas! {
    {
        "quota-vcpus" Compute "ec2/L-1216C47A" "vcpus-standard"
            "the standby may run fewer vCPUs than the failed-over fleets need",
            "Auto Scaling is refused the machines that are missing, in the middle of a failover.", EC2,
            [Standby Ec2Instance, Standby AutoscalingGroup, Standby EksNodeGroup, Standby Ec2LaunchTemplate ["instance-type"]]
            vcpus of Standard: "vCPUs of standard instances";
    }
    on request {
        "quota-vcpus-graphics" "ec2/L-DB2E81BA" "vcpus-g-and-vt" Graphics "G and VT";
        "quota-vcpus-p" "ec2/L-417A185B" "vcpus-p" P "P";
        "quota-vcpus-x" "ec2/L-7295265B" "vcpus-x" X "X";
        "quota-vcpus-dl" "ec2/L-6E869C2A" "vcpus-dl" Dl "DL";
        "quota-vcpus-f" "ec2/L-74FC7D96" "vcpus-f" F "F";
        "quota-vcpus-inf" "ec2/L-1945791B" "vcpus-inf" Inf "Inf";
        "quota-vcpus-trn" "ec2/L-2C3B7624" "vcpus-trn" Trn "Trn";
    }
    "quota-fleets" Compute "autoscaling/L-CDE20ADC" "groups"
        "the standby may have fewer Auto Scaling groups than it needs",
        "A group that is built up in a failover is refused.", ASG,
        [Both AutoscalingGroup, Both EksNodeGroup] groups: "Auto Scaling groups";
    "quota-clusters" Compute "eks/L-1194D53C" "clusters"
        "the standby may have fewer EKS clusters than it needs",
        "A cluster that is built up in a failover is refused.", EKS,
        [Both EksCluster] clusters: "clusters";
    "quota-node-groups" Compute "eks/L-6D54EA21" "node-groups-per-cluster"
        "a cluster of the standby may have fewer node groups than it needs",
        "A node group that is built up in a failover is refused.", EKS,
        [Both EksNodeGroup, Standby EksCluster] node_groups: "managed node groups in one cluster";
    "quota-nodes" Compute "eks/L-BD136A63" "nodes-per-node-group"
        "a node group of the standby may have fewer nodes than the failed-over cluster needs",
        "The node group is refused the size that it needs, in the middle of a failover.", EKS,
        [Both EksNodeGroup] nodes: "nodes in one managed node group";
    "quota-databases" Database "rds/L-7B6409FD" "db-instances"
        "the standby may have fewer database instances than it needs",
        "A replica that is made in a failover or a failback is refused.", RDS,
        [Both RdsInstance] databases: "database instances";
    "quota-database-storage" Database "rds/L-7ADDB58A" "db-storage-gib"
        "the standby may have less database storage than it needs",
        "A replica or a restored copy is refused for want of storage.", RDS,
        [Both RdsInstance ["storage-gib"]] storage: "GiB of database storage";
    "quota-database-replicas" Database "rds/L-5BC124EF" "replicas-per-primary"
        "a database of the standby may have fewer read replicas than it needs once it is the primary",
        "A replica that readers need, or that protects again, is refused.", RDS,
        [Both RdsInstance ["replicas"]] replicas: "read replicas of one database";
    "quota-parameter-groups" Database "rds/L-DE55804A" "db-parameter-groups"
        "the standby may have fewer DB parameter groups than it needs",
        "A parameter group that is made in a failover is refused: the database has none to be made with.", RDS,
        [Both RdsParameterGroup] parameter_groups: "DB parameter groups";
    "quota-option-groups" Database "rds/L-9FA33840" "db-option-groups"
        "the standby may have fewer DB option groups than it needs",
        "An option group that is made in a failover is refused: the database has none to be made with.", RDS,
        [Both RdsOptionGroup] option_groups: "DB option groups";
    "quota-subnet-groups" Database "rds/L-48C6BF61" "db-subnet-groups"
        "the standby may have fewer DB subnet groups than it needs",
        "A subnet group that is made in a failover is refused: the database has no network to be made in.", RDS,
        [Both RdsSubnetGroup] subnet_groups: "DB subnet groups";
    "quota-balancers" Edge "elasticloadbalancing/L-53DA6B97" "application-load-balancers"
        "the standby may have fewer application load balancers than it needs",
        "A balancer that is built up in a failover is refused: clients find nobody.", ALB,
        [Both ElbLoadBalancer] application_balancers: "application load balancers";
    "quota-network-balancers" Edge "elasticloadbalancing/L-69A177A2" "network-load-balancers"
        "the standby may have fewer network load balancers than it needs",
        "A balancer that is built up in a failover is refused: clients find nobody.", NLB,
        [Both ElbLoadBalancer] network_balancers: "network load balancers";
    "quota-target-groups" Edge "elasticloadbalancing/L-B22855CB" "target-groups"
        "the standby may have fewer target groups than it needs",
        "A target group that is built up in a failover is refused: its balancer reaches nobody.", ALB,
        [Both ElbTargetGroup] target_groups: "target groups";
    "quota-listeners" Edge "elasticloadbalancing/L-B6DF7632" "listeners-per-application-load-balancer"
        "a load balancer of the standby may have fewer listeners than it needs",
        "A listener that is built up in a failover is refused: clients of its port find nobody.", ALB,
        [Both ElbListener, Both ElbLoadBalancer] listeners: "listeners of one application load balancer";
    "quota-targets-per-balancer" Edge "elasticloadbalancing/L-7E6692B2" "targets-per-application-load-balancer"
        "a load balancer of the standby may have fewer targets than the failed-over fleet has members",
        "Members that start in a failover are not registered, and get no request.", ALB,
        [Both ElbTargetGroup ["targets"], Both ElbLoadBalancer, Standby AutoscalingGroup]
        targets_of_balancer: "targets of one application load balancer";
    "quota-targets-per-group" Edge "elasticloadbalancing/L-A0D0B863" "targets-per-target-group"
        "a target group of the standby may have fewer targets than the failed-over fleet has members",
        "Members that start in a failover are not registered, and get no request.", ALB,
        [Both ElbTargetGroup ["targets"], Standby AutoscalingGroup] targets_of_group: "targets of one target group";
    "quota-elastic-addresses" Network "ec2/L-0263D0A3" "elastic-addresses"
        "the standby may have fewer elastic addresses than it needs",
        "A NAT gateway or a machine with a fixed address is refused.", VPC,
        [Both Ec2Address] elastic_addresses: "elastic addresses";
    "quota-networks" Network "vpc/L-F678F1CE" "vpcs"
        "the standby may have fewer VPCs than it needs",
        "A network that is built up in a failover is refused, and all that stands in it.", VPC,
        [Both Ec2Vpc] networks: "VPCs";
    "quota-address-blocks" Network "vpc/L-83CA0A9D" "ipv4-blocks-per-vpc"
        "a VPC of the standby may have fewer blocks of IPv4 addresses than it needs",
        "A block that is added in a failover is refused, and the subnets in it.", VPC,
        [Both Ec2Vpc] blocks: "blocks of IPv4 addresses of one VPC";
    "quota-subnets" Network "vpc/L-407747CB" "subnets-per-vpc"
        "a VPC of the standby may have fewer subnets than it needs",
        "A subnet that is built up in a failover is refused, and all that stands in it.", VPC,
        [Both Ec2Subnet, Standby Ec2Vpc] subnets: "subnets in one VPC";
    "quota-route-tables" Network "vpc/L-589F43AA" "route-tables-per-vpc"
        "a VPC of the standby may have fewer route tables than it needs",
        "A route table that is built up in a failover is refused: its subnets reach nothing outside.", VPC,
        [Both Ec2RouteTable, Standby Ec2Vpc] route_tables: "route tables in one VPC";
    "quota-network-acls" Network "vpc/L-B4A6D682" "network-acls-per-vpc"
        "a VPC of the standby may have fewer network ACLs than it needs",
        "A network ACL that is built up in a failover is refused; the fence of a database is one.", VPC,
        [Both Ec2NetworkAcl, Standby Ec2Vpc] network_acls: "network ACLs in one VPC";
    "quota-acl-rules" Network "vpc/L-2AEEBF1A" "rules-per-network-acl"
        "a network ACL of the standby may have fewer rules than it needs",
        "A rule that is added in a failover is refused: packets are dropped, or let in.", VPC,
        [Both Ec2NetworkAcl] acl_rules: "rules of one direction of a network ACL";
    "quota-security-groups" Network "vpc/L-E79EC296" "security-groups"
        "the standby may have fewer security groups than it needs",
        "A security group that is built up in a failover is refused, and what is to be in it.", VPC,
        [Both Ec2SecurityGroup] security_groups: "security groups";
    "quota-groups-per-interface" Network "vpc/L-2AFB9258" "security-groups-per-interface"
        "a network interface of the standby may be in fewer security groups than it needs",
        "A machine, balancer or database that names more groups is refused.", VPC,
        [Both Ec2LaunchTemplate ["security-groups"], Both Ec2Instance, Both ElbLoadBalancer, Both RdsInstance]
        groups_of_interface: "security groups of one network interface";
    "quota-internet-gateways" Network "vpc/L-A4707A72" "internet-gateways"
        "the standby may have fewer internet gateways than it needs",
        "A gateway that is built up in a failover is refused: nobody outside reaches the network.", VPC,
        [Both Ec2InternetGateway] internet_gateways: "internet gateways";
    "quota-nat-gateways" Network "vpc/L-FE5A380F" "nat-gateways-per-zone"
        "a zone of the standby may have fewer NAT gateways than it needs",
        "A gateway that is built up in a failover is refused: private machines reach nothing outside.", VPC,
        [Both Ec2NatGateway, Both Ec2Subnet] nat_gateways: "NAT gateways in one zone";
}

fn held_against(
    facts: &Facts<'_>,
    id: &str,
    what: &str,
    demand: Result<count::Demand, Outcome>,
) -> Outcome {
    let count::Demand { total, now } = match demand {
        Ok(demand) => demand,
        Err(unknown) => return unknown,
    };
    let quota = facts.find(Side::Standby, Kind::ServiceQuota, id);
    let Some((quota, limit)) = quota.and_then(|quota| Some((quota, number(quota, "value")?)))
    else {
        return Outcome::unclear(
            format!("the quota {id} does not stand in the scan"),
            "dr discover",
        );
    };
    let room = (total * HEAD_ROOM_PERCENT).div_ceil(100);
    let told = format!("{total} of {limit} {what} after a failover, {now} now");
    let name = quota.text("title").unwrap_or(id).to_owned();
    let found = |message| {
        let subject = Subject::Resource {
            component: None,
            kind: Kind::ServiceQuota,
            name,
        };
        Found::new(subject, message).at(facts.standby(), quota, "value")
    };
    if total > limit {
        found(told).into()
    } else if total > now && total + room > limit {
        // What a failover does not add is there, and needs no room.
        found(format!("{told}: less than {HEAD_ROOM_PERCENT} % to spare"))
            .only(Severity::Slowing)
            .into()
    } else {
        Outcome::Holds(told)
    }
}
