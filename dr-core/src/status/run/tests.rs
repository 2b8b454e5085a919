use super::*;
use crate::model::{Duration, FenceLevel};
use crate::report::tests::stories;
use crate::runbook::Event;
use crate::runbook::journal::Digest;

/// The journal of that story, as a run of another name that began `later` days after the others.
fn run(story: &str, name: &str, later: u64) -> RunSeen {
    let (_, mut header, records) = stories()
        .into_iter()
        .find(|(name, _, _)| *name == story)
        .unwrap();
    header.run = name.parse().unwrap();
    header.at = Duration::from_mins(later * 24 * 60).after(header.at);
    RunSeen {
        run: header.run.clone(),
        kept_at: None,
        journal: Ok(ReadJournal {
            header,
            records,
            sound_bytes: 0,
            torn: false,
            head: Digest::of(b"the last line"),
        }),
    }
}

fn journal(run: &mut RunSeen) -> &mut ReadJournal {
    run.journal.as_mut().unwrap()
}

/// The same run, closed by a person with this missing.
fn aborted(mut run: RunSeen, missing: &str) -> RunSeen {
    let journal = journal(&mut run);
    let last = journal.records.last_mut().unwrap();
    last.event = Event::Closed {
        status: RunStatus::Aborted,
        missing: vec![missing.to_owned()],
    };
    run
}

fn kinds(runs: &Runs) -> Vec<&'static str> {
    runs.pending
        .iter()
        .map(|pending| match pending {
            Pending::Run { .. } => "run",
            Pending::Question { .. } => "question",
            Pending::Fence(_) => "fence",
            Pending::Protection { .. } => "protection",
        })
        .collect()
}

#[test]
fn a_held_run_is_pending_with_what_it_asks_and_the_fence_that_is_still_to_be_applied() {
    let runs = runs(&[run("held-at-fence", "failover-1", 0)]);
    assert_eq!(kinds(&runs), ["run", "question", "fence"]);
    let Pending::Fence(PendingFence { site, level, .. }) = &runs.pending[2] else {
        panic!("the last is the fence");
    };
    assert_eq!(
        (site.as_str(), *level),
        ("ohio", FenceLevel::IsolatedObserved)
    );
    let Pending::Question {
        code,
        people,
        said_yes,
        ..
    } = &runs.pending[1]
    else {
        panic!("the second is the question");
    };
    assert_eq!(
        (code.as_str(), *people, said_yes.len()),
        ("fence-unproven", 1, 0)
    );
}

#[test]
fn a_run_that_went_to_its_end_leaves_nothing_to_be_done() {
    let runs = runs(&[run("completed", "failover-1", 0)]);
    assert_eq!(kinds(&runs), Vec::<&str>::new());
    assert_eq!(runs.lines.len(), 1);
    assert_eq!(runs.lines[0].status, RunStatus::Completed);
}

#[test]
fn a_pending_fence_is_settled_by_a_newer_run_and_not_by_an_older_one() {
    let old = || aborted(run("held-at-fence", "failover-1", 0), "the standby");
    let alone = runs(&[old()]);
    assert_eq!(kinds(&alone), ["protection", "fence"]);
    let newer = runs(&[old(), run("completed", "failover-2", 1)]);
    assert_eq!(kinds(&newer), Vec::<&str>::new());
    let older = runs(&[run("completed", "failover-0", 0), {
        aborted(run("held-at-fence", "failover-1", 1), "the standby")
    }]);
    assert_eq!(kinds(&older), ["protection", "fence"]);
}

#[test]
fn a_run_that_was_undone_does_not_hide_what_the_one_before_left() {
    let left = aborted(run("held-at-fence", "failover-1", 0), "the standby");
    let runs = runs(&[run("unwound", "failover-2", 1), left]);
    let statuses: Vec<RunStatus> = runs.lines.iter().map(|line| line.status).collect();
    assert_eq!(statuses, [RunStatus::Unwound, RunStatus::Aborted]);
    assert!(runs.pending.iter().any(
        |pending| matches!(pending, Pending::Protection { what, .. } if what == "the standby")
    ));
}

#[test]
fn of_two_copies_of_a_journal_the_longer_one_counts_and_of_equal_ones_that_in_the_store() {
    let whole = |kept: Option<&str>| RunSeen {
        kept_at: kept.map(|site| site.parse().unwrap()),
        ..run("completed", "failover-1", 0)
    };
    let mut short = whole(Some("california"));
    journal(&mut short).records.truncate(4);
    for seen in [[short.clone(), whole(None)], [whole(None), short]] {
        let runs = runs(&seen);
        assert_eq!(runs.lines.len(), 1);
        assert_eq!(runs.lines[0].status, RunStatus::Completed);
    }
    for seen in [
        [whole(None), whole(Some("california"))],
        [whole(Some("california")), whole(None)],
    ] {
        assert!(runs(&seen).lines[0].kept_at.is_some());
    }
}

#[test]
fn the_last_runs_are_listed_newest_first_and_an_open_one_however_old() {
    let mut seen: Vec<RunSeen> = (1..10)
        .map(|day| run("completed", &format!("failover-{day}"), day))
        .collect();
    seen.push(run("held-at-fence", "failover-0", 0));
    let names: Vec<String> = runs(&seen)
        .lines
        .iter()
        .map(|line| line.run.to_string())
        .collect();
    let wanted = ["9", "8", "7", "6", "5", "0"].map(|day| format!("failover-{day}"));
    assert_eq!(names, wanted);
}

#[test]
fn a_step_that_was_under_way_when_another_took_the_run_over_is_named_as_in_doubt() {
    let mut doubtful = run("taken-over", "failover-1", 0);
    let journal = journal(&mut doubtful);
    let taken_over = journal
        .records
        .iter()
        .position(|record| matches!(record.event, Event::TakenOver { .. }))
        .unwrap();
    journal.records.truncate(taken_over + 1);
    let runs = runs(&[doubtful]);
    let Pending::Run { in_doubt, .. } = &runs.pending[0] else {
        panic!("the run is open");
    };
    assert_eq!(in_doubt.len(), 1);
    assert_eq!(in_doubt[0].as_str(), "promote-database");
}
