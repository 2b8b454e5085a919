//! Whether a front door is set up so that it can be switched, and which of its records is answered, as pure functions of its
//! records, their health checks and the switch's bucket. Route 53 accepts each of these defects and tells of none.
//!
//! The adapter of Route 53 asks with what it has just read, readiness with what a scan has.

mod answer;
mod check;
mod target;

use std::collections::BTreeMap;

pub use answer::{Answering, Failover, HealthCheck, RecordSet, answering};

use crate::model::{
    ComponentId, Duration, Finding, Region, Severity, SiteId, Subject, TrafficMethod,
};

/// What a record answers with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// What another name of AWS answers with.
    Alias {
        /// That name.
        name: String,
        /// Whether the record counts as unhealthy while what stands behind that name is.
        evaluates_health: bool,
    },
    /// These addresses or names.
    Values(Vec<String>),
}

/// A record of the name, as it is set up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// Its type: a failover pair is of one type, `A` or `AAAA` say.
    pub kind: String,
    /// Its place in the pair, and its health check.
    pub set: RecordSet,
    /// How long a resolver may keep it; an alias has that of its target.
    pub ttl: Option<Duration>,
    /// What it answers with.
    pub target: Target,
}

/// A health check, as it is set up.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CheckSetup {
    /// Whether it asks an endpoint itself, and does not follow other checks, an alarm or a routing control.
    pub asks_endpoint: bool,
    /// Whether it means the opposite of what it finds.
    pub inverted: bool,
    /// Whether it was turned off.
    pub disabled: bool,
    /// The host that it asks.
    pub host: Option<String>,
    /// The path that it asks for.
    pub path: Option<String>,
}

/// One site, as the estate has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SideSetup {
    /// The site.
    pub site: SiteId,
    /// Where it is.
    pub region: Region,
    /// The set identifier of its record.
    pub set_identifier: String,
    /// The addresses or names that its record gives.
    pub answers: Vec<String>,
}

/// A front door as it is set up, and as the estate has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setup {
    /// The front door.
    pub component: ComponentId,
    /// How it is switched.
    pub method: TrafficMethod,
    /// The home primary, then the home standby.
    pub sides: [SideSetup; 2],
    /// How long resolvers may keep an answer, as the estate says.
    pub declared_ttl: Duration,
    /// Its records; `None` where they could not be read.
    pub records: Option<Vec<Record>>,
    /// The health checks of the records that could be read; `None` for one that is not there.
    pub checks: BTreeMap<String, Option<CheckSetup>>,
    /// The switch: bucket and key.
    pub switch: Option<(String, String)>,
    /// The region of the switch's bucket, where it could be read.
    pub bucket_region: Option<String>,
}

const TYPES: &str = "Route 53 developer guide, \"dns-failover-types\"";
const SWITCH: &str = "AWS blog, \"Creating disaster recovery mechanisms using Amazon Route 53\"";
const TTL: &str = "Route 53 developer guide, \"best-practices-dns\"";

/// What speaks against the way the front door is set up. Empty for one that can be switched.
pub fn concerns(setup: &Setup) -> Vec<Finding> {
    let mut found = Vec::new();
    if let Some(records) = &setup.records {
        let mut by_kind: BTreeMap<&str, Vec<&Record>> = BTreeMap::new();
        for record in records
            .iter()
            .filter(|record| record.set.failover.is_some())
        {
            by_kind.entry(&record.kind).or_default().push(record);
        }
        if by_kind.is_empty() {
            found.push(setup.finding(
                (Severity::Blocking, "records-missing"),
                None,
                "the name has no failover record",
                "apply the global stack, or correct the name and the zone in the estate",
                TYPES,
            ));
        }
        for (kind, records) in by_kind {
            setup.pair(kind, &records, &mut found);
            for record in records {
                setup.record(record, &mut found);
            }
        }
    }
    setup.bucket(&mut found);
    found
}

impl Setup {
    fn finding(
        &self,
        (severity, code): (Severity, &str),
        side: Option<&SideSetup>,
        message: impl Into<String>,
        fix: &str,
        source: &str,
    ) -> Finding {
        let subject = match side {
            Some(side) => Subject::Placed(self.component.clone(), side.site.clone()),
            None => Subject::Component(self.component.clone()),
        };
        let message = format!("{}: {}", self.component, message.into());
        Finding::new(
            severity,
            code,
            subject,
            message,
            format!("{fix} ({source})"),
        )
    }

    fn has_switch(&self) -> bool {
        self.method == TrafficMethod::HealthSwitch
    }

    fn side_of(&self, record: &Record) -> Option<&SideSetup> {
        let identifier = &record.set.set_identifier;
        self.sides
            .iter()
            .find(|side| side.set_identifier == *identifier)
    }

    /// One primary record and one secondary, one of each site, with nothing between them that defeats the switch.
    fn pair(&self, kind: &str, records: &[&Record], found: &mut Vec<Finding>) {
        const FIX: &str =
            "make the name one failover pair, with a record of each site: apply the global stack";
        let of = |place| -> Vec<&Record> {
            let records = records.iter().copied();
            records
                .filter(|record| record.set.failover == Some(place))
                .collect()
        };
        let (primaries, secondaries) = (of(Failover::Primary), of(Failover::Secondary));
        for (place, records, none, several) in [
            (
                "primary",
                &primaries,
                "no-primary-record",
                "two-primary-records",
            ),
            (
                "secondary",
                &secondaries,
                "no-secondary-record",
                "two-secondary-records",
            ),
        ] {
            let code = match records.len() {
                0 => none,
                1 => continue,
                _ => several,
            };
            let names: Vec<&str> = records
                .iter()
                .map(|r| r.set.set_identifier.as_str())
                .collect();
            let message = match names.as_slice() {
                [] => format!("of type {kind} there is no {place} record"),
                names => format!(
                    "of type {kind} there are {} {place} records: {}",
                    names.len(),
                    names.join(", ")
                ),
            };
            found.push(self.finding((Severity::Blocking, code), None, message, FIX, TYPES));
        }
        for side in &self.sides {
            if !records
                .iter()
                .any(|record| record.set.set_identifier == side.set_identifier)
            {
                let message = format!(
                    "of type {kind} no failover record has the set identifier {}",
                    side.set_identifier
                );
                found.push(self.finding(
                    (Severity::Blocking, "site-without-record"),
                    Some(side),
                    message,
                    FIX,
                    TYPES,
                ));
            }
        }
        let ([primary], [secondary]) = (primaries.as_slice(), secondaries.as_slice()) else {
            return;
        };
        self.places(primary, secondary, found);
    }

    /// With a switch, places are fixed and only the primary record follows it.
    fn places(&self, primary: &Record, secondary: &Record, found: &mut Vec<Finding>) {
        if !self.has_switch() {
            return;
        }
        if primary.set.set_identifier == self.sides[1].set_identifier {
            found.push(self.finding(
                (Severity::Blocking, "pair-reversed"),
                None,
                format!("record {} of the home standby is the primary one: the switch would send clients the wrong way", primary.set.set_identifier),
                "make the record of the home primary the primary one",
                SWITCH,
            ));
        }
        let Some(id) = &secondary.set.health_check else {
            return;
        };
        let is_shared = primary.set.health_check.as_ref() == Some(id);
        let check = self.checks.get(id).and_then(Option::as_ref);
        let never_healthy =
            |check: &CheckSetup| check.inverted && (check.disabled || self.watches_switch(check));
        let side = self.side_of(secondary);
        found.push(if is_shared || check.is_some_and(never_healthy) {
            self.finding(
                (Severity::Blocking, "secondary-follows-the-switch"),
                side,
                format!("the health check {id} of the secondary record fails with the switch: when both are unhealthy the primary is answered"),
                "take the health check off the secondary record",
                TYPES,
            )
        } else {
            self.finding(
                (Severity::Notice, "secondary-with-health-check"),
                side,
                format!("while the health check {id} of the secondary record fails, the switch moves nobody"),
                "take the health check off the secondary record, or know that it decides too",
                TYPES,
            )
        });
    }

    fn record(&self, record: &Record, found: &mut Vec<Finding>) {
        if self.side_of(record).is_none() {
            let message = format!(
                "record {} ({}) is of neither site",
                record.set.set_identifier, record.kind
            );
            let fix = "correct `set-identifier` in the estate, or delete the record";
            found.push(self.finding(
                (Severity::Blocking, "record-of-neither-site"),
                None,
                message,
                fix,
                TYPES,
            ));
        }
        self.check(record, found);
        self.target(record, found);
        if let Some(ttl) = record.ttl.filter(|ttl| *ttl > self.declared_ttl) {
            let message = format!(
                "record {} ({}) may be kept for {ttl}, the estate counts on {}",
                record.set.set_identifier, record.kind, self.declared_ttl
            );
            let fix = "lower the TTL of the record, or say the real one in the estate, where it is held against the RTO";
            found.push(self.finding(
                (Severity::Slowing, "ttl-above-declared"),
                self.side_of(record),
                message,
                fix,
                TTL,
            ));
        }
    }

    /// What switches must not be lost with the site that fails.
    fn bucket(&self, found: &mut Vec<Finding>) {
        let (true, Some((bucket, _)), Some(region)) =
            (self.has_switch(), &self.switch, &self.bucket_region)
        else {
            return;
        };
        let [home, standby] = &self.sides;
        if region == standby.region.as_str() {
            return;
        }
        let (severity, follows) = if region == home.region.as_str() {
            (
                Severity::Blocking,
                "it is lost with the site that it should move clients away from",
            )
        } else {
            (
                Severity::Slowing,
                "a third region has to answer in a failover",
            )
        };
        found.push(self.finding(
            (severity, "switch-not-at-standby"),
            Some(standby),
            format!("the bucket {bucket} of the switch is in {region}, the home standby in {}: {follows}", standby.region),
            "keep the switch object in a bucket of the home standby's region",
            SWITCH,
        ));
    }
}

#[cfg(test)]
mod tests;
