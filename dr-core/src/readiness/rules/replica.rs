//! The replica that a failover promotes.

use super::super::facts::Database;
use super::super::{Facts, Found, Need, Outcome, Rule, Where};
use crate::drift::Side;
use crate::model::{
    DatabaseStatus, Family, Observed, RdsStatus, Resource, ResourceKind as Kind, RuleDoc, Severity,
    Subject,
};

const PROMOTION: &str =
    "https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_ReadRepl.XRgn.html";

/// There is none.
pub(super) const MISSING: Rule = Rule {
    doc: RuleDoc::new(
        "replica-missing",
        Family::Database,
        Severity::Blocking,
        [
            "the standby has no database to promote",
            "Without a replica a failover restores a backup: it takes longer than the RTO allows, and loses more than the RPO.",
            "make the replica at the standby: apply the site's stack",
            PROMOTION,
        ],
    ),
    needs: &[Need::all(Where::Standby, Kind::RdsInstance, &[])],
    check: |facts| {
        facts.of_each_database(|facts, database| {
            let bound = &database.bound[Side::Standby.index()].instance;
            vec![match facts.instance(Side::Standby, database) {
                Some(instance) => {
                    Outcome::Holds(format!("{}: {}", database.component, instance.id))
                }
                None => Found::new(
                    Subject::Placed(database.component.clone(), facts.standby().clone()),
                    format!("the instance {bound} does not stand in {}", facts.standby()),
                )
                .absent()
                .into(),
            }]
        })
    },
};

/// It does not follow.
pub(super) const BROKEN: Rule = Rule {
    doc: RuleDoc::new(
        "replica-broken",
        Family::Database,
        Severity::Blocking,
        [
            "the standby's database is in a state from which it is not promoted, or does not replicate",
            "RDS promotes a replica that is available and not being backed up; one whose replication stopped has the data of the day \
             when it did.",
            "look at the instance's events; make the replica anew where its replication has ended",
            "https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_DBInstanceStatusInfo.html",
        ],
    ),
    needs: &[Need::all(
        Where::Standby,
        Kind::RdsInstance,
        &["status", "replication"],
    )],
    check: |facts| {
        facts.of_each_database(|facts, database| {
            vec![match facts.instance(Side::Standby, database) {
                Some(instance) => works(facts, instance),
                None => database.unseen(),
            }]
        })
    },
};

/// It follows another database.
pub(super) const ELSEWHERE: Rule = Rule {
    doc: RuleDoc::new(
        "replica-of-another",
        Family::Database,
        Severity::Blocking,
        [
            "the standby's database is no replica of the primary's",
            "What a failover would promote is another database, or one that went its own way.",
            "make a replica of the primary's database at the standby, or correct the bindings of the estate",
            PROMOTION,
        ],
    ),
    needs: &[Need::all(Where::Both, Kind::RdsInstance, &["replica-of"])],
    check: |facts| {
        facts.of_each_database(|facts, database| {
            vec![match facts.instance(Side::Standby, database) {
                Some(instance) => follows(facts, database, instance),
                None => database.unseen(),
            }]
        })
    },
};

/// It is behind.
pub(super) const BEHIND: Rule = Rule {
    doc: RuleDoc::new(
        "replica-behind-rpo",
        Family::Database,
        Severity::Blocking,
        [
            "the standby's database is further behind than the RPO allows",
            "A failover loses what the replica has not applied, or was committed since.",
            "find what holds replication back: a long transaction, a smaller class, a replication slot; dr status measures the lag",
            "https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_ReadRepl.Monitoring.html",
        ],
    ),
    needs: &[Need::all(Where::Standby, Kind::RdsInstance, &["status"])],
    check: |facts| facts.of_each_database(|facts, database| vec![lag(facts, database)]),
};

fn works(facts: &Facts<'_>, instance: &Resource) -> Outcome {
    use DatabaseStatus as S;

    let site = facts.standby();
    let status = instance.text("status").unwrap_or_default();
    let found = || Found::of(instance, format!("it is {status}")).at(site, instance, "status");
    match RdsStatus::read(status).status {
        S::Available => {}
        S::BackingUp | S::Creating | S::Rebooting => {
            let fix = "wait until it is available again: this state ends by itself";
            return found().only(Severity::Slowing).fix(fix).into();
        }
        S::Promoting => {
            let fix = "see who promotes it: dr run list, or the instance's events";
            return found().fix(fix).into();
        }
        S::Unavailable => {
            let fix = "look at the instance's events for why, and bring it back to available";
            return found().fix(fix).into();
        }
    }
    match instance.text("replication") {
        Some("replicating") => {
            Outcome::Holds(format!("{} is {status} and replicates", instance.id))
        }
        Some(other) => Found::of(instance, format!("its replication is {other}"))
            .at(site, instance, "replication")
            .into(),
        // RDS tells it of most engines, not of all.
        None => Outcome::Holds(format!("{} is {status}", instance.id)),
    }
}

fn follows(facts: &Facts<'_>, database: &Database<'_>, instance: &Resource) -> Outcome {
    let bound = &database.bound[Side::Primary.index()].instance;
    let source = instance.text("replica-of");
    // Within a region by its name, across regions by its ARN.
    let region = format!(":{}:", facts.region(Side::Primary));
    let is_source = |source: &str| {
        let of_primary = source.contains(&region) && source.ends_with(&format!(":db:{bound}"));
        source == bound.as_str() || of_primary
    };
    match source {
        Some(source) if is_source(source) => Outcome::Holds(format!(
            "{} is a replica of {bound} of {}",
            instance.id,
            facts.site(Side::Primary)
        )),
        Some(source) => Found::of(
            instance,
            format!("it is a replica of {source}, not of {bound}"),
        )
        .at(facts.standby(), instance, "replica-of")
        .into(),
        None => Found::of(instance, "it is no replica: it takes writes of its own")
            .at(facts.standby(), instance, "replica-of")
            .absent()
            .into(),
    }
}

/// A lag is measured by a reader of the database or by `CloudWatch`, never by a scan.
fn lag(facts: &Facts<'_>, database: &Database<'_>) -> Outcome {
    let id = database.component;
    let site = facts.standby();
    let state = match facts.observed(id, "how far the replica is behind") {
        Ok(Observed::Database(state)) => state,
        Ok(_) => return Outcome::unclear(format!("{id} was read as something else"), "dr status"),
        Err(outcome) => return outcome,
    };
    let Some(replication) = &state.replication else {
        return Outcome::unclear(
            format!("{id}: nobody measured how far it is behind"),
            "give the binding a `login`, or wait for CloudWatch's next minute",
        );
    };
    let (lag, rpo) = (replication.lag, facts.estate.objectives.rpo);
    if lag <= rpo {
        return Outcome::Holds(format!("{id}: {lag} behind, {rpo} allowed"));
    }
    Found::new(
        Subject::Placed(id.clone(), site.clone()),
        format!(
            "it was {lag} behind at {}, and the RPO is {rpo}",
            replication.measured_at
        ),
    )
    .value(site, "lag", lag.to_string())
    .into()
}
