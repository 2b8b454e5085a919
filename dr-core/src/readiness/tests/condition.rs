//! What happens at a site now is judged, by a rule for each kind.

use std::collections::BTreeSet;

use serde_json::json;

use crate::drift::conditions;
use crate::model::{Resource, ResourceKind as Kind};
use crate::readiness::rules;

/// The kinds of which a scan keeps neither `state` nor `status`.
const STATELESS: [Kind; 15] = [
    Kind::Ec2RouteTable,
    Kind::Ec2InternetGateway,
    Kind::Ec2NetworkAcl,
    Kind::Ec2SecurityGroup,
    Kind::Ec2LaunchTemplate,
    Kind::Ec2KeyPair,
    Kind::Ec2Address,
    Kind::ElbTargetGroup,
    Kind::ElbListener,
    Kind::AutoscalingGroup,
    Kind::RdsParameterGroup,
    Kind::RdsOptionGroup,
    Kind::S3Bucket,
    Kind::SecretsManagerSecret,
    Kind::SsmParameter,
];

/// Conditions that no rule judges: why.
const NOT_JUDGED: [(Kind, &str, &str); 3] = [
    (
        Kind::RdsSubnetGroup,
        "status",
        "RDS documents no word of it but Complete",
    ),
    (
        Kind::AcmCertificate,
        "in-use",
        "what uses a certificate is read of the listeners",
    ),
    (
        Kind::AcmCertificate,
        "renewal",
        "whether ACM may renew it; `expires` tells whether it did",
    ),
];

/// What a site of a sound world tells of its conditions, beside what each test needs.
pub(super) fn set(things: &mut Vec<Resource>, region: &str, l: char) {
    let other = if l == 'p' { 's' } else { 'p' };
    for thing in things.iter_mut() {
        let set = |name: &str, value: serde_json::Value| thing.clone().with(name, value);
        *thing = match thing.kind {
            Kind::Ec2Vpc => set("state", json!("available")),
            Kind::Ec2Subnet => set("state", json!("available")).with("cidr", "10.0.0.0/24"),
            Kind::EksCluster | Kind::EksNodeGroup => set("status", json!("ACTIVE")),
            Kind::AutoscalingGroup => {
                let members = if l == 'p' { 3 } else { 1 };
                let members: Vec<_> = (0..members)
                    .map(|id| json!({"id": format!("i-{id}"), "state": "InService", "health": "Healthy"}))
                    .collect();
                set("instances", members.into())
            }
            _ => continue,
        };
    }
    let of = |kind, id: &str, component: &str| {
        let mut thing = Resource::new(kind, id).named(Some(id));
        thing.component = Some(component.parse().expect("a name"));
        thing
    };
    let targets = format!("arn:aws:elasticloadbalancing:{region}:1:targetgroup/app/1");
    things.push(
        of(Kind::ElbTargetGroup, &targets, "app")
            .arn(Some(&targets))
            .with(
                "load-balancers",
                vec![format!(
                    "arn:aws:elasticloadbalancing:{region}:1:loadbalancer/app/lb/1"
                )],
            )
            .with("targets", json!([{"id": "i-0", "state": "healthy"}])),
    );
    for zone in 1..=2 {
        let id = format!("{region}-az{zone}");
        things.push(Resource::new(Kind::Ec2Zone, &id).with("state", "available"));
    }
    let replication = json!([{"id": "all", "status": "Enabled", "bucket": format!("arn:aws:s3:::files-{other}")}]);
    things.push(
        of(Kind::S3Bucket, &format!("files-{l}"), "files")
            .with("versioning", "Enabled")
            .with("replication", replication),
    );
}

#[test]
fn what_the_comparison_leaves_to_readiness_is_judged_by_a_rule_or_stands_on_a_list_with_its_reason()
{
    let judged: BTreeSet<(Kind, &str)> = rules::all()
        .flat_map(|rule| rule.needs)
        .flat_map(|need| need.attributes.iter().map(|name| (need.kind, *name)))
        .collect();
    let mut tried = 0;
    for kind in Kind::ALL {
        let names = conditions(*kind);
        let names =
            names.filter(|name| !(STATELESS.contains(kind) && ["state", "status"].contains(name)));
        let names: Vec<&str> = names.collect();
        // A kind tells either a state or a status.
        let is_told = |name: &str| {
            let other = match name {
                "state" => "status",
                "status" => "state",
                _ => name,
            };
            let is_listed = |name: &str| {
                NOT_JUDGED
                    .iter()
                    .any(|(of, attribute, _)| (of, *attribute) == (kind, name))
            };
            [name, other]
                .iter()
                .any(|name| judged.contains(&(*kind, *name)) || is_listed(name))
        };
        for name in names {
            assert!(is_told(name), "no rule judges {name} of {kind}");
            tried += 1;
        }
    }
    assert!(tried > 30, "{tried}");
}
