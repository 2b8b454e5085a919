//! The report as one self-contained page: no script, no font, no image, no network.
//!
//! The templates escape every text (`askama`); only the drawing is put in as it is, and it escapes its own.

use askama::Template;
use jiff::Timestamp;

use super::chart;
use super::document::Report;
use super::measure::{Bound, Judgement, Measured};
use super::people::{DecisionKind, DecisionReport};
use super::stage::StageReport;
use super::step::{StepReport, status_words};
use super::timeline::{self, MarkLook};
use super::verdict::{Protection, Tone};
use super::words::{self, Words as _};
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
            qualifier: match measured {
                Measured::Figure {
                    bound: Bound::Exactly,
                    ..
                } => "measured",
                _ => measured.qualifier(),
            },
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
    legend: Vec<(&'static str, &'static str)>,
    /// The objective's mark is not in the drawing.
    objective_outside: bool,
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

    /// An instant of the run: with its day where that is not the day on which the run began.
    fn clock(&self, at: &Timestamp) -> String {
        let day = |at: Timestamp| at.strftime("%m-%d").to_string();
        if day(*at) == day(self.report.run.started) {
            words::time_of_day(*at)
        } else {
            format!("{} {}", day(*at), words::time_of_day(*at))
        }
    }

    /// The part of a stage that was the machine's.
    fn machine(&self, stage: &StageReport) -> Duration {
        stage.took.unwrap_or_default() - stage.waited.unwrap_or_default()
    }

    /// A length as a share of the longest that is drawn in the table of stages. Waiting for people may take hours, and is
    /// cut off there.
    fn share(&self, length: &Duration) -> String {
        let longest = self
            .report
            .stages
            .iter()
            .flat_map(|stage| [stage.predicted, self.machine(stage)])
            .max()
            .unwrap_or_default();
        let permille = (length.as_millis().saturating_mul(1000))
            .checked_div(longest.as_millis())
            .unwrap_or(0);
        let permille = permille.min(1000);
        format!("{}.{}", permille / 10, permille % 10)
    }

    fn machine_share(&self, stage: &StageReport) -> String {
        self.share(&self.machine(stage))
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
    let number = |wanted: &dyn Fn(DecisionKind) -> bool, noun: &str| {
        let number = report.decisions.iter().filter(|d| wanted(d.kind)).count();
        (number > 0).then(|| words::count(number as u64, noun))
    };
    let waivers = number(&|kind| kind == DecisionKind::Waiver, "waiver");
    let others = number(
        &|kind| kind.is_override() && kind != DecisionKind::Waiver,
        "override",
    );
    let passed: Vec<String> = waivers.into_iter().chain(others).collect();
    let badge = if passed.is_empty() {
        Badge::plain("no waiver, no override")
    } else {
        Badge::new(Tone::Attention, words::list(&passed))
    };
    Figure {
        name: "Approved by",
        qualifier: "",
        words_only: true,
        value: if names.is_empty() {
            "nobody".to_owned()
        } else {
            words::list(&names)
        },
        badge: Some(badge),
        facts: vec![format!("started by {}", report.run.by)],
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
    let drawn = chart::timeline(report);
    let page = Page {
        report,
        verdict: Badge::new(report.verdict.tone, report.verdict.headline.clone()),
        duration: words::figure(report.spent.total),
        figures: figures(report, &approvals),
        legend: drawn.legend(),
        objective_outside: !drawn.marks.iter().any(|m| m.look == MarkLook::Objective),
        drawing: timeline::svg(&drawn),
        protection: protection(report),
        overrides,
        approvals,
    };
    page.render()
        .expect("writing to a string cannot fail, and the template calls nothing else that can")
}
