//! The report as one self-contained page: no script, no font, no image, no network.
//!
//! The templates escape every text (`askama`); only the drawing is put in as it is, and it escapes its own.

use askama::Template;

use super::chart;
use super::document::Report;
use super::measure::{Judgement, Measured};
use super::people::{DecisionKind, DecisionReport};
use super::stage::StageReport;
use super::step::{StepReport, status_words};
use super::timeline;
use super::verdict::{Protection, Tone};
use super::words::{self, TimeOfDay as _, Words as _};
use crate::model::{Duration, FenceLevel, Mode, Severity, SiteId};
use crate::port::Place;
use crate::runbook::StepStatus;

/// A word with a sign and a colour: never the colour alone.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Badge {
    /// The class: `good`, `attention`, `bad`, `open`, `plain`.
    class: &'static str,
    sign: &'static str,
    words: String,
}

impl Badge {
    fn new(tone: Tone, words: impl Into<String>) -> Self {
        let (class, sign) = match tone {
            Tone::Good => ("good", "✓"),
            Tone::Attention => ("attention", "!"),
            Tone::Bad => ("bad", "✕"),
            Tone::Open => ("open", "…"),
        };
        Self {
            class,
            sign,
            words: words.into(),
        }
    }

    fn plain(words: impl Into<String>) -> Self {
        Self {
            class: "plain",
            sign: "–",
            words: words.into(),
        }
    }
}

/// What is shown as a badge.
trait ToBadge {
    fn badge(&self) -> Badge;
}

impl ToBadge for Judgement {
    fn badge(&self) -> Badge {
        match self {
            Self::Met => Badge::new(Tone::Good, self.words()),
            Self::Missed => Badge::new(Tone::Bad, self.words()),
            Self::NotShown => Badge::new(Tone::Attention, self.words()),
            Self::NotApplicable => Badge::plain(self.words()),
        }
    }
}

impl ToBadge for StepStatus {
    fn badge(&self) -> Badge {
        let words = status_words(*self);
        match self {
            Self::Succeeded => Badge::new(Tone::Good, words),
            Self::Failed | Self::UndoFailed => Badge::new(Tone::Bad, words),
            Self::InDoubt | Self::Skipped | Self::Undone => Badge::new(Tone::Attention, words),
            Self::Started | Self::UndoStarted => Badge::new(Tone::Open, words),
            Self::Pending => Badge::plain(words),
        }
    }
}

impl ToBadge for FenceLevel {
    fn badge(&self) -> Badge {
        let tone = if self.allows_promotion() {
            Tone::Good
        } else {
            Tone::Attention
        };
        Badge::new(tone, self.to_string())
    }
}

impl ToBadge for Severity {
    fn badge(&self) -> Badge {
        match self {
            Self::Notice => Badge::plain(self.to_string()),
            Self::Slowing => Badge::new(Tone::Attention, self.to_string()),
            Self::Blocking => Badge::new(Tone::Bad, self.to_string()),
        }
    }
}

impl ToBadge for DecisionKind {
    fn badge(&self) -> Badge {
        let tone = if self.is_override() {
            Tone::Attention
        } else {
            Tone::Good
        };
        Badge::new(tone, self.words())
    }
}

/// One of the big figures of the first screen.
struct Figure {
    name: &'static str,
    qualifier: &'static str,
    value: String,
    /// The value is words, not a figure.
    words_only: bool,
    badge: Option<Badge>,
    facts: Vec<String>,
}

impl Figure {
    fn measured(name: &'static str, measured: &Measured, judgement: Option<Judgement>) -> Self {
        Self {
            name,
            qualifier: measured.qualifier(),
            value: measured.words(),
            words_only: measured.value().is_none(),
            badge: judgement
                .filter(|judgement| *judgement != Judgement::NotApplicable)
                .map(|judgement| judgement.badge()),
            facts: Vec::new(),
        }
    }
}

#[derive(Template)]
#[template(path = "report.html")]
struct Page<'a> {
    report: &'a Report,
    verdict: Badge,
    duration: String,
    figures: Vec<Figure>,
    drawing: String,
    protection: Protected<'a>,
    overrides: Vec<&'a DecisionReport>,
    approvals: Vec<&'a DecisionReport>,
}

struct Protected<'a> {
    badge: Badge,
    items: &'a [String],
    says: &'a str,
}

impl Page<'_> {
    fn mode(&self) -> &'static str {
        match self.report.run.mode {
            Mode::Planned => "planned: both sites answer, no loss is allowed",
            Mode::Unplanned => "unplanned: the primary is lost or in doubt",
        }
    }

    fn region(&self, id: &SiteId) -> &str {
        self.report
            .run
            .sites
            .iter()
            .find(|site| site.id == *id)
            .map_or("", |site| site.region.as_str())
    }

    fn place(&self, place: &Place) -> String {
        match place {
            Place::Site(site) => format!("{site} ({})", self.region(site)),
            Place::Global => "global, answered everywhere".to_owned(),
            Place::GlobalControl => "global control plane (us-east-1)".to_owned(),
        }
    }

    /// Predicted against actual as a share of the longer, for the bars of the table.
    fn share(&self, length: &Duration) -> String {
        let longest = self
            .report
            .stages
            .iter()
            .flat_map(|stage| [Some(stage.predicted), stage.took])
            .flatten()
            .max()
            .unwrap_or_default();
        let hundredths = (length.as_millis().saturating_mul(1000))
            .checked_div(longest.as_millis())
            .unwrap_or(0);
        format!("{}.{}", hundredths / 10, hundredths % 10)
    }

    fn difference(&self, stage: &StageReport) -> String {
        let Some(took) = stage.took else {
            return "–".to_owned();
        };
        if took > stage.predicted {
            format!("+{}", words::figure(took - stage.predicted))
        } else if took < stage.predicted {
            format!("−{}", words::figure(stage.predicted - took))
        } else {
            "none".to_owned()
        }
    }

    fn how(&self, step: &StepReport) -> String {
        let mut parts = Vec::new();
        if step.found_done && step.attempts > 0 {
            parts.push("read back as done".to_owned());
        } else if step.found_done {
            parts.push("found done, nothing was changed".to_owned());
        } else if step.attempts > 1 {
            parts.push(words::count(u64::from(step.attempts), "attempt"));
        }
        if step.pivot {
            parts.push("pivot".to_owned());
        }
        parts.join("; ")
    }
}

fn figures(report: &Report, approvals: &[&DecisionReport]) -> Vec<Figure> {
    let time = &report.recovery_time;
    let mut recovery = Figure::measured("Recovery time", &time.achieved, Some(time.judgement));
    recovery.facts = vec![
        format!("RTO objective {}", words::figure(time.objective)),
        format!("predicted {}", words::figure(time.predicted)),
    ];
    let loss = &report.data_loss;
    let mut data = Figure::measured("Data loss", &loss.achieved, Some(loss.judgement));
    data.facts = vec![
        format!("RPO objective {}", words::figure(loss.objective)),
        loss.says.clone(),
    ];
    let mut clients = Figure::measured("Client downtime", &report.clients.total, None);
    clients.facts = vec![report.clients.total.basis().to_owned()];
    vec![recovery, data, clients, approved(report, approvals)]
}

/// Who approved; that nobody did is said as plainly.
fn approved(report: &Report, approvals: &[&DecisionReport]) -> Figure {
    let mut names: Vec<String> = Vec::new();
    for approval in approvals {
        if !names.contains(&approval.who) {
            names.push(approval.who.clone());
        }
    }
    let overrides = report
        .decisions
        .iter()
        .filter(|decision| decision.kind.is_override())
        .count();
    let mut facts = vec![format!("started by {}", report.run.by)];
    facts.push(if overrides == 0 {
        "no waiver, no override".to_owned()
    } else {
        words::count(overrides as u64, "waiver or override")
    });
    Figure {
        name: "Approved by",
        qualifier: "",
        words_only: true,
        value: if names.is_empty() {
            "nobody".to_owned()
        } else {
            words::list(&names)
        },
        badge: None,
        facts,
    }
}

fn protection(report: &Report) -> Protected<'_> {
    let (badge, items, says): (Badge, &[String], &str) = match &report.protection {
        Protection::Protected { evidence } => (
            Badge::new(Tone::Good, "protected again"),
            evidence,
            "The run was closed as complete: a standby is in place and has caught up.",
        ),
        Protection::Missing { items } => (
            Badge::new(Tone::Attention, "not protected again"),
            items,
            "Until this is done, the loss of the serving site cannot be recovered from as planned.",
        ),
        Protection::AsBefore => (
            Badge::plain("as before the run"),
            &[],
            "The run took back what it had changed.",
        ),
        Protection::NotKnown { because } => {
            (Badge::new(Tone::Attention, "not known"), &[], because)
        }
    };
    Protected { badge, items, says }
}

/// The page.
pub fn to_html(report: &Report) -> String {
    let (overrides, approvals): (Vec<_>, Vec<_>) = report
        .decisions
        .iter()
        .partition(|decision| decision.kind.is_override());
    let page = Page {
        report,
        verdict: Badge::new(report.verdict.tone, report.verdict.headline.clone()),
        duration: words::figure(report.spent.total),
        figures: figures(report, &approvals),
        drawing: timeline::svg(&chart::timeline(report)),
        protection: protection(report),
        overrides,
        approvals,
    };
    page.render()
        .expect("writing to a string cannot fail, and the template calls nothing else that can")
}
