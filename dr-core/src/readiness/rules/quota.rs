//! Quotas of the standby against what runs there after a failover, with head-room.

use super::super::facts::number;
use super::super::fleet::has_made;
use super::super::vcpu::{is_standard, vcpus};
use super::super::{Facts, Found, Need, Outcome, Rule, Where};
use crate::drift::Side;
use crate::model::{
    Binding, Family, Resource, ResourceKind as Kind, RuleDoc, Settings, Severity, Subject,
};

/// What stays free beside the demand, in percent of it: rolling replacements start new machines before they stop old ones. A
/// figure of ours; AWS asks for "a sufficient gap" (Well-Architected, REL01-BP06).
const HEAD_ROOM_PERCENT: u64 = 10;

const SOURCE: &str = "https://docs.aws.amazon.com/wellarchitected/latest/reliability-pillar/rel_manage_service_limits_suff_buffer_limits.html";
const FIX: &str = "ask Service Quotas in the standby's region for more, now: it can take days";

/// What is counted against a quota after a failover.
struct Demand {
    /// What it comes to.
    total: u64,
    /// What of it is there already.
    now: u64,
    /// What is counted, in words.
    what: &'static str,
}

macro_rules! quota {
    ($name:ident, $code:literal, $family:ident, $id:literal, [$title:literal, $why:literal], [$($at:ident $kind:ident),*], $demand:ident) => {
        #[doc = $title]
        pub(super) const $name: Rule = Rule {
            doc: RuleDoc::new($code, Family::$family, Severity::Blocking, [$title, $why, FIX, SOURCE]),
            needs: &[
                Need::one(Where::Standby, Kind::ServiceQuota, $id),
                $(Need::all(Where::$at, Kind::$kind, &[]),)*
            ],
            check: |facts| vec![held_against(facts, $id, $demand(facts))],
        };
    };
}

quota!(
    VCPUS, "quota-vcpus", Compute, "ec2/L-1216C47A",
    ["the standby may run fewer vCPUs than the failed-over fleets need",
     "Auto Scaling is refused the machines that are missing, in the middle of a failover."],
    [Standby Ec2Instance, Standby AutoscalingGroup, Standby EksNodeGroup, Standby Ec2LaunchTemplate], vcpu_demand
);
quota!(
    GROUPS, "quota-fleets", Compute, "autoscaling/L-CDE20ADC",
    ["the standby may have fewer Auto Scaling groups than it needs",
     "A group that is built up in a failover is refused."],
    [Both AutoscalingGroup, Both EksNodeGroup], groups
);
quota!(
    CLUSTERS, "quota-clusters", Compute, "eks/L-1194D53C",
    ["the standby may have fewer EKS clusters than it needs",
     "A cluster that is built up in a failover is refused."],
    [Both EksCluster], clusters
);
quota!(
    DATABASES, "quota-databases", Database, "rds/L-7B6409FD",
    ["the standby may have fewer database instances than it needs",
     "A replica that is made in a failover or a failback is refused."],
    [Both RdsInstance], databases
);
quota!(
    STORAGE, "quota-database-storage", Database, "rds/L-7ADDB58A",
    ["the standby may have less database storage than it needs",
     "A replica or a restored copy is refused for want of storage."],
    [Both RdsInstance], storage
);
quota!(
    BALANCERS, "quota-balancers", Edge, "elasticloadbalancing/L-53DA6B97",
    ["the standby may have fewer application load balancers than it needs",
     "A balancer that is built up in a failover is refused: clients find nobody."],
    [Both ElbLoadBalancer], balancers
);
quota!(
    ELASTIC_ADDRESSES, "quota-elastic-addresses", Network, "ec2/L-0263D0A3",
    ["the standby may have fewer elastic addresses than it needs",
     "A NAT gateway or a machine with a fixed address is refused."],
    [Both Ec2Address], elastic_addresses
);
quota!(
    NETWORKS, "quota-networks", Network, "vpc/L-F678F1CE",
    ["the standby may have fewer VPCs than it needs",
     "A network that is built up in a failover is refused, and all that stands in it."],
    [Both Ec2Vpc], networks
);
quota!(
    NAT_GATEWAYS, "quota-nat-gateways", Network, "vpc/L-FE5A380F",
    ["a zone of the standby may have fewer NAT gateways than it needs",
     "A gateway that is built up in a failover is refused: private machines reach nothing outside."],
    [Both Ec2NatGateway, Standby Ec2Subnet], nat_gateways
);

fn held_against(facts: &Facts<'_>, id: &str, demand: Result<Demand, Outcome>) -> Outcome {
    let demand = match demand {
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
    let Demand { total, now, what } = demand;
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

/// Fleets at their size after a failover, and every other running machine.
fn vcpu_demand(facts: &Facts<'_>) -> Result<Demand, Outcome> {
    let of_type = |name: &str| {
        vcpus(name).ok_or_else(|| {
            Outcome::unclear(
                format!("how many vCPUs {name} has is not known to this dr"),
                "compare the quota by hand: aws ec2 describe-instance-types",
            )
        })
    };
    let fleets = facts.fleets(Side::Standby);
    let (mut total, mut now) = (0, 0);
    for fleet in &fleets {
        // The largest of the types that it may start.
        let mut each = 0;
        for name in fleet.types.iter().filter(|name| is_standard(name)) {
            each = each.max(of_type(name)?);
        }
        if fleet.types.is_empty() {
            return Err(Outcome::unclear(
                format!("what {} starts does not stand in the scan", fleet.group.id),
                "give the group a launch template with an instance type",
            ));
        }
        total += each * fleet.needed.max(fleet.members);
        now += each * fleet.members;
    }
    for instance in facts.all(Side::Standby, Kind::Ec2Instance) {
        let is_counted = fleets.iter().any(|fleet| has_made(fleet.group, instance));
        let name = instance.text("instance-type").unwrap_or_default();
        if is_counted || !is_standard(name) {
            continue;
        }
        let is_running = matches!(instance.text("state"), Some("running" | "pending"));
        if is_running {
            now += of_type(name)?;
        }
        if is_running || is_to_be_started(facts, instance) {
            total += of_type(name)?;
        }
    }
    Ok(Demand {
        total,
        now,
        what: "vCPUs of standard instances",
    })
}

/// A Git server that is off until a failover.
fn is_to_be_started(facts: &Facts<'_>, instance: &Resource) -> bool {
    facts.bindings(Side::Standby).any(|(component, binding)| {
        let settings = facts.estate.component(component).map(|c| &c.settings);
        let is_off = matches!(settings, Some(Settings::Repository(git)) if git.standby_off);
        matches!(binding, Binding::Git(git) if git.instance.as_deref() == Some(instance.id.as_str()))
            && is_off
    })
}

/// What stands at the standby, and what the primary has of the estate beyond that.
#[expect(
    clippy::unnecessary_wraps,
    reason = "the demand for vCPUs may be unknown, and the rules are made alike"
)]
fn counted(
    facts: &Facts<'_>,
    kind: Kind,
    what: &'static str,
    is_one: fn(&Resource) -> bool,
    weight: fn(&Resource) -> u64,
) -> Result<Demand, Outcome> {
    let sum = |things: &mut dyn Iterator<Item = &Resource>| -> u64 {
        things.filter(|thing| is_one(thing)).map(weight).sum()
    };
    let now = sum(&mut facts.all(Side::Standby, kind));
    let [there, here] = Side::BOTH.map(|side| sum(&mut facts.ours(side, kind)));
    Ok(Demand {
        total: now + there.saturating_sub(here),
        now,
        what,
    })
}

fn each(_: &Resource) -> u64 {
    1
}

fn any(_: &Resource) -> bool {
    true
}

/// A managed node group is an Auto Scaling group, too: the lists of real accounts name it among them.
fn groups(facts: &Facts<'_>) -> Result<Demand, Outcome> {
    counted(
        facts,
        Kind::AutoscalingGroup,
        "Auto Scaling groups",
        any,
        each,
    )
}

fn clusters(facts: &Facts<'_>) -> Result<Demand, Outcome> {
    counted(facts, Kind::EksCluster, "clusters", any, each)
}

fn databases(facts: &Facts<'_>) -> Result<Demand, Outcome> {
    counted(facts, Kind::RdsInstance, "database instances", any, each)
}

fn storage(facts: &Facts<'_>) -> Result<Demand, Outcome> {
    let gib = |instance: &Resource| number(instance, "storage-gib").unwrap_or_default();
    counted(
        facts,
        Kind::RdsInstance,
        "GiB of database storage",
        any,
        gib,
    )
}

fn balancers(facts: &Facts<'_>) -> Result<Demand, Outcome> {
    let is_application = |balancer: &Resource| balancer.text("type") == Some("application");
    counted(
        facts,
        Kind::ElbLoadBalancer,
        "application load balancers",
        is_application,
        each,
    )
}

fn elastic_addresses(facts: &Facts<'_>) -> Result<Demand, Outcome> {
    counted(facts, Kind::Ec2Address, "elastic addresses", any, each)
}

fn networks(facts: &Facts<'_>) -> Result<Demand, Outcome> {
    counted(facts, Kind::Ec2Vpc, "VPCs", any, each)
}

/// The quota is one of a zone: the fullest zone counts, and takes what is to come.
fn nat_gateways(facts: &Facts<'_>) -> Result<Demand, Outcome> {
    let is_there = |gateway: &Resource| gateway.text("state") != Some("deleted");
    let all = counted(
        facts,
        Kind::Ec2NatGateway,
        "NAT gateways in one zone",
        is_there,
        each,
    )?;
    let mut zones = std::collections::BTreeMap::<&str, u64>::new();
    for gateway in facts
        .all(Side::Standby, Kind::Ec2NatGateway)
        .filter(|g| is_there(g))
    {
        let subnet = gateway.text("subnet").unwrap_or_default();
        let subnet = facts.find(Side::Standby, Kind::Ec2Subnet, subnet);
        let zone = subnet
            .and_then(|subnet| subnet.text("zone"))
            .unwrap_or_default();
        *zones.entry(zone).or_default() += 1;
    }
    let fullest = zones.values().copied().max().unwrap_or_default();
    Ok(Demand {
        total: fullest + (all.total - all.now),
        now: fullest,
        what: all.what,
    })
}
