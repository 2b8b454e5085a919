//! Which record Route 53 answers with, as a pure function of records and health: its interface does not tell.

use std::collections::BTreeMap;

/// A record of a failover pair.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Failover {
    /// Answered while it is healthy.
    Primary,
    /// Answered otherwise.
    Secondary,
}

/// A record set with what decides on it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordSet {
    /// Its set identifier.
    pub set_identifier: String,
    /// Its place in the pair.
    pub failover: Option<Failover>,
    /// The health check that decides on it.
    pub health_check: Option<String>,
}

/// What is known of a health check.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HealthCheck {
    /// Whether the checkers find the endpoint healthy; `None` where that is not known.
    pub endpoint_is_healthy: Option<bool>,
    /// Whether it means the opposite.
    pub inverted: bool,
    /// A disabled check is always healthy, and unhealthy when inverted.
    pub disabled: bool,
}

impl HealthCheck {
    /// Whether Route 53 treats records with this check as healthy (developer guide, "health-checks-creating-values":
    /// a disabled check counts as healthy, and inverting applies to it too).
    fn is_healthy(&self) -> Option<bool> {
        let endpoint = if self.disabled {
            Some(true)
        } else {
            self.endpoint_is_healthy
        };
        endpoint.map(|healthy| healthy != self.inverted)
    }
}

/// What follows for clients.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answering {
    /// The record with this set identifier is answered.
    Record(String),
    /// Which one cannot be told: a health check's state is not known.
    NotKnown,
    /// The records are no failover pair: what is wrong, in one sentence. Route 53 accepts such records.
    Broken(String),
}

/// Which of the records of one name is answered.
///
/// The primary while it is healthy or has no check; else the secondary while that is healthy or has none; when both are
/// unhealthy the primary again (developer guide, "dns-failover-private-hosted-zones" and "dns-failover-types",
/// active-passive).
pub fn answering(records: &[RecordSet], checks: &BTreeMap<String, HealthCheck>) -> Answering {
    let of = |wanted| {
        records
            .iter()
            .filter(move |record| record.failover == Some(wanted))
            .collect::<Vec<_>>()
    };
    let (primaries, secondaries) = (of(Failover::Primary), of(Failover::Secondary));
    let ([primary], [secondary]) = (primaries.as_slice(), secondaries.as_slice()) else {
        return Answering::Broken(format!(
            "a failover pair has one primary and one secondary record, here are {} and {}",
            primaries.len(),
            secondaries.len()
        ));
    };
    let health = |record: &RecordSet| match &record.health_check {
        None => Ok(Some(true)),
        Some(id) => match checks.get(id) {
            Some(check) => Ok(check.is_healthy()),
            None => Err(format!(
                "record {} has a health check that is not there: {id}",
                record.set_identifier
            )),
        },
    };
    if primary.health_check.is_none() {
        return Answering::Broken(format!(
            "the primary record {} has no health check: nothing ever moves clients",
            primary.set_identifier
        ));
    }
    match (health(primary), health(secondary)) {
        (Err(why), _) | (_, Err(why)) => Answering::Broken(why),
        (Ok(None), _) => Answering::NotKnown,
        (Ok(Some(true)), _) => Answering::Record(primary.set_identifier.clone()),
        (Ok(Some(false)), Ok(Some(true))) => Answering::Record(secondary.set_identifier.clone()),
        (Ok(Some(false)), Ok(Some(false))) => Answering::Record(primary.set_identifier.clone()),
        (Ok(Some(false)), Ok(None)) => Answering::NotKnown,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn pair(primary: Option<&str>, secondary: Option<&str>) -> Vec<RecordSet> {
        let record = |name: &str, failover, check: Option<&str>| RecordSet {
            set_identifier: name.to_owned(),
            failover: Some(failover),
            health_check: check.map(str::to_owned),
        };
        vec![
            record("ohio", Failover::Primary, primary),
            record("california", Failover::Secondary, secondary),
        ]
    }

    fn checks(list: &[(&str, HealthCheck)]) -> BTreeMap<String, HealthCheck> {
        list.iter()
            .map(|(id, check)| ((*id).to_owned(), *check))
            .collect()
    }

    fn switch(object_is_there: bool) -> HealthCheck {
        HealthCheck {
            endpoint_is_healthy: Some(object_is_there),
            inverted: true,
            disabled: false,
        }
    }

    #[test]
    fn the_switch_object_sends_clients_to_the_standby_and_its_absence_home() {
        let records = pair(Some("switch"), None);
        let answer = |there| answering(&records, &checks(&[("switch", switch(there))]));
        assert_eq!(answer(true), Answering::Record("california".to_owned()));
        assert_eq!(answer(false), Answering::Record("ohio".to_owned()));
    }

    #[test]
    fn what_the_interface_accepts_and_nobody_wants_is_told() {
        let none = BTreeMap::new();
        let broken = |records: &[RecordSet], checks: &BTreeMap<String, HealthCheck>| {
            matches!(answering(records, checks), Answering::Broken(_))
        };
        assert!(broken(&pair(None, None), &none), "no check on the primary");
        assert!(
            broken(&pair(Some("gone"), None), &none),
            "a check that is not there"
        );
        let mut two = pair(Some("switch"), None);
        two[1].failover = Some(Failover::Primary);
        let known = checks(&[("switch", switch(true))]);
        assert!(broken(&two, &known), "two primaries");
        assert!(broken(&[], &none), "no record");
    }

    proptest! {
        #[test]
        fn when_all_is_unhealthy_the_primary_is_answered_and_what_is_not_known_is_not_guessed(
            primary in any::<Option<bool>>(),
            secondary in any::<Option<bool>>(),
        ) {
            let check = |endpoint_is_healthy| HealthCheck { endpoint_is_healthy, inverted: false, disabled: false };
            let records = pair(Some("a"), Some("b"));
            let answer = answering(&records, &checks(&[("a", check(primary)), ("b", check(secondary))]));
            let expected = match (primary, secondary) {
                (Some(true), _) | (Some(false), Some(false)) => Answering::Record("ohio".to_owned()),
                (Some(false), Some(true)) => Answering::Record("california".to_owned()),
                _ => Answering::NotKnown,
            };
            prop_assert_eq!(answer, expected);
        }
    }
}
