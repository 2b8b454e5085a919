//! A journal that refuses appends for a while, as a store does in a storm of throttling.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use dr_core::model::{Duration, Mode, RunId};
use dr_core::port::{Clock, ErrorClass, LogStore, PortError, PortResult, PutError};
use dr_core::runbook::RunStatus;
use dr_core::runbook::host::{Host, HostError, Outcome, StartOptions, run_id};
use dr_core::runbook::lock::LEASE;
use dr_tests::lab::{self, Lab};
use jiff::Timestamp;

/// How long a call takes that the SDK tried again and again.
const REFUSAL: Duration = Duration::from_secs(12);

/// Refuses record `from` and those after it for `long`, counted from the first time that it is asked to take one.
struct Refusing {
    inner: Arc<dyn LogStore>,
    clock: Arc<dyn Clock>,
    from: u64,
    long: Duration,
    since: Mutex<Option<Timestamp>>,
}

impl Refusing {
    fn refuses(&self, seq: u64) -> bool {
        let mut since = self.since.lock().expect("nobody panics");
        let now = self.clock.now();
        seq >= self.from && now < self.long.after(*since.get_or_insert(now))
    }
}

#[async_trait]
impl LogStore for Refusing {
    async fn append(&self, run: &RunId, seq: u64, line: &[u8]) -> Result<(), PutError> {
        if self.refuses(seq) {
            self.clock.sleep(REFUSAL).await;
            return Err(PutError::Store(PortError {
                class: ErrorClass::Throttled,
                operation: "s3:PutObject".to_owned(),
                place: "california".to_owned(),
                message: "SlowDown".to_owned(),
            }));
        }
        self.inner.append(run, seq, line).await
    }

    async fn read(&self, run: &RunId) -> PortResult<Option<Vec<u8>>> {
        self.inner.read(run).await
    }

    async fn repair(&self, run: &RunId, keep: u64) -> PortResult<()> {
        self.inner.repair(run, keep).await
    }

    async fn runs(&self) -> PortResult<Vec<RunId>> {
        self.inner.runs().await
    }
}

/// A switchover whose journal refuses record `from` for so long.
fn switchover(lab: &Lab, from: u64, long: Duration) -> Result<Outcome, HostError> {
    let plan = lab
        .plan(
            &lab::runbook("failover"),
            Mode::Planned,
            lab.estate.outward(),
        )
        .unwrap_or_else(|findings| panic!("it can be planned: {findings:#?}"));
    let operator = lab.sim.operator("olga");
    let host = lab.host(&operator, lab.on_call());
    let refusing = Refusing {
        inner: host.logs.clone(),
        clock: lab.sim.clock(),
        from,
        long,
        since: Mutex::default(),
    };
    let host = Host {
        logs: Arc::new(refusing),
        ..host
    };
    let run = run_id(&plan, lab.sim.now());
    let started = host.start(run, plan, StartOptions::default());
    lab.sim.run(&operator, started).expect("nobody crashes")
}

#[test]
fn a_journal_that_refuses_records_for_longer_than_a_lease_lasts_cuts_no_run_off() {
    for from in [3, 10, 25, 40] {
        let lab = Lab::new(1);
        let outcome = switchover(&lab, from, LEASE.times(3));
        let outcome = outcome.unwrap_or_else(|error| panic!("record {from}: {error}"));
        assert_eq!(outcome.status(), RunStatus::Completed, "record {from}");
    }
}

#[test]
fn a_journal_that_takes_no_record_for_an_hour_ends_the_run_which_is_resumed_by_whoever_comes() {
    let lab = Lab::new(1);
    let began = lab.sim.now();
    let error = switchover(&lab, 10, Duration::from_mins(60)).unwrap_err();
    assert!(matches!(error, HostError::Append(_)), "{error:?}");
    let waited = Duration::between(began, lab.sim.now());
    assert!(waited < Duration::from_mins(30), "{waited}");

    let operator = lab.sim.operator("paul");
    let host = lab.host(&operator, lab.on_call());
    let runs = lab.sim.run(&operator, host.logs.runs());
    let runs = runs.expect("nobody crashes").expect("the store answers");
    let [run] = &runs[..] else {
        panic!("one run was begun: {runs:?}");
    };
    let resumed = lab.sim.run(&operator, host.resume(run));
    let outcome = resumed.expect("nobody crashes").expect("it goes on");
    assert_eq!(outcome.status(), RunStatus::Completed);
}
