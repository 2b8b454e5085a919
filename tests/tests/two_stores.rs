//! Each site keeps the runs that move to it, so that two runs of opposite directions lie in two stores under two locks.

use std::sync::Arc;

use dr_core::model::{Duration, Mode, RunId, SiteId};
use dr_core::port::{LogStore, ObjectStore};
use dr_core::runbook::RunStatus;
use dr_core::runbook::event::Event;
use dr_core::runbook::host::{Host, HostError, Outcome, StartOptions, run_id};
use dr_core::runbook::journal::{self, ObjectLog};
use dr_core::sim::{Fault, Operator};
use dr_tests::lab::{self, Lab};

/// Hosts whose journals and lock are in the store of `home`, and who look into the one of `other`.
fn host(lab: &Lab, operator: &Operator, home: &SiteId, other: &SiteId) -> Host {
    let store = operator.store(home);
    Host {
        logs: Arc::new(ObjectLog::new(store.clone())),
        opposite: Some(Arc::new(ObjectLog::new(operator.store(other)))),
        store,
        ..lab.host(operator, lab.on_call())
    }
}

fn start(lab: &Lab, runbook: &str, mode: Mode, back: bool) -> Result<Outcome, HostError> {
    let outward = lab.estate.outward();
    let direction = if back { outward.reversed() } else { outward };
    let plan = lab
        .plan(&lab::runbook(runbook), mode, direction.clone())
        .unwrap_or_else(|findings| panic!("it can be planned: {findings:#?}"));
    let operator = lab.sim.operator(if back { "paul" } else { "olga" });
    let host = host(lab, &operator, &direction.to, &direction.from);
    let run = run_id(&plan, lab.sim.now());
    lab.sim
        .run(&operator, host.start(run, plan, StartOptions::default()))
        .expect("nobody crashes")
}

#[test]
fn nobody_goes_home_while_the_failover_is_open_in_the_other_store() {
    let lab = Lab::new(1);
    lab.lose_home();
    lab.sim.advance(Duration::from_mins(2));
    let held = start(&lab, "failover", Mode::Unplanned, false).expect("it is begun");
    assert_eq!(held.status(), RunStatus::Held);
    // It comes as far as the last step: ohio is a replica again.
    let stack = || "stack".parse().expect("a name");
    lab.home_returns();
    lab.sim.inject(Fault::StateLocked {
        stack: stack(),
        site: lab.site("ohio"),
        by: "a pipeline".to_owned(),
    });
    lab.sim.advance(Duration::from_mins(5));
    let operator = lab.sim.operator("olga");
    let host = host(&lab, &operator, &lab.site("california"), &lab.site("ohio"));
    let resumed = lab.sim.run(&operator, host.resume(&held.run));
    let held = resumed.expect("nobody crashes").expect("it goes on");
    assert_eq!(held.status(), RunStatus::Held);
    lab.sim.inject(Fault::StateUnlocked {
        stack: stack(),
        site: lab.site("ohio"),
    });
    let refused = start(&lab, "failback", Mode::Planned, true).unwrap_err();
    let HostError::OpenRun { run, status } = refused else {
        panic!("the open run is told, not: {refused:?}");
    };
    assert_eq!((run, status), (held.run, RunStatus::Held));
}

#[test]
fn a_store_that_does_not_answer_holds_no_failover_up_and_is_told() {
    let lab = Lab::new(1);
    lab.lose_home();
    lab.sim.advance(Duration::from_mins(2));
    let held = start(&lab, "failover", Mode::Unplanned, false).expect("it is begun");
    let bytes = lab.sim.run(&lab.sim.operator("reader"), async {
        ObjectLog::new(lab.sim.operator("reader").store(&lab.site("california")))
            .read(&held.run)
            .await
    });
    let bytes = bytes.expect("nobody crashes").expect("the store answers");
    let journal = journal::read(&bytes.expect("the run is there")).expect("it reads");
    let Event::RunStarted { findings, .. } = &journal.records[0].event else {
        panic!("{:?}", journal.records[0]);
    };
    let said = findings
        .iter()
        .find(|finding| finding.code == "opposite-runs-unread")
        .expect("what was not read is told");
    assert!(said.message.contains("ohio"), "{}", said.message);
}

/// Copies a run under so many older names, as a store has them after years.
async fn repeat(store: &Arc<dyn ObjectStore>, run: &RunId, times: u32) {
    let log = ObjectLog::new(store.clone());
    let bytes = log.read(run).await.expect("the store answers");
    let bytes = bytes.expect("the run is there");
    for number in 0..times {
        let older = format!("switchover-20250101-{number:06}-abcd");
        let older: RunId = older.parse().expect("a name");
        for (seq, line) in (0..).zip(bytes.split_inclusive(|byte| *byte == b'\n')) {
            let line = line.strip_suffix(b"\n").expect("nothing is torn");
            log.append(&older, seq, line).await.expect("it is new");
        }
    }
}

#[test]
fn a_hundred_old_runs_in_the_other_store_hold_no_switchover_up() {
    let lab = Lab::new(1);
    let there = start(&lab, "failover", Mode::Planned, false).expect("it is begun");
    assert_eq!(there.status(), RunStatus::Completed);
    let reader = lab.sim.operator("reader");
    let store = reader.store(&lab.site("california"));
    let repeated = lab.sim.run(&reader, repeat(&store, &there.run, 100));
    repeated.expect("nobody crashes");
    let home = start(&lab, "failback", Mode::Planned, true).expect("it is begun");
    assert_eq!(home.status(), RunStatus::Completed);
}
