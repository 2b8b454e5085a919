//! The roles that the standby's machines and clusters work with: whether they are there, and whether what they allow ends at the
//! primary's region.

use std::collections::BTreeMap;

use serde_json::Value;

use super::super::{Facts, Found, Need, Outcome, Rule, Where};
use super::policy::{called, pin, statements, texts};
use crate::drift::Side;
use crate::model::{Family, Resource, ResourceKind as Kind, RuleDoc, Severity};

/// What names roles and profiles at the standby.
const USERS: [Need; 5] = [
    Need::all(Where::Standby, Kind::AutoscalingGroup, &["launch-template"]),
    Need::all(
        Where::Standby,
        Kind::Ec2LaunchTemplate,
        &["instance-profile"],
    ),
    Need::all(Where::Standby, Kind::Ec2Instance, &["instance-profile"]),
    Need::all(Where::Standby, Kind::EksCluster, &["role"]),
    Need::all(Where::Standby, Kind::EksNodeGroup, &["role"]),
];

/// A machine whose profile is gone does not start.
pub(super) const MISSING: Rule = Rule {
    doc: RuleDoc::new(
        "role-missing",
        Family::Compute,
        Severity::Blocking,
        [
            "a role or instance profile that the standby's machines or clusters are to work with does not exist",
            "EC2 refuses to start a machine with a profile that is not there, and a cluster without its role cannot make nodes.",
            "make the role, or name the one that is meant",
            "https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_switch-role-ec2_instance-profiles.html",
        ],
    ),
    needs: &[
        USERS[0],
        USERS[1],
        USERS[2],
        USERS[3],
        USERS[4],
        Need::all(Where::Standby, Kind::IamRole, &[]),
    ],
    check: missing,
};

/// What a role may do only in the primary's region it may not do after a failover.
pub(super) const PINNED: Rule = Rule {
    doc: RuleDoc::new(
        "role-pinned-to-primary",
        Family::Control,
        Severity::Blocking,
        [
            "a role of the standby's machines or clusters may do something in the primary's region only",
            "It was written with an ARN or a condition of that region. Nobody notices while the standby rests; after a failover the \
             application is denied its secrets, its parameters or its queues.",
            "name the standby's region in the statement, too",
            "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html",
        ],
    ),
    needs: &[
        USERS[0],
        USERS[1],
        USERS[2],
        USERS[3],
        USERS[4],
        Need::all(
            Where::Standby,
            Kind::IamRole,
            &["policies", "mentions", "policies-of-aws"],
        ),
        Need::all(Where::Both, Kind::Ec2Vpc, &[]),
    ],
    check: pinned,
};

/// What is worked with, by the last part of its name or ARN, and whether that is the name of an instance profile; with who does.
type Used<'a> = BTreeMap<(&'a str, bool), &'a Resource>;

fn used<'a>(facts: &Facts<'a>) -> Used<'a> {
    let side = Side::Standby;
    let templates = facts.fleets(side).into_iter();
    let templates = templates.filter_map(|fleet| fleet.template);
    let machines = facts.ours(side, Kind::Ec2Instance).chain(templates);
    let machines = machines.map(|machine| (machine, "instance-profile"));
    let clusters = [Kind::EksCluster, Kind::EksNodeGroup].into_iter();
    let clusters = clusters.flat_map(|kind| facts.ours(side, kind));
    let clusters = clusters.map(|cluster| (cluster, "role"));
    let used = machines.chain(clusters).filter_map(|(user, attribute)| {
        let name = user.text(attribute)?;
        let name = name.rsplit('/').next().unwrap_or(name);
        Some(((name, attribute == "instance-profile"), user))
    });
    used.collect()
}

/// The role of that name, or of the instance profile of that name.
fn find<'a>(facts: &Facts<'a>, (name, is_profile): (&str, bool)) -> Option<&'a Resource> {
    let mut roles = facts.all(Side::Standby, Kind::IamRole);
    roles.find(|role| match is_profile {
        true => role.texts("instance-profiles").contains(&name),
        false => role.id == name,
    })
}

/// Why nothing can be said of roles, where that is so.
fn nothing(facts: &Facts<'_>, used: &Used<'_>) -> Option<Outcome> {
    if used.is_empty() {
        let why = "nothing of the standby's machines and clusters names a role";
        return Some(Outcome::Nothing(why.to_owned()));
    }
    // An account that runs machines has roles: an earlier dr did not read them.
    let mut roles = facts.all(Side::Standby, Kind::IamRole);
    let is_unread = roles.next().is_none();
    is_unread.then(|| {
        Outcome::unclear(
            "the account's roles do not stand in the scan",
            "dr discover",
        )
    })
}

fn missing(facts: &Facts<'_>) -> Vec<Outcome> {
    let used = used(facts);
    if let Some(nothing) = nothing(facts, &used) {
        return vec![nothing];
    }
    let outcomes = used.into_iter().map(|(named, user)| {
        let (name, is_profile) = named;
        let (what, attribute) = match is_profile {
            true => ("instance profile", "instance-profile"),
            false => ("role", "role"),
        };
        match find(facts, named) {
            Some(_) => Outcome::Holds(format!("the {what} {name}")),
            None => {
                let message = format!("its {what} {name} does not exist, or has no role");
                let found = Found::of(user, message).at(facts.standby(), user, attribute);
                found.absent().into()
            }
        }
    });
    outcomes.collect()
}

fn pinned(facts: &Facts<'_>) -> Vec<Outcome> {
    let used = used(facts);
    if let Some(nothing) = nothing(facts, &used) {
        return vec![nothing];
    }
    let roles = used.keys().filter_map(|named| find(facts, *named));
    // One role may be another's profile.
    let roles: BTreeMap<&str, &Resource> = roles.map(|role| (role.id.as_str(), role)).collect();
    let outcomes = roles.values().flat_map(|role| of_role(facts, role));
    let outcomes: Vec<Outcome> = outcomes.collect();
    if outcomes.is_empty() {
        // That is told by another rule.
        return vec![Outcome::Nothing("none of their roles exists".to_owned())];
    }
    outcomes
}

/// A statement of a role: the policy that it stands in, what it is called there, and itself.
type Said<'a> = (&'a str, String, &'a Value);

fn of_role(facts: &Facts<'_>, role: &Resource) -> Vec<Outcome> {
    let no_policies = serde_json::Map::new();
    let policies = role.attributes.get("policies").and_then(Value::as_object);
    let mut all: Vec<Said<'_>> = Vec::new();
    for (policy, document) in policies.unwrap_or(&no_policies) {
        let Some(statements) = statements(document) else {
            return vec![Outcome::unclear(
                format!("the policy {policy} of {} is none that dr reads", role.id),
                "look at it by hand",
            )];
        };
        let numbered = statements.into_iter().enumerate();
        all.extend(numbered.map(|(number, one)| (policy.as_str(), called(number, one), one)));
    }
    let tied = |statement: &Value| pin(facts, statement).or_else(|| arns(facts, statement));
    let (bound, free): (Vec<_>, Vec<_>) =
        all.into_iter().partition(|(.., one)| tied(one).is_some());
    let free: Vec<&Value> = free.into_iter().map(|(.., statement)| statement).collect();
    let found = bound.into_iter().filter_map(|(policy, which, statement)| {
        let why = tied(statement)?;
        let denies = statement["Effect"] == "Deny";
        let actions = actions(statement);
        let only: Vec<&str> = actions
            .into_iter()
            .filter(|action| denies || !free.iter().any(|other| allows(other, action)))
            .collect();
        if only.is_empty() {
            return None;
        }
        let region = facts.region(Side::Primary);
        let does = match denies {
            true => format!("denies {} outside {region}", only.join(", ")),
            false => format!("allows {} in {region} only", only.join(", ")),
        };
        let is_beside = !denies && role.attributes.contains_key("policies-of-aws");
        let beside = match is_beside {
            true => "; the policies of AWS that it has, too, may allow it",
            false => "",
        };
        let found = Found::of(
            role,
            format!("it {does} ({policy}, {which}: {why}){beside}"),
        );
        let found = found.value(
            facts.standby(),
            &format!("{policy} {which}"),
            statement.clone(),
        );
        let severity = match is_beside {
            true => Severity::Slowing,
            false => Severity::Blocking,
        };
        Some(found.only(severity).into())
    });
    let mut outcomes: Vec<Outcome> = found.collect();
    if outcomes.is_empty() {
        let region = facts.region(Side::Primary);
        outcomes.push(Outcome::Holds(format!(
            "{} is not tied to {region}",
            role.id
        )));
    }
    outcomes
}

/// The ARNs by which a statement allows something in the primary's region and nowhere else.
fn arns(facts: &Facts<'_>, statement: &Value) -> Option<String> {
    let arns = texts(&statement["Resource"]);
    let is_of_primary = |arn: &&str| arn.split(':').nth(3) == Some(facts.region(Side::Primary));
    let is_tied =
        statement["Effect"] == "Allow" && !arns.is_empty() && arns.iter().all(is_of_primary);
    is_tied.then(|| format!("Resource {}", arns.join(", ")))
}

/// The actions of a statement. One that names those that it is *not* about is about all others.
fn actions(statement: &Value) -> Vec<&str> {
    match &statement["Action"] {
        Value::Null => vec!["*"],
        actions => texts(actions),
    }
}

/// Whether a statement allows an action, or everything that an action with wildcards stands for.
fn allows(statement: &Value, action: &str) -> bool {
    let names = |patterns: &Value| {
        let patterns = texts(patterns);
        patterns.iter().any(|pattern| matches(pattern, action))
    };
    statement["Effect"] == "Allow"
        && match &statement["Action"] {
            Value::Null => !names(&statement["NotAction"]),
            actions => names(actions),
        }
}

/// Whether a name is one that a pattern stands for: `*` is any letters, `?` any one, and letter case says nothing (IAM user guide,
/// "`reference_policies_elements_action`"). The last star takes one letter more each time, so that nothing is tried twice.
fn matches(pattern: &str, name: &str) -> bool {
    let (pattern, name) = (pattern.as_bytes(), name.as_bytes());
    let (mut at, mut seen) = (0, 0);
    let mut star = None;
    while seen < name.len() {
        match (pattern.get(at), star) {
            (Some(b'*'), _) => {
                star = Some((at + 1, seen));
                at += 1;
            }
            (Some(letter), _) if *letter == b'?' || letter.eq_ignore_ascii_case(&name[seen]) => {
                (at, seen) = (at + 1, seen + 1);
            }
            (_, Some((after, from))) => {
                star = Some((after, from + 1));
                (at, seen) = (after, from + 1);
            }
            (_, None) => return false,
        }
    }
    pattern[at..].iter().all(|rest| *rest == b'*')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_stands_for_what_iam_says() {
        for (pattern, name) in [
            ("*", "*"),
            ("*", "ssm:GetParameter"),
            ("ssm:*", "ssm:Get*"),
            ("SSM:get*", "ssm:GetParameter"),
            ("ssm:Get*eter", "ssm:GetParameter"),
            ("ssm:GetParameter?", "ssm:GetParameters"),
            ("s*m:*P*", "ssm:GetParameter"),
        ] {
            assert!(matches(pattern, name), "{pattern} {name}");
        }
        for (pattern, name) in [
            ("ssm:Get*", "ssm:*"),
            ("ssm:GetParameter", "ssm:GetParameters"),
            ("ssm:GetParameter?", "ssm:GetParameter"),
            ("sqs:*", "ssm:GetParameter"),
            ("", "ssm:GetParameter"),
        ] {
            assert!(!matches(pattern, name), "{pattern} {name}");
        }
    }

    #[test]
    fn a_pattern_of_many_stars_takes_no_time() {
        let pattern = "a*".repeat(3000) + "b";
        assert!(!matches(&pattern, &"a".repeat(3000)));
    }
}
