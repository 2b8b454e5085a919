//! What a watcher says of what runs have left to be done.

use super::stage::{Play, at};
use crate::model::Severity::Blocking;
use crate::model::{FenceLevel, PendingFence, Unread};
use crate::watch::{Found, Job, Standing, Watcher, What};

fn fence() -> PendingFence {
    PendingFence {
        run: "failover-20261121-114233-1f0c".parse().unwrap(),
        site: "ohio".parse().unwrap(),
        level: FenceLevel::ByLease,
        since: at("11:44:00"),
        failed: None,
    }
}

fn unread() -> Unread {
    Unread {
        what: "runs kept at ohio".to_owned(),
        site: Some("ohio".parse().unwrap()),
        component: None,
        reason: "no answer within 10s".to_owned(),
    }
}

/// One that looks at runs every ten minutes, and at nothing else.
fn watcher(play: &Play) -> Watcher {
    let mut watcher = play.watcher();
    watcher.watch.drift = watcher.watch.ready.clone();
    watcher.watch.status = "*/10 * * * *".parse().unwrap();
    watcher
}

fn left(play: &Play, from: &str, fences: &[PendingFence], unread: &[Unread]) {
    let left = (fences.to_vec(), unread.to_vec());
    play.stage.runs.lock().unwrap().insert(at(from), left);
}

#[test]
fn a_fence_that_is_pending_is_told_once_with_its_run_and_once_when_it_is_applied() {
    let play = Play::new(&["ear"]);
    left(&play, "12:05:00", &[fence()], &[]);
    left(&play, "12:35:00", &[], &[]);
    let mut watcher = watcher(&play);
    play.until(&mut watcher, "12:31:00");
    assert_eq!(watcher.state.jobs[&Job::Status].count(Blocking), 1);
    play.until(&mut watcher, "13:30:00");
    assert_eq!(
        play.ear("ear").titles()[..],
        [
            "12:10:00 shop: 1 new in status, a failover would be stopped",
            "12:40:00 shop: all clear"
        ]
    );
    let heard = play.ear("ear").heard.lock().unwrap();
    let text = heard[0].1.text();
    assert!(
        text.contains("dr run resume failover-20261121-114233-1f0c"),
        "{text}"
    );
    assert_eq!(heard[1].1.changes[0].what, What::Gone);
}

#[test]
fn a_fence_is_not_gone_while_the_runs_of_a_lost_site_cannot_be_read() {
    let play = Play::new(&["ear"]);
    left(&play, "12:05:00", &[fence()], &[unread()]);
    left(&play, "12:15:00", &[], &[unread()]);
    let mut watcher = watcher(&play);
    play.until(&mut watcher, "12:55:00");
    let seen = &watcher.state.jobs[&Job::Status];
    assert_eq!(seen.count(Blocking), 1);
    assert!(matches!(seen.standing, Standing::Incomplete { .. }));
    assert_eq!(play.ear("ear").titles().len(), 1, "both are in one notice");
    let found = Found::status(&[fence()], &[]);
    assert!(found.is_complete() && found.sites.is_none());
}

#[test]
fn a_fence_that_could_not_be_applied_is_told_with_the_reason_once_and_is_gone_with_the_fence() {
    let play = Play::new(&["ear"]);
    let failed = PendingFence {
        failed: Some("RebootDBInstance was denied".to_owned()),
        ..fence()
    };
    left(&play, "12:05:00", &[fence()], &[]);
    left(&play, "12:15:00", &[failed], &[]);
    left(&play, "12:45:00", &[], &[]);
    let mut watcher = watcher(&play);
    play.until(&mut watcher, "13:30:00");
    let heard = play.ear("ear").heard.lock().unwrap();
    let said: Vec<String> = heard.iter().map(|(_, notice)| notice.text()).collect();
    assert_eq!(said.len(), 3, "{said:#?}");
    assert!(
        said[1].contains("RebootDBInstance was denied"),
        "{}",
        said[1]
    );
    assert!(said[1].contains("--until-fenced"), "{}", said[1]);
    assert_eq!(heard[2].1.changes.len(), 2, "both are gone");
}
