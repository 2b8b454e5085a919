//! Journal to report, pure: what a run did, what it achieved, and how surely that is known.
//!
//! ```text
//! journal ──fold──▶ what happened ──recovery, loss, fence, people, stage──▶ Report ─┬─ to_html
//!                                                                                  ├─ to_json
//!                                                                                  └─ to_text
//! ```
//!
//! A report says nothing that the journal does not prove. What was not measured is shown as *not measured*, never as
//! zero and never as met. It reads no clock: the report of an unfinished run speaks "as of the last record".
//!
//! [`timeline`] draws any [`timeline::Timeline`] and knows nothing of journals, so that other pages can use it.

mod axis;
mod chart;
mod document;
mod fence;
mod fold;
mod html;
mod loss;
mod measure;
mod people;
mod recovery;
mod stage;
mod step;
mod text;
pub mod timeline;
mod verdict;
pub mod words;

#[cfg(test)]
pub(crate) mod tests;

pub use document::{
    CallsAt, HoldReport, Provenance, REPORT_FORMAT, Report, RunFacts, Takeover, from_journal,
};
pub use fence::FenceReport;
pub use html::to_html;
pub use loss::{DataLoss, DataSetLoss, Promotion};
pub use measure::{Bound, Judgement, Measured};
pub use people::{DecisionKind, DecisionReport, QuestionReport};
pub use recovery::{ClientDowntime, Downtime, RecoveryTime};
pub use stage::{StageReport, TimeSpent};
pub use step::{Note, SpanKind, StepReport, StepSpan};
pub use text::{to_json, to_text};
pub use verdict::{Protection, Tone, Verdict};
