//! What a check does not take for good.

use std::sync::Arc;

use async_trait::async_trait;
use dr_core::action::{Before, Observation, StepError};
use dr_core::model::{Check, DatabaseState, Duration, Mode, Severity, SiteId, Verb};
use dr_core::port::{Database, ErrorClass, Permit, PortError, PortResult};
use dr_core::sim::Fault;

use crate::bench::{Bench, ohio};
use crate::id;

/// A healthy estate whose clients have written for longer than any probe looks back.
fn healthy() -> Bench {
    let bench = Bench::new(Mode::Planned, 11);
    bench.sim.advance(Duration::from_mins(5));
    bench
}

#[test]
fn a_probe_that_cannot_be_read_is_not_within_its_tolerance() {
    let steady = Verb::Verify(Check::SteadyState);
    let seen = healthy().observe(&steady);
    assert!(matches!(seen, Observation::Done(_)), "{seen:?}");
    for component in ["metrics", "dashboards", "app"] {
        let bench = healthy();
        bench.sim.inject(Fault::ComponentDown {
            component: id(component),
            site: ohio(),
        });
        let seen = bench.observe(&steady);
        assert!(
            !matches!(seen, Observation::Done(_)),
            "{component}: {seen:?}"
        );
    }
}

#[test]
fn clients_are_shifted_when_they_are_served_there_and_not_when_the_record_says_so() {
    let bench = healthy();
    let shift = Verb::Shift(id("front-door"));
    // Nothing was promoted there, so that nobody can be served.
    let refused = bench.apply(&shift, &Before::default());
    assert!(refused.is_err(), "{refused:?}");
    let door = &bench.look()["front-door@both"];
    assert!(door.contains("california"), "{door}");
    let seen = bench.observe(&shift);
    assert!(matches!(seen, Observation::Partial(_)), "{seen:?}");
}

#[test]
fn a_replica_that_is_behind_does_not_protect_although_it_is_within_the_rpo() {
    let mut bench = healthy();
    // As if the role had just been taken home: the copy at the other site protects it.
    bench.turn_back();
    let reprotect = Verb::Reprotect(id("database"));
    let seen = bench.observe(&reprotect);
    assert!(matches!(seen, Observation::Done(_)), "{seen:?}");
    bench.sim.inject(Fault::ReplicationStalls(id("database")));
    bench.sim.advance(Duration::from_mins(2));
    let seen = bench.observe(&reprotect);
    assert!(matches!(seen, Observation::Partial(_)), "{seen:?}");
}

#[test]
fn a_standby_with_all_its_members_and_a_database_that_takes_no_writes_is_not_opened() {
    let mut bench = healthy();
    bench.carry_out(&Verb::Provision(id("stack")));
    // Nothing is missing but the promotion.
    let serving = Verb::Verify(Check::StandbyServing);
    let refused = bench.apply(&serving, &Before::default());
    let Err(StepError::NotMet { code, message }) = refused else {
        panic!("it does not serve: {refused:?}");
    };
    assert_eq!(code, "standby-not-serving");
    assert_eq!(message, "database takes no writes");
}

/// A database whose address cannot be written where the application reads it.
struct Untold(Arc<dyn Database>);

#[async_trait]
impl Database for Untold {
    async fn observe(&self) -> PortResult<DatabaseState> {
        self.0.observe().await
    }

    async fn check_endpoint(&self) -> PortResult<()> {
        Err(PortError {
            class: ErrorClass::NotFound,
            operation: "secretsmanager:GetSecretValue".to_owned(),
            place: "california".to_owned(),
            message: "there is no app/database".to_owned(),
        })
    }

    async fn fence(&self, permit: &Permit) -> PortResult<()> {
        self.0.fence(permit).await
    }

    async fn unfence(&self, permit: &Permit) -> PortResult<()> {
        self.0.unfence(permit).await
    }

    async fn promote(&self, permit: &Permit) -> PortResult<()> {
        self.0.promote(permit).await
    }

    async fn replicate_from(&self, source: &SiteId, permit: &Permit) -> PortResult<()> {
        self.0.replicate_from(source, permit).await
    }

    async fn retire(&self, permit: &Permit) -> PortResult<()> {
        self.0.retire(permit).await
    }
}

#[test]
fn an_address_that_could_not_be_written_blocks_a_promotion_before_it_is_begun() {
    let bench = healthy();
    let blocking = |verb: &Verb| -> Vec<String> {
        let findings = bench.preflight_wired(verb, |ports| {
            for database in ports.databases.values_mut() {
                *database = Arc::new(Untold(database.clone()));
            }
        });
        let blocking = findings
            .into_iter()
            .filter(|f| f.severity == Severity::Blocking);
        blocking.map(|finding| finding.code.to_string()).collect()
    };
    for verb in [
        Verb::Promote(id("database")),
        Verb::Verify(Check::StandbyReady),
    ] {
        assert_eq!(blocking(&verb), ["endpoint-not-writable"], "{verb}");
    }
}
