//! `/metrics` and `/healthz`.

use std::collections::{BTreeMap, BTreeSet};
use std::pin::Pin;
use std::sync::Arc;

use jiff::Timestamp;
use tokio::net::TcpListener;

use super::super::{router, text};
use super::{at, known};
use crate::adapter::observer::Room;
use crate::model::{Duration, Family, Severity};
use crate::port::Clock;
use crate::readiness::{Score, Tally};
use crate::watch::{Board, Job, Lag, Seen, Standing, Status};

/// It is always the same second.
struct Fixed(Timestamp);

impl Clock for Fixed {
    fn now(&self) -> Timestamp {
        self.0
    }

    fn sleep(&self, _: Duration) -> Pin<Box<dyn Future<Output = ()> + Send + 'static>> {
        Box::pin(std::future::pending())
    }
}

pub(super) fn status() -> Status {
    let class = known("database-class-differs", Severity::Blocking);
    let unknown = vec!["rds/instance at ohio: denied s3cret".to_owned()];
    let seen = Seen {
        standing: Standing::Incomplete {
            unknown,
            names: BTreeSet::new(),
        },
        began: at(),
        ended: at(),
        saw: Some(at()),
        complete: Some(Duration::from_mins(20).before(at())),
        findings: BTreeMap::from([(class.id.clone(), class)]),
        excused: 2,
    };
    let mut status = Board::new("shop".parse().unwrap()).status();
    let mut runs = seen.clone();
    status.jobs.insert(Job::Drift, seen);
    let fence = known(crate::watch::PENDING_FENCE, Severity::Blocking);
    runs.standing = Standing::Complete;
    runs.findings = BTreeMap::from([(fence.id.clone(), fence)]);
    status.jobs.insert(Job::Status, runs);
    status.took.insert(Job::Drift, Duration::from_millis(1500));
    status
        .next
        .insert(Job::Drift, Duration::from_mins(10).after(at()));
    status
        .overdue_from
        .insert(Job::Drift, Duration::from_mins(20).after(at()));
    status.rounds.insert((Job::Drift, "incomplete"), 3);
    (status.calls, status.throttled) = (166, 2);
    status.lags = vec![Lag {
        component: "database".parse().unwrap(),
        site: "california".parse().unwrap(),
        lag: Duration::from_millis(2500),
        measured: at(),
    }];
    let tally = Tally {
        holds: 7,
        violated: 1,
        unknown: 2,
        accepted: 0,
        nothing: 0,
    };
    status.score = Some(Score {
        percent: 70,
        all: tally,
        families: BTreeMap::from([(Family::Database, tally)]),
    });
    status.told.insert(("webhook-0a1b2c".to_owned(), "sent"), 4);
    status.pending.insert("webhook-0a1b2c".to_owned(), 1);
    status
}

#[test]
fn metrics_are_openmetrics_in_one_order_with_an_end() {
    insta::assert_snapshot!(text(&status(), at()).unwrap());
}

#[test]
fn no_text_of_a_finding_or_a_reason_stands_in_metrics() {
    let text = text(&status(), at()).unwrap();
    for word in ["class", "s3cret", "rds/instance", "mend"] {
        assert!(!text.contains(word), "{text}");
    }
    assert!(text.ends_with("# EOF\n"));
}

#[test]
fn a_watcher_that_has_seen_nothing_claims_nothing() {
    let board = Board::new("shop".parse().unwrap());
    let text = text(&board.status(), at()).unwrap();
    assert!(!text.contains("dr_findings{"), "{text}");
    assert!(
        !text.contains("dr_last_complete_timestamp_seconds{"),
        "{text}"
    );
    assert!(
        text.contains("dr_rounds_total{estate=\"shop\",report=\"drift\",standing=\"complete\"} 0")
    );
}

async fn get(port: u16, path: &str) -> (u16, String, String) {
    let answer = reqwest::get(format!("http://127.0.0.1:{port}{path}"))
        .await
        .unwrap();
    let kind = answer
        .headers()
        .get("content-type")
        .unwrap()
        .to_str()
        .unwrap()
        .to_owned();
    (answer.status().as_u16(), kind, answer.text().await.unwrap())
}

#[tokio::test]
async fn what_is_served_has_the_type_of_openmetrics_and_says_when_it_is_ill() {
    let board = Arc::new(Board::new("shop".parse().unwrap()));
    board.update(|shown| *shown = status());
    let serve = async |now: Timestamp| {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let app = router(board.clone(), Arc::new(Fixed(now)));
        tokio::spawn(async move { axum::serve(Room::new(listener), app).await });
        port
    };
    let port = serve(at()).await;
    let (code, kind, body) = get(port, "/metrics").await;
    assert_eq!(
        (code, kind.as_str()),
        (
            200,
            "application/openmetrics-text; version=1.0.0; charset=utf-8"
        )
    );
    assert_eq!(body, text(&status(), at()).unwrap());
    assert_eq!(get(port, "/healthz").await.0, 200);
    let late = serve(Duration::from_mins(20).after(at())).await;
    let (code, _, why) = get(late, "/healthz").await;
    assert_eq!(code, 503);
    assert!(
        why.contains("no round of drift saw anything since"),
        "{why}"
    );
    let (_, _, body) = get(late, "/metrics").await;
    assert!(body.contains("dr_healthy{estate=\"shop\"} 0"), "{body}");
}
