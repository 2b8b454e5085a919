//! Operators that take a thing away, with what cannot be without it and what points to it, as the service does.

use dr_core::model::ResourceKind as Kind;
use dr_core::sim::Dice;
use serde_json::Value;

use super::super::{Belongs, Twins};
use super::{Change, Operator, draw, of};

type Do = fn(&mut Twins, usize, &mut Dice) -> Option<Vec<String>>;
/// Name, kind, code of what is missing at the standby, and what it does.
type Row = (&'static str, Kind, &'static str, Do);

/// Takes a drawn thing away, and with it the things whose roles begin so (`{}` is its application).
fn take(
    twins: &mut Twins,
    side: usize,
    (kind, ends): (Kind, &str),
    with: &[&str],
    dice: &mut Dice,
) -> Option<Vec<String>> {
    let role = draw(twins, side, kind, ends, dice)?;
    let with: Vec<String> = with
        .iter()
        .map(|with| with.replace("{}", of(&role)))
        .collect();
    let gone = |candidate: &str| {
        candidate == role || with.iter().any(|with| candidate.starts_with(with.as_str()))
    };
    let mut names: Vec<String> = Vec::new();
    twins.sides[side].retain(|thing| {
        let is_gone = thing.belongs != Belongs::Elsewhere && gone(&thing.role);
        if is_gone {
            names.push(thing.resource.id.clone());
            names.extend(thing.resource.arn.clone());
        }
        !is_gone
    });
    for thing in &mut twins.sides[side] {
        // What a machine was started from is not forgotten.
        if thing.belongs == Belongs::Estate {
            let attributes = &mut thing.resource.attributes;
            attributes
                .retain(|attribute, value| !points(attribute, kind) || !forget(value, &names));
        }
    }
    Some(vec![role])
}

/// Whether an attribute points to things of a kind. Groups of a database have one name, whatever they group.
fn points(attribute: &str, kind: Kind) -> bool {
    match attribute {
        "parameter-groups" => kind == Kind::RdsParameterGroup,
        "option-groups" => kind == Kind::RdsOptionGroup,
        "subnet-group" => kind == Kind::RdsSubnetGroup,
        _ => !matches!(
            kind,
            Kind::RdsParameterGroup | Kind::RdsOptionGroup | Kind::RdsSubnetGroup
        ),
    }
}

/// Takes what points to what is gone out of a value. Says whether nothing is left of it.
fn forget(value: &mut Value, names: &[String]) -> bool {
    match value {
        Value::String(text) => names.iter().any(|name| name == text),
        Value::Array(list) => {
            let before = list.len();
            list.retain_mut(|value| !forget(value, names));
            before > 0 && list.is_empty()
        }
        Value::Object(map) => map.values_mut().any(|value| forget(value, names)),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}

fn rows() -> Vec<Row> {
    const NETWORK: &str = "network-part-missing";
    const FLEET: &str = "fleet-part-missing";
    const DOOR: &str = "front-door-part-missing";
    const DATABASE: &str = "database-part-missing";
    const SECRET: &str = "secret-missing";
    vec![
        ("subnet gone", Kind::Ec2Subnet, NETWORK, |t, side, dice| {
            take(t, side, (Kind::Ec2Subnet, ""), &[], dice)
        }),
        (
            "route table gone",
            Kind::Ec2RouteTable,
            NETWORK,
            |t, side, dice| take(t, side, (Kind::Ec2RouteTable, "public"), &[], dice),
        ),
        (
            "internet gateway gone",
            Kind::Ec2InternetGateway,
            NETWORK,
            |t, side, dice| take(t, side, (Kind::Ec2InternetGateway, ""), &[], dice),
        ),
        (
            "NAT gateway gone",
            Kind::Ec2NatGateway,
            NETWORK,
            |t, side, dice| take(t, side, (Kind::Ec2NatGateway, ""), &[], dice),
        ),
        ("ACL gone", Kind::Ec2NetworkAcl, NETWORK, |t, side, dice| {
            take(t, side, (Kind::Ec2NetworkAcl, "data"), &[], dice)
        }),
        (
            "security group gone",
            Kind::Ec2SecurityGroup,
            NETWORK,
            |t, side, dice| take(t, side, (Kind::Ec2SecurityGroup, ""), &[], dice),
        ),
        (
            "fleet gone",
            Kind::AutoscalingGroup,
            FLEET,
            |t, side, dice| take(t, side, (Kind::AutoscalingGroup, ""), &["{}/member"], dice),
        ),
        (
            "template and fleet gone",
            Kind::Ec2LaunchTemplate,
            FLEET,
            |t, side, dice| {
                let gone = take(t, side, (Kind::Ec2LaunchTemplate, ""), &["{}/member"], dice)?;
                Some(gone)
            },
        ),
        ("image gone", Kind::Ec2Image, FLEET, |t, side, dice| {
            take(t, side, (Kind::Ec2Image, ""), &[], dice)
        }),
        ("key pair gone", Kind::Ec2KeyPair, FLEET, |t, side, dice| {
            take(t, side, (Kind::Ec2KeyPair, ""), &[], dice)
        }),
        (
            "single machine gone",
            Kind::Ec2Instance,
            FLEET,
            |t, side, dice| take(t, side, (Kind::Ec2Instance, ""), &[], dice),
        ),
        (
            "cluster gone, with its nodes",
            Kind::EksCluster,
            FLEET,
            |t, side, dice| take(t, side, (Kind::EksCluster, ""), &["{}/nodes"], dice),
        ),
        ("nodes gone", Kind::EksNodeGroup, FLEET, |t, side, dice| {
            take(t, side, (Kind::EksNodeGroup, ""), &[], dice)
        }),
        (
            "balancer gone, with its listeners",
            Kind::ElbLoadBalancer,
            DOOR,
            |t, side, dice| take(t, side, (Kind::ElbLoadBalancer, ""), &["{}/listener"], dice),
        ),
        ("listener gone", Kind::ElbListener, DOOR, |t, side, dice| {
            take(t, side, (Kind::ElbListener, ""), &[], dice)
        }),
        (
            "targets gone",
            Kind::ElbTargetGroup,
            DOOR,
            |t, side, dice| take(t, side, (Kind::ElbTargetGroup, "admin"), &[], dice),
        ),
        (
            "certificate gone",
            Kind::AcmCertificate,
            DOOR,
            |t, side, dice| take(t, side, (Kind::AcmCertificate, ""), &[], dice),
        ),
        (
            "database gone",
            Kind::RdsInstance,
            DATABASE,
            |t, side, dice| take(t, side, (Kind::RdsInstance, ""), &[], dice),
        ),
        (
            "parameter group gone",
            Kind::RdsParameterGroup,
            DATABASE,
            |t, side, dice| take(t, side, (Kind::RdsParameterGroup, ""), &[], dice),
        ),
        (
            "option group gone",
            Kind::RdsOptionGroup,
            DATABASE,
            |t, side, dice| take(t, side, (Kind::RdsOptionGroup, ""), &[], dice),
        ),
        (
            "subnet group gone",
            Kind::RdsSubnetGroup,
            DATABASE,
            |t, side, dice| take(t, side, (Kind::RdsSubnetGroup, ""), &[], dice),
        ),
        (
            "secret gone",
            Kind::SecretsManagerSecret,
            SECRET,
            |t, side, dice| take(t, side, (Kind::SecretsManagerSecret, ""), &[], dice),
        ),
        (
            "parameter gone",
            Kind::SsmParameter,
            SECRET,
            |t, side, dice| take(t, side, (Kind::SsmParameter, ""), &[], dice),
        ),
        ("key gone", Kind::KmsKey, SECRET, |t, side, dice| {
            take(t, side, (Kind::KmsKey, ""), &[], dice)
        }),
        (
            "bucket gone",
            Kind::S3Bucket,
            "bucket-missing",
            |t, side, dice| take(t, side, (Kind::S3Bucket, ""), &[], dice),
        ),
    ]
}

pub(super) fn operators() -> Vec<Operator> {
    let operators = rows()
        .into_iter()
        .map(|(name, kind, code, change)| Operator {
            name,
            kind,
            codes: [&["only-at-standby"], code_of(code)],
            blocks: [false, true],
            change: Change::Do(change),
        });
    operators.collect()
}

/// A code as a list that lives as long as the program.
fn code_of(code: &'static str) -> &'static [&'static str] {
    match code {
        "network-part-missing" => &["network-part-missing"],
        "fleet-part-missing" => &["fleet-part-missing"],
        "front-door-part-missing" => &["front-door-part-missing"],
        "database-part-missing" => &["database-part-missing"],
        "secret-missing" => &["secret-missing"],
        _ => &["bucket-missing"],
    }
}
