//! The state in which what a failover needs says that it is. The comparison leaves states out: the primary's are no measure.

use std::collections::BTreeSet;

use super::super::{Facts, Found, Need, Outcome, Rule, Where};
use crate::drift::Side;
use crate::model::{
    Binding, ComponentId, Family, Resource, ResourceKind as Kind, RuleDoc, Settings, Severity,
    Subject,
};

/// A balancer that does not take requests.
pub(super) const BALANCER: Rule = Rule {
    doc: RuleDoc::new(
        "balancer-not-active",
        Family::Edge,
        Severity::Blocking,
        [
            "a load balancer of the standby is not active",
            "One that failed answers nobody; one that is impaired has not what it needs to grow, and a failover brings it all clients.",
            "look at the reason that the balancer gives for its state; make one anew that failed",
            "https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_LoadBalancerState.html",
        ],
    ),
    needs: &[Need::all(
        Where::Standby,
        Kind::ElbLoadBalancer,
        &["state", "dns-name"],
    )],
    check: balancers,
};

/// Targets that fail their health check.
pub(super) const TARGETS: Rule = Rule {
    doc: RuleDoc::new(
        "targets-unhealthy",
        Family::Edge,
        Severity::Slowing,
        [
            "a target of the standby's load balancers fails its health check",
            "What fails it today is started once more in a failover, and fails it then: clients are sent to the others, or, where none is \
             healthy, to all of them. A check that needs the database's writes fails until the promotion, and hides what else is wrong.",
            "see in the target's reason why it fails, and mend the machine or the health check",
            "https://docs.aws.amazon.com/elasticloadbalancing/latest/application/target-group-health-checks.html",
        ],
    ),
    needs: &[Need::all(
        Where::Standby,
        Kind::ElbTargetGroup,
        &["targets"],
    )],
    check: targets,
};

/// A cluster that is not ready.
pub(super) const CLUSTER: Rule = Rule {
    doc: RuleDoc::new(
        "cluster-not-active",
        Family::Compute,
        Severity::Blocking,
        [
            "a Kubernetes cluster of the standby is not active",
            "Its nodes have nobody to join, and what runs on it is not started.",
            "look at the cluster's health issues; make one anew that failed: apply the standby's stack",
            "https://docs.aws.amazon.com/eks/latest/APIReference/API_Cluster.html",
        ],
    ),
    needs: &[Need::all(Where::Standby, Kind::EksCluster, &["status"])],
    check: |facts| of_kind(facts, Kind::EksCluster, "status", &CLUSTERS),
};

/// A node group that does not grow.
pub(super) const NODE_GROUP: Rule = Rule {
    doc: RuleDoc::new(
        "node-group-not-active",
        Family::Compute,
        Severity::Blocking,
        [
            "a node group of the standby is not active",
            "EKS scales a group that is active. One that is being updated takes no other change until it is done; one that is degraded or \
             was never finished starts no node.",
            "look at the group's health issues: they name what it cannot make; apply the standby's stack when that is mended",
            "https://docs.aws.amazon.com/eks/latest/APIReference/API_Nodegroup.html",
        ],
    ),
    needs: &[Need::all(Where::Standby, Kind::EksNodeGroup, &["status"])],
    check: |facts| of_kind(facts, Kind::EksNodeGroup, "status", &NODE_GROUPS),
};

/// A fleet that has not the members that it is to have already.
pub(super) const MEMBERS: Rule = Rule {
    doc: RuleDoc::new(
        "fleet-short-of-members",
        Family::Compute,
        Severity::Slowing,
        [
            "an Auto Scaling group of the standby has fewer members in service than it is to have now",
            "What keeps it from starting one member today keeps it from starting all of them in a failover.",
            "look at the group's activities for why a start failed, or why a member is unhealthy",
            "https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-lifecycle.html",
        ],
    ),
    needs: &[Need::all(
        Where::Standby,
        Kind::AutoscalingGroup,
        &["instances", "desired"],
    )],
    check: members,
};

/// A network that is not made to its end.
pub(super) const NETWORK: Rule = Rule {
    doc: RuleDoc::new(
        "network-not-available",
        Family::Network,
        Severity::Blocking,
        [
            "a VPC or a subnet of the standby is not available",
            "Nothing is started in it.",
            "make it anew where it failed: apply the standby's stack",
            "https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_Subnet.html",
        ],
    ),
    needs: &[
        Need::all(Where::Standby, Kind::Ec2Vpc, &["state"]),
        Need::all(Where::Standby, Kind::Ec2Subnet, &["state"]),
    ],
    check: |facts| {
        let mut outcomes = of_each(facts, Kind::Ec2Vpc, "state", &NETWORKS);
        outcomes.extend(of_each(facts, Kind::Ec2Subnet, "state", &NETWORKS));
        or_nothing(outcomes, "VPC or subnet")
    },
};

/// A zone that AWS has trouble with.
pub(super) const ZONE: Rule = Rule {
    doc: RuleDoc::new(
        "zone-not-available",
        Family::Compute,
        Severity::Blocking,
        [
            "AWS says that a zone of the standby's fleets is not available",
            "Machines are not started there, or are lost again. Where it is so with all zones of a fleet, a failover moves into an outage.",
            "look at AWS Health for the zone; give the fleet subnets in other zones",
            "https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_AvailabilityZone.html",
        ],
    ),
    needs: &[
        Need::all(Where::Standby, Kind::Ec2Zone, &["state"]),
        Need::all(Where::Standby, Kind::Ec2Subnet, &["zone-id"]),
        Need::all(Where::Standby, Kind::AutoscalingGroup, &[]),
        Need::all(Where::Standby, Kind::EksNodeGroup, &[]),
    ],
    check: zones,
};

/// A Git server that cannot be started.
pub(super) const GIT_SERVER: Rule = Rule {
    doc: RuleDoc::new(
        "git-server-unfit",
        Family::Control,
        Severity::Slowing,
        [
            "the machine of the standby's Git server is not there, or is being ended",
            "`activate` starts a machine that stands, and makes none: clients are served without it, and nobody releases anything.",
            "make the machine anew: apply the standby's stack; correct `instance` of its binding where it changed",
            "https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ec2-instance-lifecycle.html",
        ],
    ),
    needs: &[Need::all(Where::Standby, Kind::Ec2Instance, &["state"])],
    check: git_servers,
};

/// Which words say that all is well, which pass by themselves, and which stay. Of another word nothing is concluded.
struct Words {
    holds: &'static [&'static str],
    passes: &'static [&'static str],
    stays: &'static [&'static str],
}

/// `LoadBalancerState`: an impaired one routes, "but does not have the resources it needs to scale".
const BALANCERS: Words = Words {
    holds: &["active"],
    passes: &["provisioning", "active_impaired"],
    stays: &["failed"],
};
/// A cluster "continues to function" while its version is updated (EKS API reference, `UpdateClusterVersion`).
const CLUSTERS: Words = Words {
    holds: &["ACTIVE", "UPDATING"],
    passes: &["CREATING", "PENDING"],
    stays: &["FAILED", "DELETING"],
};
const NODE_GROUPS: Words = Words {
    holds: &["ACTIVE"],
    passes: &["CREATING", "UPDATING"],
    stays: &["DEGRADED", "CREATE_FAILED", "DELETE_FAILED", "DELETING"],
};
const NETWORKS: Words = Words {
    holds: &["available"],
    passes: &["pending"],
    stays: &["unavailable", "failed", "failed-insufficient-capacity"],
};
/// A machine that is off is started in a failover (EC2 user guide, "ec2-instance-lifecycle").
const MACHINES: Words = Words {
    holds: &["running", "stopped"],
    passes: &["pending", "stopping"],
    stays: &["shutting-down", "terminated"],
};

fn of_word(facts: &Facts<'_>, thing: &Resource, attribute: &str, words: &Words) -> Outcome {
    let name = thing.name.as_deref().unwrap_or(&thing.id);
    let Some(word) = thing.text(attribute) else {
        return Outcome::unclear(
            format!("the {attribute} of {name} does not stand in the scan"),
            "dr discover",
        );
    };
    let found = || Found::of(thing, format!("it is {word}")).at(facts.standby(), thing, attribute);
    if words.holds.contains(&word) {
        Outcome::Holds(format!("{name} is {word}"))
    } else if words.passes.contains(&word) {
        found().only(Severity::Slowing).into()
    } else if words.stays.contains(&word) {
        found().into()
    } else {
        Outcome::unclear(
            format!("{name} is {word}, a word that this dr does not know"),
            "look by hand whether it can be used",
        )
    }
}

fn of_each(facts: &Facts<'_>, kind: Kind, attribute: &str, words: &Words) -> Vec<Outcome> {
    let things = facts.ours(Side::Standby, kind);
    things
        .map(|thing| of_word(facts, thing, attribute, words))
        .collect()
}

fn or_nothing(mut outcomes: Vec<Outcome>, what: &str) -> Vec<Outcome> {
    if outcomes.is_empty() {
        outcomes.push(Outcome::Nothing(format!(
            "the standby has no {what} of the estate"
        )));
    }
    outcomes
}

fn of_kind(facts: &Facts<'_>, kind: Kind, attribute: &str, words: &Words) -> Vec<Outcome> {
    or_nothing(of_each(facts, kind, attribute, words), kind.name())
}

/// The estate's balancers, and those that its names lead to.
fn balancers(facts: &Facts<'_>) -> Vec<Outcome> {
    let answers: Vec<&str> = facts
        .bindings(Side::Standby)
        .filter_map(|(_, binding)| match binding {
            Binding::Route53(door) => Some(door.answers.iter().map(String::as_str)),
            _ => None,
        })
        .flatten()
        .collect();
    let is_ours = |balancer: &&Resource| {
        let name = balancer.text("dns-name");
        balancer.component.is_some() || name.is_some_and(|name| answers.contains(&name))
    };
    let all = facts.all(Side::Standby, Kind::ElbLoadBalancer);
    let outcomes = all
        .filter(is_ours)
        .map(|balancer| of_word(facts, balancer, "state", &BALANCERS));
    or_nothing(outcomes.collect(), Kind::ElbLoadBalancer.name())
}

/// A target that is being registered or taken out, or that no balancer asks, is neither healthy nor not.
fn targets(facts: &Facts<'_>) -> Vec<Outcome> {
    let text = |target: &serde_json::Value, key: &str| {
        let text = target.get(key).and_then(serde_json::Value::as_str);
        text.unwrap_or_default().to_owned()
    };
    let of_group = |group: &Resource| {
        let name = group.name.as_deref().unwrap_or(&group.id);
        let targets = group.attributes.get("targets");
        let targets = targets.and_then(serde_json::Value::as_array);
        let Some(targets) = targets.filter(|targets| !targets.is_empty()) else {
            return Outcome::Nothing(format!("{name} has no target yet"));
        };
        let of_state = |state: &str| {
            let of_state = targets
                .iter()
                .filter(|target| text(target, "state") == state);
            of_state.collect::<Vec<_>>()
        };
        let (failing, healthy) = (of_state("unhealthy"), of_state("healthy").len());
        if failing.is_empty() && healthy > 0 {
            return Outcome::Holds(format!("{name}: {healthy} of {} healthy", targets.len()));
        }
        if failing.is_empty() {
            let states: BTreeSet<String> = targets.iter().map(|t| text(t, "state")).collect();
            let states: Vec<String> = states.into_iter().collect();
            return Outcome::unclear(
                format!(
                    "{name}: whether a target is healthy: they are {}",
                    states.join(", ")
                ),
                "wait for the first checks; a target that is unused stands in no zone or rule of a balancer",
            );
        }
        let named: Vec<String> = failing
            .iter()
            .map(|target| format!("{} ({})", text(target, "id"), text(target, "reason")))
            .collect();
        let message = format!(
            "{} of {} targets are unhealthy: {}",
            failing.len(),
            targets.len(),
            named.join(", ")
        );
        Found::of(group, message)
            .at(facts.standby(), group, "targets")
            .into()
    };
    let groups = facts.ours(Side::Standby, Kind::ElbTargetGroup);
    or_nothing(groups.map(of_group).collect(), Kind::ElbTargetGroup.name())
}

/// A member counts that is in service and healthy; one that waits in `Standby` was put there by somebody.
fn members(facts: &Facts<'_>) -> Vec<Outcome> {
    let is_fit = |member: &&serde_json::Value| {
        let is = |key: &str, value: &str| member.get(key).and_then(|v| v.as_str()) == Some(value);
        is("state", "InService") && is("health", "Healthy")
    };
    let fleets = facts.fleets(Side::Standby);
    let groups = fleets
        .iter()
        .filter(|fleet| fleet.group.kind == Kind::AutoscalingGroup);
    let outcomes = groups.map(|fleet| {
        // A group without a member has no list of them.
        let listed = fleet.group.attributes.get("instances");
        let listed = listed.and_then(serde_json::Value::as_array);
        let fit = listed.into_iter().flatten().filter(is_fit).count() as u64;
        let told = format!("{fit} of {} members are in service", fleet.members);
        if fit >= fleet.members {
            return Outcome::Holds(format!("{}: {told}", fleet.component));
        }
        Found::of(fleet.group, told)
            .at(facts.standby(), fleet.group, "instances")
            .into()
    });
    or_nothing(outcomes.collect(), Kind::AutoscalingGroup.name())
}

fn zones(facts: &Facts<'_>) -> Vec<Outcome> {
    let mut outcomes = Vec::new();
    for fleet in facts.fleets(Side::Standby) {
        let subnets = fleet.subnets.iter();
        let subnets = subnets.filter_map(|id| facts.find(Side::Standby, Kind::Ec2Subnet, id));
        let mut ids: Vec<&str> = subnets
            .filter_map(|subnet| subnet.text("zone-id"))
            .collect();
        ids.sort_unstable();
        ids.dedup();
        let state = |id: &str| {
            let zone = facts.find(Side::Standby, Kind::Ec2Zone, id);
            zone.and_then(|zone| zone.text("state"))
        };
        if let Some(id) = ids.iter().find(|id| state(id).is_none()) {
            outcomes.push(Outcome::unclear(
                format!(
                    "{}: the state of {id} does not stand in the scan",
                    fleet.component
                ),
                "dr discover",
            ));
            continue;
        }
        let bad = |id: &&&str| state(id) != Some("available");
        let bad: Vec<String> = ids
            .iter()
            .filter(bad)
            .map(|id| format!("{id} is {}", state(id).unwrap_or_default()))
            .collect();
        if bad.is_empty() {
            let what = format!("{}: {}", fleet.component, ids.join(", "));
            outcomes.push(Outcome::Holds(what));
            continue;
        }
        let found =
            Found::of(fleet.group, bad.join(", ")).value(facts.standby(), "zones", bad.clone());
        outcomes.push(if bad.len() < ids.len() {
            found.only(Severity::Slowing).into()
        } else {
            found.into()
        });
    }
    or_nothing(outcomes, "fleet")
}

fn git_servers(facts: &Facts<'_>) -> Vec<Outcome> {
    let of_server = |component: &ComponentId, id: &str| {
        let machine = facts.find(Side::Standby, Kind::Ec2Instance, id);
        machine.map_or_else(
            || {
                let subject = Subject::Placed(component.clone(), facts.standby().clone());
                Found::new(subject, format!("its machine {id} does not stand there"))
                    .absent()
                    .into()
            },
            |machine| of_word(facts, machine, "state", &MACHINES),
        )
    };
    let bound = facts.bindings(Side::Standby);
    let outcomes = bound.filter_map(|(component, binding)| {
        let Settings::Repository(_) = facts.estate.component(component)?.settings else {
            return None;
        };
        match binding {
            Binding::Git(git) => Some(of_server(component, git.instance.as_deref()?)),
            _ => None,
        }
    });
    or_nothing(outcomes.collect(), "Git server")
}
