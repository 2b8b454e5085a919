//! Which real things a binding names: by id, name or ARN, as a scan tells them.

use super::{Binding, ResourceKind as Kind};

/// A real thing that a binding names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BoundResource<'a> {
    /// What it is.
    pub kind: Kind,
    /// Its id, or its ARN.
    pub id: &'a str,
    /// Which part of the component it is: two parts may be of one kind.
    pub part: &'static str,
}

impl Binding {
    /// The real things that it names.
    pub fn resources(&self) -> Vec<BoundResource<'_>> {
        let of = |kind, id, part| BoundResource { kind, id, part };
        match self {
            Self::Git(git) => {
                let instance = git.instance.iter();
                instance
                    .map(|id| of(Kind::Ec2Instance, id, "instance"))
                    .collect()
            }
            Self::Vpc(vpc) => vec![of(Kind::Ec2Vpc, &vpc.vpc, "vpc")],
            Self::Alb(alb) => vec![
                of(Kind::ElbLoadBalancer, &alb.load_balancer, "load-balancer"),
                of(Kind::ElbTargetGroup, &alb.target_group, "target-group"),
            ],
            Self::Ec2Autoscaling(fleet) => {
                vec![of(Kind::AutoscalingGroup, &fleet.group, "group")]
            }
            Self::Eks(eks) => vec![of(Kind::EksCluster, &eks.cluster, "cluster")],
            Self::Rds(rds) => vec![
                of(Kind::RdsInstance, &rds.instance, "instance"),
                of(Kind::RdsSubnetGroup, &rds.subnet_group, "subnet-group"),
                of(
                    Kind::RdsParameterGroup,
                    &rds.parameter_group,
                    "parameter-group",
                ),
                of(
                    Kind::Ec2SecurityGroup,
                    &rds.security_group,
                    "security-group",
                ),
                of(
                    Kind::Ec2SecurityGroup,
                    &rds.quarantine_group,
                    "quarantine-group",
                ),
                of(Kind::Ec2NetworkAcl, &rds.network_acl, "network-acl"),
            ],
            Self::Terraform(_)
            | Self::GithubActions(_)
            | Self::Command(_)
            | Self::Prometheus(_)
            | Self::Grafana(_)
            | Self::Route53(_) => Vec::new(),
        }
    }
}
