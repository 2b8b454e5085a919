//! Receivers of HTTP.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use secrecy::SecretString;
use serde_json::{Value as Json, json};
use sha2::{Digest, Sha256};
use tokio::net::TcpListener;

use super::super::pagerduty::Pagerduty;
use super::super::post::Post;
use super::super::slack::Slack;
use super::super::webhook::{Webhook, signature};
use super::{at, change, keeping, known, news, notice};
use crate::model::Severity::{Blocking, Slowing};
use crate::model::{SecretRef, SlackAddress};
use crate::watch::{Receive, SendError, Standing, What};

/// A request: its headers and its body.
type Request = (HeaderMap, Vec<u8>);

/// What was posted.
#[derive(Clone, Default)]
struct Posted(Arc<Mutex<Vec<Request>>>);

impl Posted {
    fn json(&self) -> Vec<Json> {
        let posted = self.0.lock().unwrap();
        posted
            .iter()
            .map(|(_, body)| serde_json::from_slice(body).unwrap())
            .collect()
    }
}

/// A server that answers everything so, after so long.
async fn server(status: u16, after: Duration) -> (String, Posted) {
    let posted = Posted::default();
    let answer = move |State(posted): State<Posted>, headers: HeaderMap, body: Bytes| async move {
        posted.0.lock().unwrap().push((headers, body.to_vec()));
        if !after.is_zero() {
            tokio::time::sleep(after).await;
        }
        let status = StatusCode::from_u16(status).unwrap();
        (
            status,
            [("location", "http://127.0.0.1:9/elsewhere")],
            "said s3cret",
        )
    };
    let app = Router::new()
        .route("/hook", post(answer))
        .with_state(posted.clone());
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/hook", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, app).await });
    (url, posted)
}

fn key() -> SecretRef {
    SecretRef::Env("KEY".to_owned())
}

fn webhook(url: &str) -> Webhook {
    Webhook {
        post: Post::of(Duration::from_millis(300)).unwrap(),
        url: url.parse().unwrap(),
        secret: key(),
        secrets: keeping("s3cret"),
    }
}

/// HMAC-SHA256 by its definition (RFC 2104), with another SHA-256 than the one that signs.
fn hmac(key: &[u8], message: &[u8]) -> String {
    let mut block = [0_u8; 64];
    if key.len() > 64 {
        block[..32].copy_from_slice(&Sha256::digest(key));
    } else {
        block[..key.len()].copy_from_slice(key);
    }
    let padded = |pad: u8| block.map(|byte| byte ^ pad).to_vec();
    let inner = Sha256::digest([padded(0x36), message.to_vec()].concat());
    let outer = Sha256::digest([padded(0x5c), inner.to_vec()].concat());
    outer.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[test]
fn the_independent_computation_gives_the_digest_of_the_standard() {
    // RFC 4231, test case 2.
    assert_eq!(
        hmac(b"Jefe", b"what do ya want for nothing?"),
        "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
    );
}

#[tokio::test]
async fn a_webhook_carries_the_notice_and_a_signature_of_its_second_and_body() {
    let (url, posted) = server(204, Duration::ZERO).await;
    let notice = news();
    webhook(&url).send(&notice, 0, at()).await.unwrap();
    let posted = posted.0.lock().unwrap();
    let (headers, body) = &posted[0];
    let header = |name: &str| headers[name].to_str().unwrap().to_owned();
    assert_eq!(header("content-type"), "application/json");
    assert_eq!(header("dr-notice"), notice.id);
    assert_eq!(header("dr-timestamp"), at().as_second().to_string());
    let signed = [format!("v1:{}:", at().as_second()).as_bytes(), body].concat();
    assert_eq!(
        header("dr-signature"),
        format!("v1={}", hmac(b"s3cret", &signed))
    );
    let read: crate::watch::Notice = serde_json::from_slice(body).unwrap();
    assert_eq!(read, notice);
}

#[test]
fn a_signature_hangs_on_key_second_and_body() {
    let key = |text: &str| SecretString::from(text);
    let one = signature(&key("a"), at(), b"body");
    let later = at() + jiff::SignedDuration::from_secs(1);
    assert_ne!(one, signature(&key("b"), at(), b"body"));
    assert_ne!(one, signature(&key("a"), later, b"body"));
    assert_ne!(one, signature(&key("a"), at(), b"bodY"));
}

#[tokio::test]
async fn what_a_person_can_mend_is_tried_again_and_a_refused_body_is_not() {
    for (status, never) in [
        (302, false),
        (400, true),
        (401, false),
        (404, false),
        (413, true),
        (422, true),
        (429, false),
        (500, false),
        (503, false),
    ] {
        let (url, posted) = server(status, Duration::ZERO).await;
        let error = webhook(&url).send(&news(), 0, at()).await.unwrap_err();
        let is_never = matches!(error, SendError::Never(_));
        assert_eq!(is_never, never, "{status}: {error}");
        assert!(error.to_string().contains(&status.to_string()), "{error}");
        assert!(!error.to_string().contains("s3cret"), "{error}");
        assert_eq!(posted.json().len(), 1, "one request, no redirect");
    }
}

#[tokio::test]
async fn who_answers_late_is_waited_for_and_who_answers_too_late_is_not() {
    let (slow, _) = server(200, Duration::from_millis(20)).await;
    webhook(&slow).send(&news(), 0, at()).await.unwrap();
    let (silent, _) = server(200, Duration::from_secs(600)).await;
    let error = webhook(&silent).send(&news(), 0, at()).await.unwrap_err();
    assert_eq!(error, SendError::Later("no answer in time".to_owned()));
}

#[tokio::test]
async fn nobody_there_and_a_secret_that_is_not_there_are_tried_again() {
    let closed = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/hook", closed.local_addr().unwrap());
    drop(closed);
    let error = webhook(&url).send(&news(), 0, at()).await.unwrap_err();
    assert_eq!(error, SendError::Later("no connection".to_owned()));

    let (url, posted) = server(200, Duration::ZERO).await;
    let unset = Webhook {
        secret: SecretRef::Env("UNSET".to_owned()),
        ..webhook(&url)
    };
    let error = unset.send(&news(), 0, at()).await.unwrap_err();
    assert!(matches!(error, SendError::Later(_)), "{error}");
    assert!(posted.json().is_empty(), "nothing goes unsigned");
}

#[tokio::test]
async fn slack_gets_text_in_which_nothing_is_a_mention_or_a_link() {
    let (url, posted) = server(200, Duration::ZERO).await;
    let slack = Slack {
        post: Post::new().unwrap(),
        address: SlackAddress::Secret(key()),
        secrets: keeping(&url),
    };
    slack.send(&news(), 0, at()).await.unwrap();
    let posted = posted.json();
    let text = posted[0]["text"].as_str().unwrap();
    assert!(text.starts_with("*shop: 1 new in drift"), "{text}");
    assert!(text.contains("&lt;!channel&gt; &amp; more"), "{text}");
    assert!(!text.contains("<!"), "{text}");
    assert!(!text.contains('\r'), "{text}");
    assert!(text.contains("more\\r\\nBcc: x"), "{text}");
}

#[tokio::test]
async fn a_message_to_slack_is_bounded_and_never_ends_in_half_an_escape() {
    let (url, posted) = server(200, Duration::ZERO).await;
    let slack = Slack {
        post: Post::new().unwrap(),
        address: SlackAddress::Plain(url.parse().unwrap()),
        secrets: keeping("unused"),
    };
    for filling in 0..8 {
        let mut finding = known("class", Blocking);
        finding.message = "x".repeat(filling) + &"<".repeat(5000);
        let told = notice(vec![change(What::New, None, finding)]);
        slack.send(&told, 0, at()).await.unwrap();
    }
    for body in posted.json() {
        let text = body["text"].as_str().unwrap();
        assert!(text.chars().count() < 4000);
        let half = text.split('&').skip(1).find(|part| !part.contains(';'));
        assert_eq!(half, None);
    }
}

#[tokio::test]
async fn an_address_of_slack_that_others_could_read_on_the_way_is_not_used() {
    for kept in ["http://hooks.example.com/T0/s3cret", "no address s3cret"] {
        let slack = Slack {
            post: Post::new().unwrap(),
            address: SlackAddress::Secret(key()),
            secrets: keeping(kept),
        };
        let error = slack.send(&news(), 0, at()).await.unwrap_err();
        assert!(!error.to_string().contains("s3cret"), "{error}");
    }
}

fn pagerduty(url: &str) -> Pagerduty {
    Pagerduty {
        post: Post::new().unwrap(),
        url: Some(url.parse().unwrap()),
        key: key(),
        secrets: keeping("R0UT1NG"),
    }
}

/// Sends every part of a notice, and tells how many that were.
async fn send_all(receiver: &Pagerduty, notice: &crate::watch::Notice) -> usize {
    let parts = receiver.parts(notice);
    for part in 0..parts {
        receiver.send(notice, part, at()).await.unwrap();
    }
    parts
}

#[tokio::test]
async fn an_incident_is_opened_for_what_stops_a_failover_and_closed_when_it_is_gone_or_eased() {
    let (url, posted) = server(202, Duration::ZERO).await;
    let pagerduty = pagerduty(&url);
    let mut told = notice(vec![
        change(What::Gone, Some(Blocking), known("gone", Blocking)),
        change(What::New, None, known("new", Blocking)),
        change(What::Worse, Some(Slowing), known("worse", Blocking)),
        change(What::New, None, known("slow", Slowing)),
        change(What::Eased, Some(Blocking), known("eased", Slowing)),
        change(What::Gone, Some(Slowing), known("slow-gone", Slowing)),
    ]);
    told.standing_changed = true;
    told.standing = Standing::Incomplete {
        unknown: vec!["ä".repeat(100_000); 5_000],
        names: BTreeSet::new(),
    };
    assert_eq!(send_all(&pagerduty, &told).await, 5);
    let bodies = posted.0.lock().unwrap().clone();
    let longest = bodies.iter().map(|(_, body)| body.len()).max().unwrap();
    assert!(longest < 512_000, "{longest}");
    let mut events = posted.json();
    let sight = events.remove(2);
    assert_eq!(sight["payload"]["custom_details"]["more"], json!(4_960));
    let short: Vec<(String, String)> = events
        .iter()
        .map(|event| {
            let text = |key: &str| event[key].as_str().unwrap().to_owned();
            (text("event_action"), text("dedup_key"))
        })
        .collect();
    let expected = [
        ("trigger", "new"),
        ("trigger", "worse"),
        ("resolve", "gone"),
        ("resolve", "eased"),
    ]
    .map(|(action, code)| {
        let id = known(code, Blocking).id;
        (action.to_owned(), format!("shop/drift/{id}"))
    });
    assert_eq!(short, expected);
    assert!(
        events
            .iter()
            .all(|event| event["routing_key"] == json!("R0UT1NG"))
    );
    assert_eq!(events[0]["payload"]["severity"], json!("critical"));
    assert_eq!(events[0]["payload"]["source"], json!("shop"));
}

#[tokio::test]
async fn a_scan_that_could_not_be_completed_is_an_incident_of_its_own() {
    let (url, posted) = server(202, Duration::ZERO).await;
    let pagerduty = pagerduty(&url);
    let mut told = notice(Vec::new());
    told.standing_changed = true;
    let reason = "no credentials".to_owned();
    for standing in [Standing::Failed { reason }, Standing::Complete] {
        told.standing = standing;
        assert_eq!(send_all(&pagerduty, &told).await, 1);
    }
    let events = posted.json();
    assert_eq!(events[0]["event_action"], json!("trigger"));
    assert_eq!(events[1]["event_action"], json!("resolve"));
    assert_eq!(events[0]["dedup_key"], events[1]["dedup_key"]);
}
