//! Objectives, lease, steady state and backups, against each other and against the components.

use std::collections::BTreeMap;

use super::references::References;
use crate::config::diagnostic::{Problem, Report};
use crate::config::estate::component::RawSettings;
use crate::config::estate::probe::{RawProbe, RawTolerance};
use crate::config::estate::raw::{RawEstate, RawObjectives};
use crate::config::estate::settings::{RawCompute, RawKubernetes};
use crate::config::read::Rows;
use crate::config::yaml::At;
use crate::model::{ComponentId, Duration, Kind};

/// The kinds that hold what a backup keeps.
const BACKED_UP: [Kind; 3] = [Kind::Database, Kind::ObjectStore, Kind::Repository];

pub(super) fn check(raw: &RawEstate, rules: &[&str], references: &References, report: &mut Report) {
    let objectives = raw.objectives.as_ref();
    for (value, key) in [
        (objectives.and_then(|raw| raw.rpo), "rpo"),
        (objectives.and_then(|raw| raw.rto), "rto"),
        (raw.write_lease, "write-lease"),
    ] {
        not_zero(value, key, report);
    }
    lease(raw.write_lease, objectives, report);
    probes(raw, references, report);
    for exception in raw.exceptions.iter().flatten() {
        exception.check(rules, report);
        if exception.component.is_some() {
            references.component(exception.component.as_ref(), &Kind::ALL, report);
        }
    }
    if let Some(watch) = &raw.watch {
        watch.check(report);
    }
    for backup in raw.backups.iter().flatten() {
        references.component(backup.component.as_ref(), &BACKED_UP, report);
        not_zero(backup.keep, "keep", report);
    }
}

fn not_zero(value: Option<At<Duration>>, key: &str, report: &mut Report) {
    if let Some(At { value, span }) = value
        && value == Duration::ZERO
    {
        let message = format!("`{key}` must be more than no time at all");
        report.add(Problem::new("zero-duration", span, message));
    }
}

/// A fence by lease takes as long as the lease lasts, and is part of the recovery.
fn lease(lease: Option<At<Duration>>, objectives: Option<&RawObjectives>, report: &mut Report) {
    let rto = objectives.and_then(|raw| raw.rto);
    let (Some(lease), Some(rto)) = (lease, rto) else {
        return;
    };
    if lease.value >= rto.value {
        report.add(
            Problem::new(
                "lease-exceeds-rto",
                lease.span,
                format!(
                    "the write lease lasts {}, as long as the whole recovery may take",
                    lease.value
                ),
            )
            .label(format!("the RTO is {}", rto.value))
            .help("a failover waits until the lease has run out: make it a small part of the RTO"),
        );
    }
}

fn probes(raw: &RawEstate, references: &References, report: &mut Report) {
    let mut names: BTreeMap<&str, usize> = BTreeMap::new();
    for probe in raw.steady_state.iter().flatten() {
        tolerance(probe, raw, references, report);
        let Some(name) = &probe.name else { continue };
        if let Some(line) = names.insert(&name.value, name.span.line) {
            report.add(
                Problem::new(
                    "duplicate-name",
                    name.span,
                    format!("two probes are called \"{}\"", name.value),
                )
                .label(format!("first written on line {line}")),
            );
        }
    }
}

fn tolerance(probe: &RawProbe, raw: &RawEstate, references: &References, report: &mut Report) {
    match &probe.tolerance {
        RawTolerance::ClientWrites(writes) => {
            references.component(writes.through.as_ref(), &[Kind::Traffic], report);
            not_zero(writes.over, "over", report);
        }
        RawTolerance::ReplicationLag(lag) => {
            references.component(lag.component.as_ref(), &[Kind::Database], report);
            let rpo = raw.objectives.as_ref().and_then(|raw| raw.rpo);
            if let (Some(at_most), Some(rpo)) = (lag.at_most, rpo)
                && at_most.value > rpo.value
            {
                let message = format!("a lag of {} is no steady state", at_most.value);
                report.add(
                    Problem::new("tolerance-exceeds-rpo", at_most.span, message)
                        .label(format!("the RPO is {}", rpo.value))
                        .help("tolerate at most the RPO"),
                );
            }
        }
        RawTolerance::HealthyMembers(healthy) => {
            let fleets = [Kind::Compute, Kind::Kubernetes];
            references.component(healthy.component.as_ref(), &fleets, report);
            reachable(healthy.component.as_ref(), healthy.at_least, raw, report);
        }
        RawTolerance::MonitoringUp(up) => {
            references.component(up.component.as_ref(), &[Kind::Monitoring], report);
        }
    }
}

/// A fleet must be able to have as many members as the probe wants.
fn reachable(
    component: Option<&At<ComponentId>>,
    at_least: Option<At<u32>>,
    raw: &RawEstate,
    report: &mut Report,
) {
    let (Some(component), Some(at_least)) = (component, at_least) else {
        return;
    };
    let fleet = raw
        .components
        .iter()
        .flat_map(Rows::read)
        .find(|(id, _)| id.value == component.value);
    let count = match fleet.map(|(_, raw)| &raw.settings) {
        Some(RawSettings::Compute(RawCompute { count, .. })) => *count,
        Some(RawSettings::Kubernetes(RawKubernetes { nodes, .. })) => *nodes,
        _ => None,
    };
    if let Some(count) = count
        && at_least.value > count.value
    {
        let message = format!("`{}` never has {} members", component.value, at_least.value);
        report.add(
            Problem::new("tolerance-unreachable", at_least.span, message).label(format!(
                "it has {}, as line {} says",
                count.value, count.span.line
            )),
        );
    }
}
