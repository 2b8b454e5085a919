//! What Terraform says that it manages at the standby, against what stands there.

use std::collections::BTreeSet;

use super::super::{Facts, Found, Need, Outcome, Rule, Where};
use crate::drift::Side;
use crate::model::{
    ComponentId, Family, Observed, Resource, ResourceKind as Kind, RuleDoc, Severity, Subject,
    TerraformBinding,
};

const BACKEND: &str = "https://developer.hashicorp.com/terraform/language/backend/s3";

/// A stack without a state.
pub(super) const ABSENT: Rule = Rule {
    doc: RuleDoc::new(
        "state-absent",
        Family::Control,
        Severity::Blocking,
        [
            "the standby's stack has no Terraform state",
            "`provision` would make everything once more beside what stands, and is refused by names that are taken.",
            "apply the stack once, or bring the state back from a version of its object",
            BACKEND,
        ],
    ),
    needs: &[Need::all(Where::Standby, Kind::TerraformState, &[])],
    check: absent,
};

/// A state that somebody holds.
pub(super) const LOCKED: Rule = Rule {
    doc: RuleDoc::new(
        "state-locked",
        Family::Control,
        Severity::Blocking,
        [
            "the state of the standby's stack is locked",
            "`provision` waits for the lock, and then for a person: an apply that died leaves it for ever.",
            "if nobody applies the stack now, remove the lock: terraform force-unlock ID",
            BACKEND,
        ],
    ),
    needs: &[],
    check: locked,
};

/// Things that a state names and that are gone.
pub(super) const GONE: Rule = Rule {
    doc: RuleDoc::new(
        "managed-thing-gone",
        Family::Control,
        Severity::Slowing,
        [
            "something that the standby's Terraform state names does not stand there any more",
            "The next apply makes it anew: in a failover that takes minutes, and more than that for a database.",
            "see in a plan of the standby's stack what an apply would make anew, and apply it now",
            "https://developer.hashicorp.com/terraform/tutorials/state/resource-drift",
        ],
    ),
    needs: GONE_NEEDS,
    check: gone,
};

/// Things that no state names.
pub(super) const UNMANAGED: Rule = Rule {
    doc: RuleDoc::new(
        "thing-unmanaged",
        Family::Control,
        Severity::Notice,
        [
            "something of the estate stands at the standby and is in no Terraform state",
            "It was made by hand: nobody makes it again when it is lost, and an apply may be refused its name.",
            "import it into the stack, or take the estate's tag off it",
            "https://developer.hashicorp.com/terraform/language/import",
        ],
    ),
    needs: &[
        Need::all(Where::Standby, Kind::TerraformState, &[]),
        Need::all(Where::Standby, Kind::TerraformResource, &[]),
    ],
    check: unmanaged,
};

/// Terraform's types of the kinds that a scan lists whole.
pub(in super::super) const TYPES: [(&str, Kind); 25] = [
    ("aws_vpc", Kind::Ec2Vpc),
    ("aws_subnet", Kind::Ec2Subnet),
    ("aws_route_table", Kind::Ec2RouteTable),
    ("aws_internet_gateway", Kind::Ec2InternetGateway),
    ("aws_nat_gateway", Kind::Ec2NatGateway),
    ("aws_network_acl", Kind::Ec2NetworkAcl),
    ("aws_security_group", Kind::Ec2SecurityGroup),
    ("aws_instance", Kind::Ec2Instance),
    ("aws_ami", Kind::Ec2Image),
    ("aws_launch_template", Kind::Ec2LaunchTemplate),
    ("aws_key_pair", Kind::Ec2KeyPair),
    ("aws_eip", Kind::Ec2Address),
    ("aws_lb", Kind::ElbLoadBalancer),
    ("aws_lb_target_group", Kind::ElbTargetGroup),
    ("aws_lb_listener", Kind::ElbListener),
    ("aws_autoscaling_group", Kind::AutoscalingGroup),
    ("aws_eks_cluster", Kind::EksCluster),
    ("aws_eks_node_group", Kind::EksNodeGroup),
    ("aws_db_instance", Kind::RdsInstance),
    ("aws_db_parameter_group", Kind::RdsParameterGroup),
    ("aws_db_subnet_group", Kind::RdsSubnetGroup),
    ("aws_kms_key", Kind::KmsKey),
    ("aws_secretsmanager_secret", Kind::SecretsManagerSecret),
    ("aws_ssm_parameter", Kind::SsmParameter),
    ("aws_acm_certificate", Kind::AcmCertificate),
];

const GONE_NEEDS: &[Need] = &[
    Need::all(Where::Standby, Kind::TerraformState, &[]),
    Need::all(Where::Standby, Kind::TerraformResource, &[]),
    Need::all(Where::Standby, Kind::Ec2Vpc, &[]),
    Need::all(Where::Standby, Kind::Ec2Subnet, &[]),
    Need::all(Where::Standby, Kind::Ec2RouteTable, &[]),
    Need::all(Where::Standby, Kind::Ec2InternetGateway, &[]),
    Need::all(Where::Standby, Kind::Ec2NatGateway, &[]),
    Need::all(Where::Standby, Kind::Ec2NetworkAcl, &[]),
    Need::all(Where::Standby, Kind::Ec2SecurityGroup, &[]),
    Need::all(Where::Standby, Kind::Ec2Instance, &[]),
    Need::all(Where::Standby, Kind::Ec2Image, &[]),
    Need::all(Where::Standby, Kind::Ec2LaunchTemplate, &[]),
    Need::all(Where::Standby, Kind::Ec2KeyPair, &[]),
    Need::all(Where::Standby, Kind::Ec2Address, &[]),
    Need::all(Where::Standby, Kind::ElbLoadBalancer, &[]),
    Need::all(Where::Standby, Kind::ElbTargetGroup, &[]),
    Need::all(Where::Standby, Kind::ElbListener, &[]),
    Need::all(Where::Standby, Kind::AutoscalingGroup, &[]),
    Need::all(Where::Standby, Kind::EksCluster, &[]),
    Need::all(Where::Standby, Kind::EksNodeGroup, &[]),
    Need::all(Where::Standby, Kind::RdsInstance, &[]),
    Need::all(Where::Standby, Kind::RdsParameterGroup, &[]),
    Need::all(Where::Standby, Kind::RdsSubnetGroup, &[]),
    Need::all(Where::Standby, Kind::KmsKey, &[]),
    Need::all(Where::Standby, Kind::SecretsManagerSecret, &[]),
    Need::all(Where::Standby, Kind::SsmParameter, &[]),
    Need::all(Where::Standby, Kind::AcmCertificate, &[]),
];

fn stacks<'a>(facts: &Facts<'a>) -> Vec<(&'a ComponentId, &'a TerraformBinding)> {
    let bindings = facts.bindings(Side::Standby);
    bindings
        .filter_map(|(component, binding)| Some((component, binding.stack()?)))
        .collect()
}

fn no_stack() -> Vec<Outcome> {
    vec![Outcome::Nothing(
        "the estate binds no stack at the standby".to_owned(),
    )]
}

fn absent(facts: &Facts<'_>) -> Vec<Outcome> {
    let stacks = stacks(facts);
    if stacks.is_empty() {
        return no_stack();
    }
    let outcomes = stacks.into_iter().map(|(component, stack)| {
        let id = format!("{}/{}", stack.state_bucket, stack.state_key);
        match facts.find(Side::Standby, Kind::TerraformState, &id) {
            Some(state) => {
                let number = |name| {
                    state
                        .attributes
                        .get(name)
                        .map(ToString::to_string)
                        .unwrap_or_default()
                };
                Outcome::Holds(format!(
                    "{component}: {id}, {} things, serial {}",
                    number("resources"),
                    number("serial")
                ))
            }
            None => Found::new(
                Subject::Placed(component.clone(), facts.standby().clone()),
                format!("there is no object s3://{id}"),
            )
            .absent()
            .into(),
        }
    });
    outcomes.collect()
}

/// A scan reads a state, and not its lock: that is seen by a reader of the stack.
fn locked(facts: &Facts<'_>) -> Vec<Outcome> {
    let stacks = stacks(facts);
    if stacks.is_empty() {
        return no_stack();
    }
    let site = facts.standby();
    let outcomes = stacks.into_iter().map(|(component, _)| {
        match facts.observed(component, "whether its state is locked") {
            Err(outcome) => outcome,
            Ok(Observed::Stack(stack)) => match &stack.locked_by {
                None => Outcome::Holds(format!("{component}: nobody holds its lock")),
                Some(who) => Found::new(
                    Subject::Placed(component.clone(), site.clone()),
                    format!("its state is locked by {who}"),
                )
                .value(site, "locked-by", who.as_str())
                .into(),
            },
            Ok(_) => Outcome::unclear(
                format!("{component} was read as something else"),
                "dr status",
            ),
        }
    });
    outcomes.collect()
}

fn managed<'a>(facts: &Facts<'a>) -> Vec<&'a Resource> {
    facts.all(Side::Standby, Kind::TerraformResource).collect()
}

/// The kind of what a line of a state manages, where a scan lists it whole.
fn kind_of(line: &Resource) -> Option<Kind> {
    let mut types = TYPES.iter();
    let (_, kind) = types.find(|(name, _)| Some(*name) == line.text("type"))?;
    Some(*kind)
}

/// What a line of a state may be found by: its ARN, and what Terraform takes for its id, which is an id, an ARN or a name.
fn names(line: &Resource) -> impl Iterator<Item = &str> {
    [line.arn.as_deref(), line.text("managed-id")]
        .into_iter()
        .flatten()
}

/// What a line of a state manages, as it stands on a side.
fn stands<'a>(facts: &Facts<'a>, side: Side, line: &Resource) -> Option<&'a Resource> {
    let kind = kind_of(line)?;
    names(line).find_map(|name| facts.find(side, kind, name))
}

/// Whether a line manages something that does not stand in the standby's region: an aliased provider made it. An ARN tells. Some
/// things of EC2 have none, a NAT gateway for one; their ids are of the whole of AWS, and so one may be known from the other site.
fn is_elsewhere(facts: &Facts<'_>, line: &Resource) -> bool {
    let has_own_id =
        kind_of(line).is_some_and(|kind| kind.service() == "ec2" && kind != Kind::Ec2KeyPair);
    names(line).any(|name| facts.is_elsewhere(Side::Standby, name))
        || (has_own_id && stands(facts, Side::Primary, line).is_some())
}

fn gone(facts: &Facts<'_>) -> Vec<Outcome> {
    let mut seen = 0;
    let mut outcomes = Vec::new();
    for line in managed(facts) {
        let Some(kind) = kind_of(line) else { continue };
        // Nothing to look for: another provider, or an object without an id.
        if names(line).next().is_none() {
            continue;
        }
        if stands(facts, Side::Standby, line).is_some() {
            seen += 1;
            continue;
        }
        if is_elsewhere(facts, line) {
            continue;
        }
        let address = line.name.as_deref().unwrap_or(&line.id);
        let subject = Subject::Resource {
            component: None,
            kind,
            name: address.to_owned(),
        };
        let id = line.text("managed-id").unwrap_or_default();
        let site = facts.standby();
        let message = format!("the state names {id}, and it does not stand in {site}");
        let found = Found::new(subject, message).at(site, line, "managed-id");
        outcomes.push(found.absent().into());
    }
    if seen > 0 {
        outcomes.push(Outcome::Holds(format!(
            "{seen} things of the state stand there"
        )));
    }
    if outcomes.is_empty() {
        outcomes.push(Outcome::Nothing(
            "no state of the standby names anything that a scan reads".to_owned(),
        ));
    }
    outcomes
}

fn unmanaged(facts: &Facts<'_>) -> Vec<Outcome> {
    if stacks(facts).is_empty() {
        return no_stack();
    }
    let managed = managed(facts);
    // Without a state nothing is in one, and another rule tells that.
    if managed.is_empty()
        && facts
            .all(Side::Standby, Kind::TerraformState)
            .next()
            .is_none()
    {
        return vec![Outcome::Nothing(
            "the standby's stack has no state".to_owned(),
        )];
    }
    let mut known: BTreeSet<&str> = managed.iter().flat_map(|line| names(line)).collect();
    let stand = managed
        .iter()
        .filter_map(|line| stands(facts, Side::Standby, line));
    known.extend(stand.map(|thing| thing.id.as_str()));
    let things = facts
        .column(Side::Standby)
        .scan
        .resources
        .iter()
        .filter(|thing| {
            let is_managed_kind = TYPES.iter().any(|(_, kind)| *kind == thing.kind);
            // A group makes its machines, and each network comes with things that nobody made.
            let comes_by_itself = thing.made_by().is_some()
                || thing
                    .attributes
                    .get("default")
                    .and_then(serde_json::Value::as_bool)
                    == Some(true);
            thing.component.is_some() && is_managed_kind && !comes_by_itself
        });
    let mut held = 0;
    let mut outcomes: Vec<Outcome> = Vec::new();
    for thing in things {
        let is_known = known.contains(thing.id.as_str())
            || thing.arn.as_deref().is_some_and(|arn| known.contains(arn));
        if is_known {
            held += 1;
        } else {
            let found = Found::of(thing, "no state of the standby names it");
            outcomes.push(
                found
                    .value(facts.standby(), "unmanaged", thing.id.as_str())
                    .absent()
                    .into(),
            );
        }
    }
    if held > 0 {
        outcomes.push(Outcome::Holds(format!(
            "{held} things of the estate are in a state"
        )));
    }
    outcomes
}
