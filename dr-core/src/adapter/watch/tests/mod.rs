//! Receivers that are real servers on this machine, and what a watcher answers.

mod mail;
mod packaged;
mod served;
mod web;

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use secrecy::SecretString;

use crate::adapter::{LocalSecrets, Secrets};
use crate::drift::FindingId;
use crate::model::Severity;
use crate::watch::{Change, Job, Known, Notice, Standing, What};

fn at() -> Timestamp {
    "2026-11-21T12:00:00Z".parse().unwrap()
}

/// What this machine keeps: `env:KEY`.
fn keeping(key: &str) -> Arc<dyn Secrets> {
    let given = BTreeMap::from([("KEY".to_owned(), SecretString::from(key))]);
    Arc::new(LocalSecrets::new(given))
}

fn known(code: &str, severity: Severity) -> Known {
    Known {
        id: FindingId::new(code, "estate", None),
        severity,
        code: code.to_owned(),
        subject: "database: rds/instance main".to_owned(),
        message: format!("{code} <!channel> & more\r\nBcc: x"),
        fix: "mend it".to_owned(),
        kind: None,
        attribute: None,
        is_surely_paired: false,
    }
}

fn change(what: What, was: Option<Severity>, finding: Known) -> Change {
    Change { what, was, finding }
}

fn notice(changes: Vec<Change>) -> Notice {
    Notice {
        format: Notice::FORMAT,
        id: "00ff00ff00ff00ff".to_owned(),
        estate: "shop".parse().unwrap(),
        job: Job::Drift,
        at: at(),
        primary: None,
        standby: None,
        standing: Standing::Complete,
        standing_changed: false,
        changes,
        open: BTreeMap::new(),
        all_clear: false,
    }
}

fn news() -> Notice {
    let class = known("database-class-differs", Severity::Blocking);
    notice(vec![change(What::New, None, class)])
}
