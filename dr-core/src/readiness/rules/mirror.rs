//! The Git server that a failover works from.

use super::super::{Facts, Found, Need, Outcome, Rule, Where};
use crate::model::{
    Family, Kind, Lineage, Observed, RepositoryState, ResourceKind, RuleDoc, Severity, Subject,
};

/// A mirror that lacks commits.
pub(super) const RULE: Rule = Rule {
    doc: RuleDoc::new(
        "mirror-behind",
        Family::Control,
        Severity::Slowing,
        [
            "the standby's Git mirror lacks commits of the primary's",
            "After a failover people work from an older source: what was fixed last is broken again with the next release.",
            "let the mirror fetch; look why it did not",
            "https://git-scm.com/docs/git-fetch",
        ],
    ),
    needs: &[Need::all(
        Where::Standby,
        ResourceKind::Ec2Instance,
        &["state"],
    )],
    check,
};

fn check(facts: &Facts<'_>) -> Vec<Outcome> {
    let mut outcomes = Vec::new();
    for component in facts.estate.of_kind(Kind::Repository) {
        let id = &component.id;
        outcomes.push(match facts.observed(id, "what its mirror holds") {
            Err(outcome) => outcome,
            Ok(Observed::Repository(state)) => of_mirror(facts, id, state),
            Ok(_) => Outcome::unclear(format!("{id} was read as something else"), "dr status"),
        });
    }
    if outcomes.is_empty() {
        outcomes.push(Outcome::Nothing("the estate has no repository".to_owned()));
    }
    outcomes
}

fn of_mirror(
    facts: &Facts<'_>,
    id: &crate::model::ComponentId,
    state: &RepositoryState,
) -> Outcome {
    let site = facts.standby();
    let subject = || Subject::Placed(id.clone(), site.clone());
    match state.lineage {
        Lineage::Complete => {
            Outcome::Holds(format!("{id}: {} commits, none is missing", state.commits))
        }
        Lineage::Behind => Found::new(
            subject(),
            format!(
                "it holds {} commits, the primary was last seen with {}",
                state.commits, state.last_seen_at_primary
            ),
        )
        .value(site, "commits", state.commits)
        .into(),
        Lineage::Diverged => Found::new(
            subject(),
            "it went another way: it lacks the primary's newest commit, and has others",
        )
        .value(site, "commits", state.commits)
        .fix("compare both histories by hand before anybody pushes")
        .into(),
        Lineage::Unknown => Outcome::unclear(
            format!("{id}: how its history relates to the primary's is not known"),
            "dr status",
        ),
    }
}
