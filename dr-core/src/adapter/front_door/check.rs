//! The health checks of records: whether that of the primary one lets clients be moved.

use super::{CheckSetup, Failover, Record, SWITCH, Setup, SideSetup, TYPES};
use crate::model::{Finding, Severity};

const CHECKS: &str = "Route 53 developer guide, \"health-checks-creating-values\"";

impl Setup {
    /// The health check of a record is there, and that of the primary one can move clients.
    pub(super) fn check(&self, record: &Record, found: &mut Vec<Finding>) {
        let side = self.side_of(record);
        let name = &record.set.set_identifier;
        let is_primary = record.set.failover == Some(Failover::Primary);
        let Some(id) = &record.set.health_check else {
            if is_primary {
                found.push(self.finding(
                    (Severity::Blocking, "primary-without-health-check"),
                    side,
                    format!("the primary record {name} ({}) has no health check: nothing ever moves clients", record.kind),
                    "put the health check on the primary record",
                    TYPES,
                ));
            }
            return;
        };
        let Some(known) = self.checks.get(id) else {
            return;
        };
        let Some(check) = known else {
            found.push(self.finding(
                (Severity::Blocking, "health-check-missing"),
                side,
                format!("the health check {id} of record {name} is not there: Route 53 takes the record for healthy"),
                "create the health check and put its id on the primary record",
                CHECKS,
            ));
            return;
        };
        if !is_primary {
            return;
        }
        if check.disabled {
            let (severity, follows) = if self.has_switch() {
                (Severity::Blocking, "the switch moves nobody")
            } else {
                (
                    Severity::Notice,
                    "the record counts as healthy, whatever happens",
                )
            };
            found.push(self.finding(
                (severity, "health-check-disabled"),
                side,
                format!("the health check {id} of record {name} is disabled: {follows}"),
                "enable the health check",
                CHECKS,
            ));
        }
        self.meaning(name, id, check, side, found);
    }

    /// What the check means, and what it watches.
    fn meaning(
        &self,
        name: &str,
        id: &str,
        check: &CheckSetup,
        side: Option<&SideSetup>,
        found: &mut Vec<Finding>,
    ) {
        if !self.has_switch() {
            if check.inverted {
                found.push(self.finding(
                    (Severity::Blocking, "health-check-inverted"),
                    side,
                    format!("the health check {id} of record {name} is inverted: the record is answered while its endpoint is down"),
                    "turn the inversion off",
                    CHECKS,
                ));
            }
            return;
        }
        if !check.asks_endpoint {
            found.push(self.finding(
                (Severity::Slowing, "health-check-follows-others"),
                side,
                format!("the health check {id} of record {name} asks no endpoint itself: whether the switch moves it cannot be told"),
                "let the record's own health check ask for the switch object",
                SWITCH,
            ));
            return;
        }
        if !check.inverted {
            found.push(self.finding(
                (Severity::Blocking, "health-check-not-inverted"),
                side,
                format!("the health check {id} of record {name} is not inverted: the switch object keeps clients where they are"),
                "invert the health check",
                SWITCH,
            ));
        }
        if let Some((bucket, key)) = &self.switch
            && !self.watches_switch(check)
        {
            found.push(self.finding(
                (Severity::Slowing, "health-check-watches-elsewhere"),
                side,
                format!(
                    "the health check {id} of record {name} asks {}{}, where the switch s3://{bucket}/{key} is not seen to be",
                    check.host.as_deref().unwrap_or("an address"),
                    check.path.as_deref().unwrap_or("/")
                ),
                "let the health check ask for the switch object, or correct `switch-bucket` and `switch-key`",
                SWITCH,
            ));
        }
    }

    /// Whether a check asks for the switch object.
    pub(super) fn watches_switch(&self, check: &CheckSetup) -> bool {
        let switch = self.switch.as_ref();
        switch.is_some_and(|(bucket, key)| watches(check, bucket, key))
    }
}

/// Whether a check asks for the switch object, by the bucket's own host or by its path.
fn watches(check: &CheckSetup, bucket: &str, key: &str) -> bool {
    let path = check.path.as_deref().unwrap_or("/");
    let path = path
        .split('?')
        .next()
        .unwrap_or_default()
        .trim_start_matches('/');
    let by_host = check
        .host
        .as_deref()
        .is_some_and(|host| host.starts_with(&format!("{bucket}.")));
    (by_host && path == key) || path == format!("{bucket}/{key}")
}
