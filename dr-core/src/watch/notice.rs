//! What people are told of a round.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::change::{Change, What};
use super::found::Job;
use super::state::{Standing, State};
use crate::drift::form::visible;
use crate::model::{EstateName, Severity, SiteId};

/// A text names so many changes and reasons; the rest is a number.
const NAMED: usize = 20;

/// What people are told of a round. Its JSON is the body of a webhook.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Notice {
    /// The version of this form: [`Notice::FORMAT`].
    pub format: u32,
    /// The same each time that it is sent: a receiver knows by it what it has heard already.
    pub id: String,
    /// The estate.
    pub estate: EstateName,
    /// What was looked at.
    pub job: Job,
    /// When the round ended.
    pub at: Timestamp,
    /// The site that takes the writes; unknown where nothing could be read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub primary: Option<SiteId>,
    /// The one that is to take over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub standby: Option<SiteId>,
    /// How much the round saw.
    pub standing: Standing,
    /// Whether that is another sort than before, or something else could not be read.
    pub standing_changed: bool,
    /// What changed.
    pub changes: Vec<Change>,
    /// How many findings there are now, by severity, as far as is known.
    pub open: BTreeMap<Severity, usize>,
    /// Whether everything was read, and nothing is left of what was told before.
    pub all_clear: bool,
}

/// What a notice is made from.
pub(super) struct About<'a> {
    pub(super) before: &'a State,
    pub(super) job: Job,
    pub(super) at: Timestamp,
    pub(super) standing: &'a Standing,
    pub(super) changes: &'a [Change],
    pub(super) sites: Option<&'a (SiteId, SiteId)>,
    pub(super) at_least: Severity,
}

impl Notice {
    /// The version of the form that this program writes. It grows when a reader of the old form would misread the new one.
    pub const FORMAT: u32 = 1;

    /// What is to be told, if anything is.
    pub(super) fn of(about: &About<'_>) -> Option<Self> {
        let seen = about.before.jobs.get(&about.job);
        let changes = about.changes.iter();
        let mut changes: Vec<Change> = changes
            .filter_map(|change| change.heard(about.at_least))
            .collect();
        // A first round that saw everything is what everybody expects.
        let standing_changed = match seen {
            None => *about.standing != Standing::Complete,
            Some(seen) => !seen.standing.is_like(about.standing),
        };
        if changes.is_empty() && !standing_changed {
            return None;
        }
        changes.sort_by(|a, b| {
            let order = |change: &Change| (change.what, change.finding.subject.clone());
            let worst = b.finding.severity.cmp(&a.finding.severity);
            worst.then_with(|| order(a).cmp(&order(b)))
        });
        let mut open = seen.map(|seen| seen.findings.clone()).unwrap_or_default();
        super::change::apply(&mut open, about.changes);
        let mut counts = BTreeMap::new();
        for finding in open.values() {
            *counts.entry(finding.severity).or_insert(0) += 1;
        }
        let is_heard =
            |(severity, count): (&Severity, &usize)| *severity >= about.at_least && *count > 0;
        Some(Self {
            format: Self::FORMAT,
            id: id(&about.before.estate, about.job, about.at),
            estate: about.before.estate.clone(),
            job: about.job,
            at: about.at,
            primary: about.sites.map(|(primary, _)| primary.clone()),
            standby: about.sites.map(|(_, standby)| standby.clone()),
            all_clear: *about.standing == Standing::Complete && !counts.iter().any(is_heard),
            standing: about.standing.clone(),
            standing_changed,
            changes,
            open: counts,
        })
    }

    /// What happened, in one line.
    pub fn title(&self) -> String {
        let what = match (&self.standing, self.standing_changed) {
            _ if self.all_clear => "all clear".to_owned(),
            (Standing::Failed { .. }, true) => {
                format!("{} could not be looked at", self.job.name())
            }
            (Standing::Incomplete { unknown, .. }, true) => {
                let things = if unknown.len() == 1 {
                    "thing"
                } else {
                    "things"
                };
                format!("{} {things} could not be read", unknown.len())
            }
            _ => self.summary(),
        };
        format!("{}: {what}", self.estate)
    }

    fn summary(&self) -> String {
        let kinds = [
            (What::New, "new"),
            (What::Worse, "worse"),
            (What::Eased, "eased"),
            (What::Gone, "gone"),
        ];
        let mut parts = Vec::new();
        for (what, word) in kinds {
            let count = self
                .changes
                .iter()
                .filter(|change| change.what == what)
                .count();
            if count > 0 {
                parts.push(format!("{count} {word}"));
            }
        }
        if parts.is_empty() {
            return "everything can be read again".to_owned();
        }
        let blocking = self.changes.iter().any(|change| {
            change.weighs() == Some(Severity::Blocking)
                && matches!(change.what, What::New | What::Worse)
        });
        let stops = if blocking {
            ", a failover would be stopped"
        } else {
            ""
        };
        format!("{} in {}{stops}", parts.join(", "), self.job.name())
    }

    /// The whole of it for people, without its title. What comes from the world steers nothing in it.
    pub fn text(&self) -> String {
        let mut text = String::new();
        match &self.standing {
            Standing::Failed { reason } => {
                let _ = writeln!(text, "Nothing could be read: {}\n", visible(reason));
            }
            Standing::Incomplete { unknown, .. } => {
                text.push_str("Not everything could be read; nothing is said about:\n");
                for reason in unknown.iter().take(NAMED) {
                    let _ = writeln!(text, "  {}", visible(reason));
                }
                rest(&mut text, unknown.len(), self.job);
                text.push('\n');
            }
            Standing::Complete => {}
        }
        for change in self.changes.iter().take(NAMED) {
            let finding = &change.finding;
            let what = match change.what {
                What::New => "new",
                What::Worse => "worse",
                What::Eased => "eased",
                What::Reworded => "changed",
                What::Gone => "gone",
            };
            let _ = writeln!(
                text,
                "{what}, {}: {} ({})\n  {}",
                finding.severity,
                visible(&finding.subject),
                finding.code,
                visible(&finding.message)
            );
            if change.what != What::Gone {
                let _ = writeln!(text, "  fix: {}", visible(&finding.fix));
            }
        }
        rest(&mut text, self.changes.len(), self.job);
        let counts: Vec<String> = self
            .open
            .iter()
            .rev()
            .map(|(severity, count)| format!("{count} {severity}"))
            .collect();
        let open = match (counts.is_empty(), &self.standing) {
            (true, Standing::Complete) => "none".to_owned(),
            (true, _) => "none that is known of".to_owned(),
            (false, _) => counts.join(", "),
        };
        let _ = write!(
            text,
            "Findings now: {open}. Notice {} of {}.",
            self.id, self.at
        );
        text
    }
}

fn rest(text: &mut String, count: usize, job: Job) {
    if let Some(more) = count.checked_sub(NAMED).filter(|more| *more > 0) {
        let _ = writeln!(text, "  and {more} more: dr {}", job.name());
    }
}

/// Sixteen digits of an estate, a job and an instant: no job of an estate has two rounds that end at once.
fn id(estate: &EstateName, job: Job, at: Timestamp) -> String {
    let digest = Sha256::digest(format!("{estate}\n{}\n{at}", job.name()).as_bytes());
    let mut id = String::new();
    for byte in &digest[..8] {
        let _ = write!(id, "{byte:02x}");
    }
    id
}
