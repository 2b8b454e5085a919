//! What actions refuse, and what they say then.

use dr_core::action::{Before, Detail, History, Observation, StepError, for_verb};
use dr_core::model::{
    Check, Duration, FenceEvidence, FenceLevel, FenceTarget, Mode, Severity, Verb, Waiver,
};
use dr_core::sim::Fault;

use crate::bench::{Bench, california, ohio, step};
use crate::id;

fn promote() -> Verb {
    Verb::Promote(id("database"))
}

fn fence() -> Verb {
    Verb::Fence(FenceTarget::Primary)
}

/// The code of what refuses the step, and how many people could pass it.
fn refused(bench: &mut Bench, verb: &Verb) -> (String, u32) {
    let before = bench.begin(verb).expect("it is not done");
    let changes = bench.changes();
    let refused = match bench.apply(verb, &before).expect_err("it is refused") {
        StepError::Gate(question) => {
            assert_eq!(question.step, step(verb));
            assert!(!question.text.is_empty());
            (question.code, question.people)
        }
        StepError::NotMet { code, .. } => (code, 0),
        other => panic!("{verb}: {other}"),
    };
    assert_eq!(
        bench.changes(),
        changes,
        "{verb}: a refusal changes nothing"
    );
    refused
}

fn blocking(bench: &Bench, verb: &Verb) -> Vec<String> {
    bench
        .preflight(verb)
        .into_iter()
        .filter(|finding| finding.severity == Severity::Blocking)
        .map(|finding| finding.code)
        .collect()
}

/// Says yes to a gate of a step, as `who`.
fn waive(history: &mut History, verb: &Verb, code: &str, who: &str) {
    let waiver = Waiver {
        code: code.to_owned(),
        who: who.to_owned(),
        why: "the region is gone".to_owned(),
        at: "2026-01-01T00:30:00Z".parse().expect("an instant"),
    };
    history.waivers.entry(step(verb)).or_default().push(waiver);
}

fn evidence(bench: &Bench) -> FenceEvidence {
    bench.history.fence().expect("it was fenced").clone()
}

/// A failover of an estate whose application has no write lease.
fn without_lease(seed: u64) -> Bench {
    Bench::of(Mode::Unplanned, seed, |estate| estate.write_lease = None)
}

#[test]
fn a_promotion_without_a_proven_fence_waits_for_two_different_people() {
    let mut bench = without_lease(1);
    bench.sim.inject(Fault::RegionDark(ohio()));
    bench.carry_out(&fence());
    assert_eq!(evidence(&bench).level, FenceLevel::IsolatedObserved);
    let held = ("fence-unproven".to_owned(), 2);
    assert_eq!(refused(&mut bench, &promote()), held);
    for who in ["ada", "ada"] {
        waive(&mut bench.history, &promote(), "fence-unproven", who);
        assert_eq!(
            refused(&mut bench, &promote()),
            held,
            "one person is not two"
        );
    }
    waive(&mut bench.history, &promote(), "fence-unproven", "bob");
    bench.carry_out(&promote());
    let loss = bench.history.loss(&id("database")).unwrap();
    assert_eq!(
        loss.window_until, None,
        "nobody knows until when it took writes"
    );
}

#[test]
fn a_site_that_observers_still_reach_is_not_called_isolated() {
    let mut bench = without_lease(1);
    bench.sim.inject(Fault::RegionIsolated(ohio()));
    bench.carry_out(&fence());
    assert_eq!(evidence(&bench).level, FenceLevel::Unknown);
    assert!(evidence(&bench).pending);
}

#[test]
fn a_failover_from_a_primary_that_answers_fences_it_for_certain() {
    let mut bench = Bench::new(Mode::Unplanned, 5);
    assert!(
        bench
            .preflight(&fence())
            .iter()
            .any(|finding| finding.code == "primary-answers")
    );
    bench.carry_out(&fence());
    assert_eq!(evidence(&bench).level, FenceLevel::Confirmed);
    assert!(!evidence(&bench).pending);
}

#[test]
fn a_switchover_does_not_settle_for_less_than_a_confirmed_fence() {
    let bench = Bench::new(Mode::Planned, 5);
    bench.sim.inject(Fault::RegionDark(ohio()));
    assert_eq!(blocking(&bench, &fence()), ["primary-unreachable"]);
    let seen = bench.observe(&fence());
    assert!(matches!(seen, Observation::Unknown(_)), "{seen:?}");
    let failed = bench.apply(&fence(), &Before::default()).unwrap_err();
    assert!(matches!(failed, StepError::Port(_)), "{failed}");
    assert!(bench.history.fence().is_none());
}

#[test]
fn a_fence_that_never_reached_the_site_is_undone_without_it() {
    let mut bench = Bench::new(Mode::Unplanned, 5);
    bench.sim.inject(Fault::RegionDark(ohio()));
    let before = bench.begin(&fence()).unwrap();
    let output = bench.apply(&fence(), &before).unwrap();
    bench.history.outputs.push((step(&fence()), output));
    bench.undo(&fence(), &before);
    bench.sim.inject(Fault::RegionReturns(ohio()));
    bench.sim.advance(Duration::from_mins(5));
    let world = bench.look();
    assert!(world["database@ohio"].contains("writable=true"));
    assert_eq!(world["write-lease@storefront"], "ohio renewable=true");
}

#[test]
fn a_replica_further_behind_than_the_rpo_is_not_promoted_unasked() {
    let mut bench = Bench::new(Mode::Unplanned, 2);
    let stalls = Fault::ReplicationStalls(id("database"));
    bench.sim.inject(stalls);
    bench.sim.advance(Duration::from_mins(6));
    bench.sim.inject(Fault::RegionDark(ohio()));
    assert_eq!(blocking(&bench, &promote()), ["lag-exceeds-rpo"]);
    let ready = Verb::Verify(Check::StandbyReady);
    assert_eq!(
        refused(&mut bench, &ready),
        ("standby-not-ready".to_owned(), 0)
    );
    bench.carry_out(&fence());
    let held = ("lag-exceeds-rpo".to_owned(), 2);
    assert_eq!(refused(&mut bench, &promote()), held);
    for who in ["ada", "bob"] {
        waive(&mut bench.history, &promote(), "lag-exceeds-rpo", who);
    }
    let stated = bench.carry_out(&promote());
    let Detail::Loss { loss, .. } = stated.detail else {
        panic!("{stated:?}");
    };
    assert!(loss.achieved_rpo().unwrap() > bench.estate.objectives.rpo);
    assert!(loss.at_least() > 0);
}

#[test]
fn an_hour_without_an_answer_does_not_make_a_proven_lag_larger() {
    let mut bench = Bench::new(Mode::Unplanned, 2);
    bench.sim.inject(Fault::RegionDark(ohio()));
    bench.sim.advance(Duration::from_mins(60));
    assert_eq!(blocking(&bench, &promote()), Vec::<String>::new());
    bench.carry_out(&fence());
    bench.carry_out(&promote());
}

#[test]
fn a_switchover_waits_until_the_replica_has_everything() {
    let mut bench = Bench::new(Mode::Planned, 2);
    bench.sim.inject(Fault::ReplicationStalls(id("database")));
    bench.sim.advance(Duration::from_secs(30));
    bench.carry_out(&fence());
    let behind = ("not-caught-up".to_owned(), 0);
    let caught_up = Verb::Verify(Check::CaughtUp);
    assert_eq!(refused(&mut bench, &caught_up), behind);
    assert_eq!(refused(&mut bench, &promote()), behind);
    bench.sim.inject(Fault::ReplicationResumes(id("database")));
    bench.carry_out(&caught_up);
    bench.carry_out(&promote());
    let loss = bench.history.loss(&id("database")).unwrap();
    assert_eq!(loss.exact, Some(0));
}

#[test]
fn a_promotion_waits_for_a_backup() {
    let mut bench = Bench::new(Mode::Unplanned, 2);
    bench.carry_out(&fence());
    bench.sim.inject(Fault::BackupStarts {
        database: id("database"),
        site: california(),
        lasts: Duration::from_mins(12),
    });
    assert!(
        bench
            .preflight(&promote())
            .iter()
            .any(|finding| finding.code == "backup-running")
    );
    let begun = bench.sim.now();
    bench.carry_out(&promote());
    assert!(Duration::between(begun, bench.sim.now()) > Duration::from_mins(12));
}

#[test]
fn a_promotion_whose_answer_was_lost_is_in_doubt_and_then_found_done_with_its_loss() {
    let mut bench = Bench::new(Mode::Unplanned, 2);
    bench.sim.inject(Fault::RegionDark(ohio()));
    bench.carry_out(&fence());
    bench
        .sim
        .inject(Fault::AnswerLost("rds:PromoteReadReplica".to_owned()));
    let before = bench.begin(&promote()).unwrap();
    let lost = bench.apply(&promote(), &before).unwrap_err();
    assert!(lost.is_doubt(), "{lost}");
    bench.sim.advance(Duration::from_mins(15));
    let output = bench.carry_out(&promote());
    let Detail::Loss { loss, .. } = output.detail else {
        panic!("{output:?}");
    };
    assert!(loss.window_until.is_some());
}

#[test]
fn what_is_left_at_a_lost_site_waits_for_it_and_says_so() {
    let mut bench = Bench::new(Mode::Unplanned, 2);
    bench.sim.inject(Fault::RegionDark(ohio()));
    bench.carry_out(&fence());
    bench.carry_out(&promote());
    for verb in [
        Verb::Fence(FenceTarget::FormerPrimary),
        Verb::Demote(id("database")),
        Verb::Reprotect(id("database")),
    ] {
        let held = ("former-primary-unreachable".to_owned(), 0);
        assert_eq!(refused(&mut bench, &verb), held, "{verb}");
    }
    let converge = bench
        .apply(&Verb::Converge(id("stack")), &Before::default())
        .unwrap_err();
    assert!(matches!(converge, StepError::Gate(_)), "{converge}");
}

#[test]
fn an_old_primary_that_takes_writes_is_neither_replaced_nor_set_aside_by_mistake() {
    let mut bench = Bench::new(Mode::Unplanned, 2);
    bench.sim.inject(Fault::RegionDark(ohio()));
    bench.carry_out(&fence());
    let demote = Verb::Demote(id("database"));
    bench.sim.inject(Fault::RegionReturns(ohio()));
    assert_eq!(
        refused(&mut bench, &demote),
        ("new-primary-missing".to_owned(), 0)
    );
    bench.sim.inject(Fault::RegionDark(ohio()));
    bench.carry_out(&promote());
    bench.sim.inject(Fault::RegionReturns(ohio()));
    assert_eq!(
        refused(&mut bench, &Verb::Reprotect(id("database"))),
        ("former-primary-takes-writes".to_owned(), 0)
    );
}

#[test]
fn a_stack_that_somebody_works_on_is_left_alone() {
    let mut bench = Bench::new(Mode::Unplanned, 2);
    bench.sim.inject(Fault::StateLocked {
        stack: id("stack"),
        site: california(),
        by: "carol".to_owned(),
    });
    let provision = Verb::Provision(id("stack"));
    assert_eq!(blocking(&bench, &provision), ["state-locked"]);
    let before = bench.begin(&provision).unwrap();
    let error = bench.apply(&provision, &before).unwrap_err();
    assert!(error.to_string().contains("carol"), "{error}");
    bench.sim.inject(Fault::StateUnlocked {
        stack: id("stack"),
        site: california(),
    });
    bench.carry_out(&provision);
}

#[test]
fn a_fleet_that_cannot_carry_the_load_is_refused_and_a_smaller_one_is_taken() {
    let app = Verb::Activate(id("app"));
    let short = |limit| Fault::ShortOfCapacity {
        fleet: id("app"),
        site: california(),
        limit,
    };
    let mut bench = Bench::new(Mode::Unplanned, 2);
    bench.sim.inject(short(1));
    assert_eq!(blocking(&bench, &app), ["quota-below-demand"]);
    assert_eq!(
        refused(&mut bench, &app),
        ("quota-below-demand".to_owned(), 0)
    );
    bench.sim.inject(short(2));
    assert_eq!(blocking(&bench, &app), Vec::<String>::new());
    bench.carry_out(&app);
    assert_eq!(bench.look()["app@california"], "desired=2");
}

#[test]
fn a_standby_that_serves_nobody_is_not_opened() {
    let mut bench = Bench::new(Mode::Planned, 2);
    let serving = Verb::Verify(Check::StandbyServing);
    assert_eq!(
        refused(&mut bench, &serving),
        ("standby-not-serving".to_owned(), 0)
    );
    assert_eq!(
        for_verb(&serving).undoable(&serving),
        dr_core::action::Undo::NothingToUndo
    );
}

#[test]
fn an_answer_that_is_kept_for_more_than_its_share_of_the_rto_is_told_before_clients_are_shifted() {
    let bench = Bench::new(Mode::Unplanned, 1);
    let share = bench.estate.objectives.longest_ttl();
    let found = |ttl: Duration| {
        let door = id("front-door");
        bench.sim.inject(Fault::TtlChanged { door, ttl });
        let found = bench.preflight(&Verb::Shift(id("front-door")));
        let codes = found
            .into_iter()
            .map(|finding| (finding.severity, finding.code));
        codes.collect::<Vec<_>>()
    };
    assert_eq!(found(share), []);
    assert_eq!(
        found(share + Duration::from_secs(1)),
        [(Severity::Slowing, "ttl-exceeds-share".to_owned())]
    );
}
