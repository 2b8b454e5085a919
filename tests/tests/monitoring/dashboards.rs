//! Grafana.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use dr_core::adapter::grafana::GrafanaServer;
use dr_core::adapter::{LocalSecrets, technology};
use dr_core::model::{Duration, GrafanaBinding, SecretRef, Technology};
use dr_core::port::{ErrorClass, Monitoring, Operation};
use serde_json::{Value as Json, json};

use crate::grafana::{Grafana, TOKEN, UID};
use crate::stage::{Jumping, california, here, ohio, permit, permit_for, wait};
use crate::web::{Asked, Sent, Web};

const OHIO: &str = "http://prometheus.ohio.internal:9090";
const CALIFORNIA: &str = "http://prometheus.california.internal:9090";

fn binding(url: &str, uid: &str, source_url: &str) -> GrafanaBinding {
    GrafanaBinding {
        url: url.to_owned(),
        data_source: uid.to_owned(),
        source_url: source_url.to_owned(),
        token: SecretRef::Env("GRAFANA_TOKEN".to_owned()),
    }
}

fn made(url: &str, uid: &str, token: &str) -> dr_core::port::PortResult<GrafanaServer> {
    let here = here(Technology::Grafana, Arc::new(Jumping::default()));
    let given = BTreeMap::from([("GRAFANA_TOKEN".to_owned(), token.into())]);
    let secrets = Arc::new(LocalSecrets::new(given));
    let peer = binding("https://grafana.california.example", uid, CALIFORNIA);
    GrafanaServer::new(here, &binding(url, uid, OHIO), &peer, secrets)
}

fn adapter(grafana: &Grafana) -> GrafanaServer {
    made(&grafana.web.url(), UID, TOKEN).unwrap()
}

fn changes(grafana: &Grafana) -> usize {
    let asked = grafana.web.asked();
    asked.iter().filter(|asked| asked.method != "GET").count()
}

#[test]
fn a_repointed_data_source_has_another_address_and_everything_else_as_it_was() {
    let grafana = Grafana::start(OHIO, CALIFORNIA);
    let server = adapter(&grafana);
    let before = wait(server.observe()).unwrap();
    assert_eq!(
        (before.watches, before.targets_up, before.targets),
        (ohio(), 0, 1)
    );
    assert_eq!(changes(&grafana), 0, "reading changes nothing");

    let mut wanted = grafana.source();
    wait(server.repoint(&california(), &permit())).unwrap();
    wanted["url"] = json!(CALIFORNIA);
    wanted["version"] = json!(4);
    assert_eq!(grafana.source(), wanted);
    assert_eq!(grafana.secrets()["basicAuthPassword"], json!("s3cret"));
    let after = wait(server.observe()).unwrap();
    assert_eq!((after.watches, after.targets_up), (california(), 1));

    wait(server.repoint(&california(), &permit())).unwrap();
    assert_eq!(grafana.source(), wanted, "twice is once");
    assert_eq!(changes(&grafana), 1);
}

#[test]
fn a_change_of_somebody_else_in_between_is_kept() {
    let grafana = Grafana::start(OHIO, CALIFORNIA);
    grafana.with(|held| held.raced = 1);
    wait(adapter(&grafana).repoint(&california(), &permit())).unwrap();
    let source = grafana.source();
    assert_eq!(source["url"], json!(CALIFORNIA));
    assert_eq!(source["jsonData"]["timeInterval"], json!("30s"));

    let busy = Grafana::start(OHIO, CALIFORNIA);
    busy.with(|held| held.raced = 100);
    let refused = wait(adapter(&busy).repoint(&california(), &permit())).unwrap_err();
    assert_eq!(refused.class, ErrorClass::Conflict, "{refused}");
    assert_eq!(changes(&busy), 3, "it gives up");
    assert_eq!(busy.source()["url"], json!(OHIO));
}

#[test]
fn a_condition_that_failed_is_a_conflict_like_an_old_version() {
    let message = json!({ "message": "precondition failed" });
    let web = Web::serve(move |asked| match asked.method.as_str() {
        "GET" => Sent::json(200, &json!({ "url": OHIO, "version": 1 })),
        _ => Sent::json(412, &message),
    });
    let refused = wait(
        made(&web.url(), UID, TOKEN)
            .unwrap()
            .repoint(&california(), &permit()),
    );
    assert_eq!(refused.unwrap_err().class, ErrorClass::Conflict);
}

#[test]
fn a_data_source_from_a_file_is_not_tried_to_be_changed() {
    let grafana = Grafana::start(OHIO, CALIFORNIA);
    grafana.with(|held| held.source["readOnly"] = json!(true));
    let refused = wait(adapter(&grafana).repoint(&california(), &permit())).unwrap_err();
    assert_eq!(refused.class, ErrorClass::Conflict);
    assert!(
        refused.message.contains("provisioned from a file"),
        "{refused}"
    );
    assert_eq!(changes(&grafana), 0);
}

#[test]
fn a_wrong_token_is_denied_and_appears_in_no_error() {
    let grafana = Grafana::start(OHIO, CALIFORNIA);
    let server = made(&grafana.web.url(), UID, "glsa_wr0ng").unwrap();
    let read = wait(server.observe()).unwrap_err();
    let changed = wait(server.repoint(&california(), &permit())).unwrap_err();
    for error in [read, changed] {
        assert_eq!(error.class, ErrorClass::Denied);
        assert!(error.message.contains("Invalid API key"), "{error}");
        assert!(
            !format!("{error} {error:?}").contains("glsa_wr0ng"),
            "{error}"
        );
    }
    assert_eq!(grafana.source()["url"], json!(OHIO));
}

#[test]
fn a_token_goes_only_where_nobody_else_can_read_it() {
    for url in [
        "http://grafana.internal:3000",
        "http://10.0.0.1",
        "ftp://127.0.0.1",
        "grafana",
    ] {
        let refused = made(url, UID, TOKEN).map(|_| ()).unwrap_err();
        assert_eq!(refused.class, ErrorClass::Invalid, "{url}");
    }
    let login = made("https://admin:s3cret@grafana.internal", UID, TOKEN).map(|_| ());
    assert!(!login.unwrap_err().to_string().contains("s3cret"));
    for url in [
        "https://grafana.internal/grafana/",
        "http://localhost:3000",
        "http://[::1]:3000",
    ] {
        assert!(made(url, UID, TOKEN).is_ok(), "{url}");
    }
}

#[test]
fn an_unknown_data_source_is_not_found_and_one_with_a_strange_address_can_be_repointed() {
    let grafana = Grafana::start("http://elsewhere:9090", CALIFORNIA);
    let unknown = made(&grafana.web.url(), "no-such", TOKEN).unwrap();
    assert_eq!(
        wait(unknown.observe()).unwrap_err().class,
        ErrorClass::NotFound
    );

    let server = adapter(&grafana);
    assert_eq!(
        wait(server.observe()).unwrap_err().class,
        ErrorClass::Conflict
    );
    wait(server.repoint(&california(), &permit())).unwrap();
    assert_eq!(wait(server.observe()).unwrap().watches, california());
}

#[test]
fn a_data_source_that_is_not_healthy_at_its_new_address_is_told_with_what_grafana_says() {
    let grafana = Grafana::start(OHIO, OHIO);
    let server = adapter(&grafana);
    let refused = wait(server.repoint(&california(), &permit())).unwrap_err();
    assert_eq!(refused.class, ErrorClass::Conflict);
    assert!(refused.message.contains("connection refused"), "{refused}");
    let seen = wait(server.observe()).unwrap();
    assert_eq!((seen.watches, seen.targets_up), (california(), 0));
}

#[test]
fn an_answer_to_a_change_that_was_lost_or_makes_no_sense_is_doubt_and_reading_resolves_it() {
    for lost in [
        Sent::html(500),
        Sent::torn(),
        Sent::raw(""),
        Sent::html(200),
    ] {
        let grafana = Grafana::start(OHIO, CALIFORNIA);
        grafana.with(|held| held.lost = Some(lost));
        let server = adapter(&grafana);
        let doubt = wait(server.repoint(&california(), &permit())).unwrap_err();
        assert_eq!(doubt.class, ErrorClass::Indeterminate, "{doubt}");
        assert_eq!(wait(server.observe()).unwrap().watches, california());
    }
}

#[test]
fn a_page_to_sign_in_and_answers_that_are_none_of_grafana_are_told_apart() {
    let cases = [
        (Sent::moved("/login?redirect=s3cret"), ErrorClass::Denied),
        (Sent::html(200), ErrorClass::Invalid),
        (
            Sent::json(200, &json!(["no", "object"])),
            ErrorClass::Invalid,
        ),
        (Sent::html(500), ErrorClass::Transient),
        (Sent::torn(), ErrorClass::Transient),
        (Sent::json(429, &json!({})), ErrorClass::Throttled),
    ];
    for (sent, class) in cases {
        let text = String::from_utf8_lossy(&sent.0).into_owned();
        let web = Web::always(sent);
        let server = made(&web.url(), UID, TOKEN).unwrap();
        let error = wait(server.observe()).unwrap_err();
        assert_eq!(error.class, class, "{text}: {error}");
        assert!(!error.to_string().contains("s3cret"), "{error}");
        let error = wait(server.repoint(&california(), &permit())).unwrap_err();
        assert_eq!(error.class, class, "{text}: {error}");
        assert!(web.asked().iter().all(|asked| asked.method == "GET"));
    }
}

#[test]
fn nothing_is_changed_past_the_end_of_the_lease() {
    let grafana = Grafana::start(OHIO, CALIFORNIA);
    let ended = permit_for(Duration::ZERO);
    let late = wait(adapter(&grafana).repoint(&california(), &ended)).unwrap_err();
    assert_eq!(late.class, ErrorClass::Conflict);
    assert_eq!(changes(&grafana), 0);
}

/// The names of what was asked, as the call tables have them.
fn names(asked: &[Asked]) -> BTreeSet<&'static str> {
    let source = format!("/api/datasources/uid/{UID}");
    let name = |asked: &Asked| {
        let below = asked.path.strip_prefix(&source).unwrap();
        match (asked.method.as_str(), below) {
            ("GET", "") => "GetDataSource",
            ("GET", "/health") => "CheckDataSourceHealth",
            ("PUT", "") => "UpdateDataSource",
            other => panic!("{other:?}"),
        }
    };
    asked.iter().map(name).collect()
}

/// What the tables declare of Grafana itself; the token's place is another service.
fn declared(operation: Operation) -> BTreeSet<&'static str> {
    let calls = technology::calls(Technology::Grafana, operation).iter();
    let own = calls.filter(|call| call.service == "grafana");
    own.map(|call| call.call).collect()
}

#[test]
fn what_is_called_is_what_the_tables_declare() {
    let grafana = Grafana::start(OHIO, CALIFORNIA);
    let server = adapter(&grafana);
    wait(server.observe()).unwrap();
    assert_eq!(names(&grafana.web.asked()), declared(Operation::Observe));
    grafana.web.forget();
    wait(server.repoint(&california(), &permit())).unwrap();
    assert_eq!(names(&grafana.web.asked()), declared(Operation::Repoint));
    let told = grafana.web.asked();
    let put = told.iter().find(|asked| asked.method == "PUT").unwrap();
    let sent: Json = serde_json::from_slice(&put.body).unwrap();
    assert_eq!(
        sent["version"],
        json!(3),
        "so that no other change is overwritten"
    );
}
