//! Prometheus.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration as Wall;

use dr_core::adapter::local::SystemClock;
use dr_core::adapter::prometheus::PrometheusServer;
use dr_core::adapter::technology;
use dr_core::model::{Duration, MonitoringState, PrometheusBinding, Technology};
use dr_core::port::{Clock, ErrorClass, Monitoring, Operation, PortResult};
use serde_json::json;

use crate::prometheus::{Prometheus, Setup, free_port};
use crate::stage::{Jumping, california, here, ohio, permit, permit_for, wait};
use crate::web::{Asked, Sent, Web};

/// What is scraped at ohio and at california.
struct Scraped {
    ohio: Vec<String>,
    california: Vec<String>,
}

fn binding(url: &str, file: &Path, targets: &[String]) -> PrometheusBinding {
    PrometheusBinding {
        url: url.to_owned(),
        targets_file: file.to_str().unwrap().to_owned(),
        targets: targets.to_vec(),
        dead_man: Some("Watchdog".to_owned()),
    }
}

fn adapter(url: &str, file: &Path, scraped: &Scraped, clock: Arc<dyn Clock>) -> PrometheusServer {
    let here = here(Technology::Prometheus, clock);
    let own = binding(url, file, &scraped.ohio);
    let peer = binding("http://elsewhere.example", file, &scraped.california);
    PrometheusServer::new(here, &own, &peer).unwrap()
}

/// A target that can be scraped.
fn target() -> Web {
    Web::always(Sent::page(200, "text/plain; version=0.0.4", "served 1\n"))
}

/// Reads until `holds`, for half a minute at most.
fn until(server: &PrometheusServer, holds: impl Fn(&MonitoringState) -> bool) -> MonitoringState {
    let mut last = None;
    for _ in 0..150 {
        let seen = wait(server.observe());
        match seen {
            Ok(seen) if holds(&seen) => return seen,
            other => last = Some(other),
        }
        std::thread::sleep(Wall::from_millis(200));
    }
    panic!("it never came to that: {last:?}");
}

#[test]
fn a_repointed_prometheus_scrapes_the_new_site_and_nothing_of_the_old_one() {
    let (old, new) = (target(), target());
    let dead = format!("127.0.0.1:{}", free_port());
    let scraped = Scraped {
        ohio: vec![old.address()],
        california: vec![new.address(), dead],
    };
    let prometheus = Prometheus::start(&Setup {
        alert_manager: true,
        reloads: false,
        reads: "dr.json",
        targets: &scraped.ohio,
    });
    let file = prometheus.targets_file();
    let server = adapter(&prometheus.url(), &file, &scraped, Arc::new(SystemClock));
    let before = until(&server, |seen| {
        seen.targets_up == 1 && seen.unheard.is_none()
    });
    assert_eq!((before.watches, before.targets), (ohio(), 1));
    assert!(!old.asked().is_empty());
    assert!(new.asked().is_empty());

    wait(server.repoint(&california(), &permit())).unwrap();
    let at_once = wait(server.observe()).unwrap();
    assert_eq!((at_once.watches, at_once.targets), (california(), 2));
    until(&server, |seen| seen.targets_up == 1);
    assert_eq!(new.asked()[0].path, "/metrics");
    old.forget();

    let written = fs::metadata(&file).unwrap().ino();
    wait(server.repoint(&california(), &permit())).unwrap();
    assert_eq!(
        fs::metadata(&file).unwrap().ino(),
        written,
        "once is enough"
    );
    assert!(old.asked().is_empty(), "the old site is scraped no more");

    drop(new);
    let lost = until(&server, |seen| seen.targets_up == 0);
    assert_eq!(lost.watches, california());
}

#[test]
fn what_has_no_alert_manager_is_heard_by_nobody() {
    let old = target();
    let scraped = Scraped {
        ohio: vec![old.address()],
        california: vec!["california.example:80".to_owned()],
    };
    let prometheus = Prometheus::start(&Setup {
        alert_manager: false,
        reloads: false,
        reads: "dr.json",
        targets: &scraped.ohio,
    });
    let file = prometheus.targets_file();
    let server = adapter(&prometheus.url(), &file, &scraped, Arc::new(SystemClock));
    let seen = until(&server, |seen| seen.targets_up == 1);
    assert_eq!(
        seen.unheard.as_deref(),
        Some("it sends its alerts to no alert manager")
    );
}

/// The names of what was asked, as the call tables have them.
fn names(asked: &[Asked]) -> BTreeSet<&'static str> {
    let name = |asked: &Asked| match (asked.method.as_str(), asked.path.as_str()) {
        ("GET", "/api/v1/targets") => "GetTargets",
        ("GET", "/api/v1/query") => "Query",
        ("GET", "/api/v1/alertmanagers") => "GetAlertManagers",
        ("GET", "/api/v1/alerts") => "GetAlerts",
        ("POST", "/-/reload") => "Reload",
        other => panic!("{other:?}"),
    };
    asked.iter().map(name).collect()
}

fn declared(operation: Operation) -> BTreeSet<&'static str> {
    let calls = technology::calls(Technology::Prometheus, operation);
    calls.iter().map(|call| call.call).collect()
}

#[test]
fn what_is_called_is_what_the_tables_declare_and_reading_changes_nothing() {
    let old = target();
    let scraped = Scraped {
        ohio: vec![old.address()],
        california: vec!["california.example:80".to_owned()],
    };
    let prometheus = Prometheus::start(&Setup {
        alert_manager: true,
        reloads: true,
        reads: "dr.json",
        targets: &scraped.ohio,
    });
    let front = Web::before(prometheus.port);
    let file = prometheus.targets_file();
    let server = adapter(&front.url(), &file, &scraped, Arc::new(SystemClock));
    until(&server, |seen| seen.targets_up == 1);
    assert_eq!(names(&front.asked()), declared(Operation::Observe));
    assert!(front.asked().iter().all(|asked| asked.method == "GET"));

    // This one reads another file, so it never notices and is asked to reload. Time jumps: nobody waits for it.
    let deaf = Prometheus::start(&Setup {
        alert_manager: true,
        reloads: true,
        reads: "another.json",
        targets: &scraped.ohio,
    });
    let front = Web::before(deaf.port);
    let file = deaf.targets_file();
    let server = adapter(&front.url(), &file, &scraped, Arc::new(Jumping::default()));
    let before = fs::read(&file).unwrap();
    wait(server.repoint(&california(), &permit())).unwrap_err();
    let mut called = names(&front.asked());
    assert_ne!(fs::read(&file).unwrap(), before);
    called.insert("WriteTargets");
    assert_eq!(called, declared(Operation::Repoint));
}

#[test]
fn a_prometheus_that_reads_another_file_is_told_with_what_can_be_done() {
    let scraped = Scraped {
        ohio: vec!["ohio.example:80".to_owned()],
        california: vec!["california.example:80".to_owned()],
    };
    for (reloads, wanted) in [
        (true, "does a `file_sd_configs` of it name that file"),
        (false, "--web.enable-lifecycle"),
    ] {
        let prometheus = Prometheus::start(&Setup {
            alert_manager: true,
            reloads,
            reads: "another.json",
            targets: &scraped.ohio,
        });
        let file = prometheus.targets_file();
        let clock = Arc::new(Jumping::default());
        let server = adapter(&prometheus.url(), &file, &scraped, clock);
        let unread = wait(server.observe()).unwrap_err();
        assert_eq!(unread.class, ErrorClass::Conflict, "{unread}");
        let refused = wait(server.repoint(&california(), &permit())).unwrap_err();
        assert_eq!(refused.class, ErrorClass::Conflict);
        assert!(refused.message.contains(wanted), "{refused}");
    }
}

/// What reading says of a server that answers so.
fn read(sent: Sent) -> PortResult<MonitoringState> {
    let web = Web::always(sent);
    let scraped = Scraped {
        ohio: vec!["ohio.example:80".to_owned()],
        california: vec!["california.example:80".to_owned()],
    };
    let file = Path::new("/nowhere/dr.json");
    wait(adapter(&web.url(), file, &scraped, Arc::new(SystemClock)).observe())
}

#[test]
fn an_answer_that_is_none_of_prometheus_is_an_error_of_the_right_class() {
    let cases = [
        (Sent::html(500), ErrorClass::Transient),
        (Sent::html(503), ErrorClass::Transient),
        (Sent::torn(), ErrorClass::Transient),
        (Sent::raw(""), ErrorClass::Transient),
        (Sent::html(200), ErrorClass::Invalid),
        (
            Sent::json(200, &json!({"status": "success"})),
            ErrorClass::Invalid,
        ),
        (
            Sent::json(400, &json!({"error": "no"})),
            ErrorClass::Invalid,
        ),
        (Sent::html(401), ErrorClass::Denied),
        (Sent::moved("/login?token=s3cret"), ErrorClass::Denied),
        (Sent::html(404), ErrorClass::NotFound),
        (Sent::html(429), ErrorClass::Throttled),
    ];
    for (sent, class) in cases {
        let text = String::from_utf8_lossy(&sent.0).into_owned();
        let error = read(sent).unwrap_err();
        assert_eq!(error.class, class, "{text}: {error}");
        assert!(!error.to_string().contains("s3cret"), "{error}");
        assert!(!error.to_string().contains('<'), "{error}");
    }
}

#[test]
fn a_prometheus_that_is_not_there_or_never_answers_is_given_up_in_time() {
    let scraped = Scraped {
        ohio: vec!["ohio.example:80".to_owned()],
        california: vec!["california.example:80".to_owned()],
    };
    let file = Path::new("/nowhere/dr.json");
    let gone = format!("http://127.0.0.1:{}", free_port());
    // Nobody takes the connections of this one.
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let hangs = format!("http://{}", silent.local_addr().unwrap());
    for url in [gone, hangs] {
        let server = adapter(&url, file, &scraped, Arc::new(SystemClock));
        let started = SystemClock.now();
        let error = wait(server.observe()).unwrap_err();
        assert_eq!(error.class, ErrorClass::Transient, "{error}");
        let took = Duration::between(started, SystemClock.now());
        assert!(took < Duration::from_secs(8), "{took}");
    }
}

#[test]
fn nothing_is_written_past_the_end_of_the_lease_or_for_a_site_that_is_none() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("dr.json");
    let scraped = Scraped {
        ohio: vec!["ohio.example:80".to_owned()],
        california: vec!["california.example:80".to_owned()],
    };
    let server = adapter("http://127.0.0.1:9", &file, &scraped, Arc::new(SystemClock));
    let ended = permit_for(Duration::ZERO);
    let late = wait(server.repoint(&california(), &ended)).unwrap_err();
    assert_eq!(late.class, ErrorClass::Conflict);
    let unknown = wait(server.repoint(&"oregon".parse().unwrap(), &permit())).unwrap_err();
    assert_eq!(unknown.class, ErrorClass::Invalid);
    assert!(!file.exists());

    // Written, and then it cannot be seen whether it was noticed: that is doubt.
    let doubt = wait(
        adapter(
            "http://127.0.0.1:9",
            &file,
            &scraped,
            Arc::new(Jumping::default()),
        )
        .repoint(&california(), &permit()),
    );
    assert_eq!(doubt.unwrap_err().class, ErrorClass::Indeterminate);
    assert!(file.exists());
}
