//! Backups: what is left when both the primary and its replica hold the same wrong data.

use croner::Cron;
use std::str::FromStr as _;

use super::super::facts::{Database, instant, number};
use super::super::{Facts, Found, Need, Outcome, Rule, Where};
use crate::drift::Side;
use crate::model::{
    BackupPolicy, Duration, Family, Resource, ResourceKind as Kind, RuleDoc, Severity, Subject,
};

/// They are turned off.
pub(super) const OFF: Rule = Rule {
    doc: RuleDoc::new(
        "backups-off",
        Family::Database,
        Severity::Slowing,
        [
            "automated backups of the primary's database are off",
            "A deletion by mistake is replicated within seconds: without a backup nothing brings the data back. RDS also refuses to make a \
             replica of a database without them.",
            "set the retention to the days that the estate's policy keeps",
            "https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_ReadRepl.Create.html",
        ],
    ),
    needs: &[Need::all(
        Where::Primary,
        Kind::RdsInstance,
        &["backup-days"],
    )],
    check: off,
};

/// They are old.
pub(super) const STALE: Rule = Rule {
    doc: RuleDoc::new(
        "backup-stale",
        Family::Database,
        Severity::Slowing,
        [
            "the newest backup of a database is older than the estate's policy allows",
            "What is restored lacks everything since.",
            "look at the instance's events for why the last backup failed; take one by hand",
            "https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_WorkingWithAutomatedBackups.html",
        ],
    ),
    needs: &[
        Need::all(Where::Primary, Kind::RdsInstance, &["restorable-until"]),
        Need::all(Where::Primary, Kind::RdsSnapshot, &["created", "status"]),
    ],
    check: stale,
};

/// A backup that is due takes its time.
const TAKES: Duration = Duration::from_mins(120);

fn off(facts: &Facts<'_>) -> Vec<Outcome> {
    let databases = facts.databases();
    let mut outcomes = Vec::new();
    for database in &databases {
        let Some(instance) = facts.instance(Side::Primary, database) else {
            continue;
        };
        let site = facts.site(Side::Primary);
        outcomes.push(match number(instance, "backup-days") {
            Some(0) => Found::of(instance, format!("it keeps no backups in {site}"))
                .at(site, instance, "backup-days")
                .into(),
            Some(days) => Outcome::Holds(format!("{} keeps backups for {days} days", instance.id)),
            None => Outcome::unclear(
                format!(
                    "whether {} keeps backups does not stand in the scan",
                    instance.id
                ),
                "dr discover",
            ),
        });
    }
    if outcomes.is_empty() {
        outcomes.push(Outcome::Nothing(
            "no database of the estate was seen at the primary".to_owned(),
        ));
    }
    outcomes
}

fn stale(facts: &Facts<'_>) -> Vec<Outcome> {
    let databases = facts.databases();
    let mut outcomes: Vec<Outcome> = Vec::new();
    for policy in &facts.estate.backups {
        let database = databases
            .iter()
            .find(|database| *database.component == policy.component);
        if let Some(database) = database {
            outcomes.push(of_policy(facts, policy, database));
        }
    }
    if outcomes.is_empty() {
        outcomes.push(Outcome::Nothing(
            "the estate has no policy for a database".to_owned(),
        ));
    }
    outcomes
}

fn of_policy(facts: &Facts<'_>, policy: &BackupPolicy, database: &Database<'_>) -> Outcome {
    let id = &policy.component;
    let bound = &database.bound[Side::Primary.index()].instance;
    let of_database = |snapshot: &&Resource| {
        snapshot.text("instance") == Some(bound) && snapshot.text("status") == Some("available")
    };
    let snapshots = facts
        .all(Side::Primary, Kind::RdsSnapshot)
        .filter(of_database);
    let Some((created, newest)) = snapshots
        .filter_map(|s| Some((instant(s, "created")?, s)))
        .max_by_key(|(at, _)| *at)
    else {
        let subject = Subject::Placed(id.clone(), facts.site(Side::Primary).clone());
        return Found::new(subject, "it has no snapshot").absent().into();
    };
    // The one that was due after the newest must not be overdue.
    let zoned = created.to_zoned(jiff::tz::TimeZone::UTC);
    let due = Cron::from_str(policy.schedule.as_str())
        .ok()
        .and_then(|cron| cron.find_next_occurrence(&zoned, false).ok());
    let Some(due) = due else {
        return Outcome::unclear(
            format!(
                "{id}: when a backup is due cannot be told from `{}`",
                policy.schedule
            ),
            "correct the schedule in the estate",
        );
    };
    let overdue = TAKES.after(due.timestamp());
    if overdue >= facts.at {
        return Outcome::Holds(format!("{id}: {} of {created}", newest.id));
    }
    let message = format!(
        "its newest snapshot is of {created}, and another was due at {}",
        due.timestamp()
    );
    Found::of(newest, message)
        .at(facts.site(Side::Primary), newest, "created")
        .into()
}
