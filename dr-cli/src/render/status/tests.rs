use dr_core::model::{FenceLevel, LeaseState, Region};
use dr_core::runbook::lock::Holder;
use dr_core::status::Unread;
use jiff::Timestamp;

use super::*;

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_767_225_600 + second).unwrap()
}

fn site(name: &str, role: Option<Role>, answers: bool) -> SiteStatus {
    SiteStatus {
        site: name.parse().unwrap(),
        region: "us-east-2".parse::<Region>().unwrap(),
        home_role: Role::Primary,
        role,
        role_was_read: answers,
        answers,
    }
}

/// Nothing is known and nothing is pending.
fn bare() -> Status {
    Status {
        format: dr_core::status::STATUS_FORMAT,
        estate: "shop".parse().unwrap(),
        simulated: false,
        at: at(0),
        complete: true,
        roles_unknown: None,
        sites: Vec::new(),
        rows: Vec::new(),
        leases: Vec::new(),
        clients: None,
        operator: None,
        runs: Vec::new(),
        pending: Vec::new(),
        set_aside: Vec::new(),
        gaps: Vec::new(),
    }
}

fn plain(status: &Status) -> String {
    text(status, Style::new(false), &str::to_owned)
}

#[test]
fn an_old_primary_is_told_until_it_is_gone_also_past_its_expiry() {
    let old = |id: &str, expires: Option<i64>| SetAside {
        component: "database".parse().unwrap(),
        site: "ohio".parse().unwrap(),
        id: id.to_owned(),
        since: at(-7200),
        expires: expires.map(at),
    };
    let told = plain(&Status {
        set_aside: vec![
            old("kept", Some(86_400)),
            old("past", Some(-60)),
            old("undated", None),
        ],
        ..bare()
    });
    for line in [
        "set aside     kept at ohio: old primary of database, set aside 2h ago; kept 1d more, until 2026-01-02 00:00:00 UTC",
        "past at ohio: old primary of database, set aside 2h ago; no longer needed since 2025-12-31 23:59:00 UTC: compare its last writes, then delete it",
        "undated at ohio: old primary of database, set aside 2h ago; no expiry written down",
    ] {
        assert!(told.contains(line), "{line}\n{told}");
    }
}

#[test]
fn what_was_not_read_is_named_with_its_reason() {
    let told = plain(&Status {
        complete: false,
        roles_unknown: Some("neither could be read".to_owned()),
        sites: vec![site("ohio", None, false)],
        gaps: vec![Unread {
            what: "runs kept at ohio".to_owned(),
            site: None,
            component: None,
            reason: "no answer within 10s".to_owned(),
        }],
        ..bare()
    });
    assert!(
        told.contains("roles         not known: neither could be read\n"),
        "{told}"
    );
    assert!(
        told.contains("not read      runs kept at ohio: no answer within 10s\n"),
        "{told}"
    );
    assert!(told.contains("ohio · role not known"), "{told}");
    assert!(told.contains("does not answer"), "{told}");
}

#[test]
fn a_role_that_follows_from_the_other_site_is_told_as_that() {
    let mut there = site("ohio", Some(Role::Primary), true);
    there.role_was_read = false;
    let told = plain(&Status {
        sites: vec![there],
        ..bare()
    });
    assert!(told.contains("by what the other site is"), "{told}");
}

#[test]
fn a_reason_that_a_question_tells_is_not_told_twice() {
    let run = "failover-1".parse::<dr_core::model::RunId>().unwrap();
    let told = plain(&Status {
        pending: vec![
            Pending::Run {
                run: run.clone(),
                status: RunStatus::Held,
                because: Some("may it?".to_owned()),
                under_way: Vec::new(),
                in_doubt: vec!["promote".parse().unwrap()],
            },
            Pending::Question {
                run: run.clone(),
                step: "approve".parse().unwrap(),
                code: "approval".to_owned(),
                text: "may it?".to_owned(),
                people: 2,
                said_yes: vec!["ada".to_owned()],
            },
            Pending::Fence(dr_core::status::PendingFence {
                run,
                site: "ohio".parse().unwrap(),
                level: FenceLevel::ByLease,
                since: at(-60),
                failed: None,
            }),
        ],
        ..bare()
    });
    assert_eq!(told.matches("may it?").count(), 1, "{told}");
    for line in [
        "pending       failover-1 is held; in doubt: promote\n",
        "failover-1 asks at approve (approval) [2 to say yes, ada did]: may it?\n",
        "fence of ohio: by-lease for 1m; failover-1 applies it when the site answers\n",
        "next          dr run show failover-1\n",
    ] {
        assert!(told.contains(line), "{line}\n{told}");
    }
}

#[test]
fn who_carries_a_run_out_and_until_when_the_holder_of_the_lease_may_write_is_told() {
    let told = plain(&Status {
        operator: Some(Holder {
            who: "ada".to_owned(),
            run: "failover-1".parse().unwrap(),
            until: at(42),
            nonce: String::new(),
        }),
        leases: vec![LeaseStatus {
            kept_at: Some("california".parse().unwrap()),
            state: LeaseState {
                holder: "ohio".parse().unwrap(),
                renewable: true,
                expires_at: at(30),
            },
            says: "ohio may write".to_owned(),
            tone: Tone::Good,
        }],
        ..bare()
    });
    assert!(
        told.contains("ada carries out failover-1, lock held for 42s more"),
        "{told}"
    );
    assert!(
        told.contains("write lease   ohio may write; kept at california"),
        "{told}"
    );
    assert!(told.contains("pending       nothing"), "{told}");
}
