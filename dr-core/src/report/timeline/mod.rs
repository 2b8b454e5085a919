//! A timeline drawn as SVG, from plain data: the same data gives the same bytes.
//!
//! The drawing has no script and no style of its own: the page's style sheet (`templates/report_style.css`) colours its
//! classes, in light and in dark. Every bar has a `<title>`, which browsers show on hover and screen readers read.

mod draw;

use jiff::Timestamp;

pub use draw::svg;

/// What is drawn.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Timeline {
    /// Goes before every `id` of the drawing, so that a page can hold several. A letter, then letters, digits, hyphens.
    pub id: String,
    /// What the drawing shows, for those who cannot see it.
    pub title: String,
    /// The instants of its left and its right edge.
    pub range: (Timestamp, Timestamp),
    /// The instant that the axis counts from.
    pub origin: Timestamp,
    /// Rows, under the headings of their groups.
    pub groups: Vec<Group>,
    /// Stretches of time across all rows.
    pub bands: Vec<Band>,
    /// Instants across all rows.
    pub marks: Vec<Mark>,
    /// Stretches in which nothing happens: they may be folded where they take up too much room.
    pub quiet: Vec<(Timestamp, Timestamp)>,
}

impl Timeline {
    /// What is drawn, in words: the class of its key in the style sheet, and what it means.
    pub fn legend(&self) -> Vec<(&'static str, &'static str)> {
        let bars = [
            (Look::Work, "carried out"),
            (Look::Checked, "found done, or only read"),
            (Look::Waiting, "waiting for people"),
            (Look::Failed, "failed"),
            (Look::Pause, "pause before another attempt"),
            (Look::Doubt, "in doubt"),
            (Look::Undo, "taken back"),
            (Look::Skipped, "skipped"),
        ];
        let bands = [
            (BandLook::Held, "run held"),
            (BandLook::Silent, "nobody drove the run"),
            (BandLook::Outage, "clients not served"),
        ];
        let lanes = || self.groups.iter().flat_map(|group| &group.lanes);
        let has_bar = |look| {
            lanes()
                .flat_map(|lane| &lane.bars)
                .any(|bar| bar.look == look)
        };
        bars.into_iter()
            .filter(|(look, _)| has_bar(*look))
            .map(|(look, words)| (look.class(), words))
            .chain(
                bands
                    .into_iter()
                    .filter(|(look, _)| self.bands.iter().any(|band| band.look == *look))
                    .map(|(look, words)| (look.class(), words)),
            )
            .collect()
    }
}

/// Rows that belong together: a stage.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// The heading.
    pub name: String,
    /// Its rows.
    pub lanes: Vec<Lane>,
}

/// One row: a step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lane {
    /// What stands at its left.
    pub label: String,
    /// The row of the pivot.
    pub pivot: bool,
    /// What is drawn in it.
    pub bars: Vec<Bar>,
}

/// How a bar looks; the second half of its class.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Look {
    /// Work that succeeded.
    Work,
    /// Found done.
    Checked,
    /// Work that failed.
    Failed,
    /// A pause before the next attempt.
    Pause,
    /// Waiting for people.
    Waiting,
    /// Outcome unknown.
    Doubt,
    /// Taken back.
    Undo,
    /// Skipped by a person.
    Skipped,
}

impl Look {
    fn class(self) -> &'static str {
        match self {
            Self::Work => "work",
            Self::Checked => "checked",
            Self::Failed => "failed",
            Self::Pause => "pause",
            Self::Waiting => "waiting",
            Self::Doubt => "doubt",
            Self::Undo => "undo",
            Self::Skipped => "skipped",
        }
    }
}

/// A stretch of time in a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bar {
    /// Its start.
    pub from: Timestamp,
    /// Its end.
    pub until: Timestamp,
    /// It has not ended: the end is where knowledge ends.
    pub open: bool,
    /// How it looks.
    pub look: Look,
    /// What it is, for hover and screen readers.
    pub title: String,
}

/// How a band looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BandLook {
    /// Clients are not served.
    Outage,
    /// The run rests.
    Held,
    /// Nobody drives the run.
    Silent,
}

impl BandLook {
    fn class(self) -> &'static str {
        match self {
            Self::Outage => "outage",
            Self::Held => "held",
            Self::Silent => "silent",
        }
    }
}

/// A stretch of time across all rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Band {
    /// Its start.
    pub from: Timestamp,
    /// Its end.
    pub until: Timestamp,
    /// How it looks.
    pub look: BandLook,
    /// What it is.
    pub title: String,
}

/// How a mark looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MarkLook {
    /// The latest instant that meets an objective.
    Objective,
    /// The pivot.
    Pivot,
    /// Something good happened: clients are served.
    Served,
    /// Something else.
    Plain,
}

/// An instant across all rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mark {
    /// The instant.
    pub at: Timestamp,
    /// How it looks.
    pub look: MarkLook,
    /// What stands at its top.
    pub label: String,
}
