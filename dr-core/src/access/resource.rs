//! What an action can be confined to: the resources of the estate's bindings, as ARNs.
//!
//! Patterns are those of the service authorization reference. The account is a wildcard: a policy is attached within one.
//! What has no resource there (`ec2:Describe*`, `cloudwatch:GetMetricData`), or is about something that the estate does not
//! bind, is allowed on `*` in that region.

use std::collections::BTreeSet;

use super::{Need, Subject};
use crate::model::{
    Binding, Component, Endpoint, Estate, GitBinding, RdsBinding, SecretRef, Settings, Site,
    SiteId, TerraformBinding,
};

/// How far a need can be confined.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Reach {
    /// To these resources.
    Only(Vec<String>),
    /// Not at all.
    Anything,
    /// It is not needed: the estate binds nothing that it could be about.
    Nothing,
}

impl Reach {
    /// To what is bound, where it is.
    fn bound(resources: impl IntoIterator<Item = String>) -> Self {
        let resources: Vec<String> = resources.into_iter().collect();
        if resources.is_empty() {
            Self::Nothing
        } else {
            Self::Only(resources)
        }
    }
}

/// The resources of a need.
pub(super) fn reach(need: &Need, estate: &Estate) -> Reach {
    let site = need.site.as_ref().and_then(|id| estate.site(id));
    match (&need.subject, site) {
        (Subject::Runs, Some(site)) => Reach::bound(
            site.access
                .store
                .iter()
                .flat_map(|bucket| bucket_or_objects(need, bucket, "*")),
        ),
        (Subject::Component(id), site) => match (estate.component(id), site) {
            (Some(component), Some(site)) => at_a_place(need, estate, component, site),
            (Some(component), None) if matches!(component.settings, Settings::Traffic(_)) => {
                of_the_zone(need, estate, component)
            }
            (Some(component), None) if matches!(component.settings, Settings::Database(_)) => {
                of_the_name(estate, component)
            }
            _ => Reach::Anything,
        },
        _ => Reach::Anything,
    }
}

fn at_a_place(need: &Need, estate: &Estate, component: &Component, site: &Site) -> Reach {
    if let Settings::ObjectStore(store) = &component.settings {
        return match store.buckets.get(&site.id) {
            Some(bucket) => Reach::bound(bucket_or_objects(need, bucket, "*")),
            None => Reach::Anything,
        };
    }
    match estate.binding(&component.id, &site.id) {
        Some(binding) => of_a_binding(need, estate, component, site, binding),
        None => Reach::Anything,
    }
}

fn bucket_or_objects(need: &Need, bucket: &str, key: &str) -> Vec<String> {
    if need.service != "s3" {
        return Vec::new();
    }
    if need.action.ends_with("Object") {
        vec![format!("arn:aws:s3:::{bucket}/{key}")]
    } else {
        vec![format!("arn:aws:s3:::{bucket}")]
    }
}

fn of_a_binding(
    need: &Need,
    estate: &Estate,
    component: &Component,
    site: &Site,
    binding: &Binding,
) -> Reach {
    if let Some(stack) = binding.stack() {
        return of_a_stack(need, estate, site, stack);
    }
    match (binding, need.service.as_str(), need.action.as_str()) {
        (Binding::Git(GitBinding { instance: None, .. }), ..) => Reach::Nothing,
        (_, "ec2" | "rds" | "autoscaling", action) if action.starts_with("Describe") => {
            Reach::Anything
        }
        (Binding::Rds(rds), ..) => of_a_database(need, estate, component, site, rds),
        (Binding::Ec2Autoscaling(fleet), "autoscaling", _) => {
            let rest = format!("autoScalingGroup:*:autoScalingGroupName/{}", fleet.group);
            Reach::bound([arn("autoscaling", site, &rest)])
        }
        (Binding::Eks(nodes), "eks", _) => {
            let rest = format!("nodegroup/{}/{}/*", nodes.cluster, nodes.node_group);
            Reach::bound([arn("eks", site, &rest)])
        }
        (Binding::Grafana(grafana), "ssm" | "secretsmanager", _) => {
            Reach::bound(secret_arn(&grafana.token, need, site))
        }
        (Binding::Git(git), "ec2", _) => {
            let instance = git.instance.iter();
            Reach::bound(instance.map(|id| arn("ec2", site, &format!("instance/{id}"))))
        }
        (Binding::Route53(door), "s3", _) => match (&door.switch_bucket, &door.switch_key) {
            (Some(bucket), Some(key)) => Reach::bound(bucket_or_objects(need, bucket, key)),
            _ => Reach::Nothing,
        },
        _ => Reach::Anything,
    }
}

/// A refresh reads whatever the stack describes; an apply changes what the estate binds.
fn of_a_stack(need: &Need, estate: &Estate, site: &Site, stack: &TerraformBinding) -> Reach {
    match need.service.as_str() {
        "s3" => {
            let state = format!("{}*", stack.state_key);
            Reach::bound(bucket_or_objects(need, &stack.state_bucket, &state))
        }
        _ if is_read(&need.action) => Reach::Anything,
        _ => Reach::bound(of_the_described(need, estate, site)),
    }
}

fn is_read(action: &str) -> bool {
    ["Describe", "Get", "List"]
        .iter()
        .any(|verb| action.starts_with(verb))
}

/// What a stack describes and an apply changes: the same things that the estate binds.
fn of_the_described(need: &Need, estate: &Estate, site: &Site) -> Vec<String> {
    let components = estate.components.values();
    let others = components.filter_map(|other| match estate.binding(&other.id, &site.id) {
        Some(binding) if binding.stack().is_none() => Some((other, binding)),
        _ => None,
    });
    others
        .filter(|(_, binding)| service_of(binding) == Some(need.service.as_str()))
        .flat_map(|(other, binding)| {
            let mut found = match of_a_binding(need, estate, other, site, binding) {
                Reach::Only(found) => found,
                Reach::Anything | Reach::Nothing => Vec::new(),
            };
            found.extend(named_by_terraform(need, site, binding));
            found
        })
        .collect()
}

/// What the call of an apply names beside the thing itself: the settings of an instance name its parameter group, which may be
/// confined as well (service authorization reference of RDS, `ModifyDBInstance`).
fn named_by_terraform(need: &Need, site: &Site, binding: &Binding) -> Option<String> {
    match (binding, need.action.as_str()) {
        (Binding::Rds(rds), "ModifyDBInstance") => {
            Some(arn("rds", site, &format!("pg:{}", rds.parameter_group)))
        }
        _ => None,
    }
}

/// The service that a binding's own resource belongs to, of those whose resources an apply changes.
fn service_of(binding: &Binding) -> Option<&'static str> {
    match binding {
        Binding::Ec2Autoscaling(_) => Some("autoscaling"),
        Binding::Eks(_) => Some("eks"),
        Binding::Rds(_) => Some("rds"),
        _ => None,
    }
}

fn arn(service: &str, site: &Site, rest: &str) -> String {
    format!("arn:aws:{service}:{}:*:{rest}", site.region)
}

fn of_a_database(
    need: &Need,
    estate: &Estate,
    component: &Component,
    site: &Site,
    rds: &RdsBinding,
) -> Reach {
    match (need.service.as_str(), need.action.as_str()) {
        ("rds", "CreateDBInstanceReadReplica") => {
            Reach::bound(of_a_new_replica(estate, component, site, rds))
        }
        ("rds", _) => Reach::bound([instances(site, rds)]),
        ("ec2", _) => {
            let rest = format!("network-acl/{}", rds.network_acl);
            Reach::bound([arn("ec2", site, &rest)])
        }
        ("ssm", "PutParameter") | ("secretsmanager", "PutSecretValue") => {
            Reach::bound(address_arn(rds, need, site))
        }
        ("ssm" | "secretsmanager", _) => {
            let address = address_arn(rds, need, site);
            let login = rds.login.as_ref();
            let login = login.and_then(|secret| secret_arn(secret, need, site));
            Reach::bound(address.into_iter().chain(login))
        }
        ("kms", "CreateGrant" | "DescribeKey") => {
            Reach::bound(rds.kms_key.iter().map(|key| key_arn(key, site)))
        }
        _ => Reach::Anything,
    }
}

fn parameter_arn(name: &str, site: &Site) -> String {
    let rest = format!("parameter/{}", name.trim_start_matches('/'));
    arn("ssm", site, &rest)
}

/// A secret, where it is kept in the service that is needed.
fn secret_arn(secret: &SecretRef, need: &Need, site: &Site) -> Option<String> {
    match (secret, need.service.as_str()) {
        (SecretRef::SecretsManager(name), "secretsmanager") => Some(kept_secret_arn(name, site)),
        (SecretRef::Ssm(name), "ssm") => Some(parameter_arn(name, site)),
        _ => None,
    }
}

/// A secret of Secrets Manager, by its ARN or its name, to which the ARN appends six characters.
fn kept_secret_arn(name: &str, site: &Site) -> String {
    if name.starts_with("arn:") {
        name.to_owned()
    } else {
        let rest = format!("secret:{name}-??????");
        arn("secretsmanager", site, &rest)
    }
}

/// Where the application reads the address, as far as that is kept in the service that is needed.
fn address_arn(rds: &RdsBinding, need: &Need, site: &Site) -> Option<String> {
    match (rds.endpoint()?, need.service.as_str()) {
        (Endpoint::Parameter(name), "ssm") => Some(parameter_arn(name, site)),
        (Endpoint::Secret { name, .. }, "secretsmanager") => Some(kept_secret_arn(name, site)),
        _ => None,
    }
}

/// The zones of the names under which databases are reached.
fn of_the_name(estate: &Estate, component: &Component) -> Reach {
    let bindings = estate
        .sites
        .iter()
        .filter_map(|site| estate.binding(&component.id, &site.id));
    let zones: BTreeSet<String> = bindings
        .filter_map(|binding| match binding {
            Binding::Rds(rds) => match rds.endpoint()? {
                Endpoint::Record { zone, .. } => {
                    Some(format!("arn:aws:route53:::hostedzone/{zone}"))
                }
                _ => None,
            },
            _ => None,
        })
        .collect();
    Reach::bound(zones)
}

/// An instance that is set aside is renamed: its name begins with the old one.
fn instances(site: &Site, rds: &RdsBinding) -> String {
    arn("rds", site, &format!("db:{}*", rds.instance))
}

/// A replica across regions names its source, its groups and, by default, the option group of its engine.
fn of_a_new_replica(
    estate: &Estate,
    component: &Component,
    site: &Site,
    rds: &RdsBinding,
) -> Vec<String> {
    let other: &SiteId = &estate.other_site(&site.id).id;
    let mut found = vec![
        instances(site, rds),
        arn("rds", site, &format!("subgrp:{}", rds.subnet_group)),
        arn("rds", site, &format!("pg:{}", rds.parameter_group)),
        arn("rds", site, "og:*"),
    ];
    if let (Some(Binding::Rds(source)), Some(there)) =
        (estate.binding(&component.id, other), estate.site(other))
    {
        found.push(instances(there, source));
    }
    found
}

/// A key is bound by its ARN or by its id.
fn key_arn(key: &str, site: &Site) -> String {
    if key.starts_with("arn:") {
        key.to_owned()
    } else {
        arn("kms", site, &format!("key/{key}"))
    }
}

/// A hosted zone and the health checks on its records have no region.
fn of_the_zone(need: &Need, estate: &Estate, component: &Component) -> Reach {
    let bindings = estate
        .sites
        .iter()
        .filter_map(|site| estate.binding(&component.id, &site.id));
    let doors: Vec<_> = bindings
        .filter_map(|binding| match binding {
            Binding::Route53(door) => Some(door),
            _ => None,
        })
        .collect();
    if doors.is_empty() {
        return Reach::Anything;
    }
    let zones = doors.iter().map(|door| format!("hostedzone/{}", door.zone));
    let checks = doors.iter().filter_map(|door| door.health_check.as_ref());
    let checks = checks.map(|check| format!("healthcheck/{check}"));
    let mut found: Vec<String> = if need.action.contains("HealthCheck") {
        checks.collect()
    } else {
        zones.collect()
    };
    if found.is_empty() {
        // What stands on the records is read, whether the estate names it or not.
        found.push("healthcheck/*".to_owned());
    }
    found.sort();
    found.dedup();
    Reach::bound(
        found
            .into_iter()
            .map(|rest| format!("arn:aws:route53:::{rest}")),
    )
}
