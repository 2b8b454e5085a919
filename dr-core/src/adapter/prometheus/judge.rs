//! What the answers mean. Pure.

use std::collections::BTreeSet;

use super::answer::{AlertManagers, Alerts, Sample, Target, Targets};
use crate::model::SiteId;

/// What is scraped while a site is watched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Side {
    pub(super) site: SiteId,
    pub(super) targets: BTreeSet<String>,
}

impl Side {
    pub(super) fn new(site: &SiteId, targets: &[String]) -> Self {
        Self {
            site: site.clone(),
            targets: targets.iter().cloned().collect(),
        }
    }
}

/// Whether what is scraped tells which site is watched: each has a target that the other one has not.
pub(super) fn distinct([here, there]: &[Side; 2]) -> Result<(), String> {
    for (one, other) in [(here, there), (there, here)] {
        if one.targets.is_empty() {
            return Err(format!("there are no `targets` for {}", one.site));
        }
        if one.targets.is_subset(&other.targets) {
            return Err(format!(
                "every target of {} is one of {} too: what is scraped would not tell which site is watched",
                one.site, other.site
            ));
        }
    }
    Ok(())
}

/// The addresses that are scraped.
fn addresses(targets: &Targets) -> BTreeSet<&str> {
    targets.active.iter().map(Target::address).collect()
}

/// Whether a target that only `side` has is scraped.
fn touches(side: &Side, sides: &[Side; 2], scraped: &BTreeSet<&str>) -> bool {
    let is_elsewhere = |target: &String| {
        let mut others = sides.iter().filter(|other| other.site != side.site);
        others.any(|other| other.targets.contains(target))
    };
    side.targets
        .iter()
        .any(|target| scraped.contains(target.as_str()) && !is_elsewhere(target))
}

/// The site that is watched: targets of it are scraped, and none that only the other one has.
pub(super) fn watched<'a>(sides: &'a [Side; 2], targets: &Targets) -> Result<&'a Side, String> {
    let scraped = addresses(targets);
    let [here, there] = sides;
    match (
        touches(here, sides, &scraped),
        touches(there, sides, &scraped),
    ) {
        (true, false) => Ok(here),
        (false, true) => Ok(there),
        (true, true) => Err(format!(
            "it scrapes targets of {} and of {}",
            here.site, there.site
        )),
        (false, false) => Err(format!(
            "by its target file it scrapes nothing of {} and nothing of {}",
            here.site, there.site
        )),
    }
}

/// Whether exactly `side` is scraped, all of it.
pub(super) fn scrapes(side: &Side, sides: &[Side; 2], targets: &Targets) -> bool {
    let scraped = addresses(targets);
    watched(sides, targets).is_ok_and(|watched| watched == side)
        && side
            .targets
            .iter()
            .all(|target| scraped.contains(target.as_str()))
}

/// How many targets of `side` are up: each scrape of one succeeded, and its sample is stored and young.
pub(super) fn up(side: &Side, targets: &Targets, samples: &[Sample]) -> usize {
    let is_up = |scrape: &Target| {
        let sample = samples.iter().find(|sample| sample.metric == scrape.labels);
        scrape.health == "up"
            && sample
                .and_then(Sample::age)
                .is_some_and(|age| age <= scrape.patience())
    };
    let is_whole = |address: &&String| {
        let scrapes = targets.active.iter();
        let mut scrapes = scrapes
            .filter(|scrape| scrape.address() == *address)
            .peekable();
        scrapes.peek().is_some() && scrapes.all(is_up)
    };
    side.targets.iter().filter(is_whole).count()
}

/// Why alerts would reach nobody. The dead man's check is the alert that always fires, and what fires.
pub(super) fn unheard(
    managers: &AlertManagers,
    dead_man: Option<(&str, &Alerts)>,
) -> Option<String> {
    if managers.active_alertmanagers.is_empty() {
        return Some("it sends its alerts to no alert manager".to_owned());
    }
    match dead_man {
        Some((name, alerts)) if !alerts.fires(name) => {
            Some(format!("the alert {name}, which always fires, does not"))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests;
