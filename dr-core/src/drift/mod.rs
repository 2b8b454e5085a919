//! What differs between the two sites and matters for a failover: pair, normalise, compare, judge, report. Pure.
//!
//! ```text
//! EstateScan ─columns─▶ scope ─▶ pair ─▶ symbol + compare ─▶ judge ─▶ Report
//!                                 │                            ▲
//!                                 └─ no counterpart ───────────┘       gaps ─▶ unknown
//! ```
//!
//! | file | what it is |
//! |---|---|
//! | `column` | one site's part of a scan, found by kind, id, ARN |
//! | `scope` | which things are the estate's |
//! | `pair` | which thing of the one site is which of the other |
//! | `aspect` | what an attribute is: compared, an identity, a condition, a capacity |
//! | `generated` | ids that nobody chose |
//! | `symbol` | the ordered rules that turn what only says where into symbols |
//! | `default` | what an attribute that is not set means |
//! | `compare` | in what two counterparts differ |
//! | `unclear` | which things cannot be called missing, since their counterpart may not have been read |
//! | [`packet`] | rules as the set of packets that they let through |
//! | `label` | what things are called in reports |
//! | `judge` | what a difference does to a failover: the table of rules |
//! | `exception` | what somebody accepts until a day |
//! | `origin` | where a difference comes from: states, declarations, the last scan, a fence |
//! | [`Report`] | the document |
//! | [`form`] | its forms for other programs, and the page |

mod aspect;
mod column;
mod compare;
mod default;
mod exception;
mod flow;
pub mod form;
mod generated;
mod judge;
mod label;
mod name;
mod origin;
pub mod packet;
mod pair;
mod reference;
mod report;
mod role;
mod scope;
mod symbol;
mod unclear;
mod zones;

#[cfg(test)]
pub(crate) use aspect::conditions;
pub(crate) use column::Column;
pub use exception::Excused;
pub(crate) use flow::columns;
pub use flow::{Counterparts, Unreadable, counterparts, examine};
pub use judge::rules;
pub use origin::Origin;
pub use pair::{Confidence, Ground};
pub(crate) use reference::{Columns, Side};
pub use report::{Coverage, Entry, Evidence, FindingId, Report, Unknown, Verdict};
pub use role::direction;
pub use symbol::{RULES as NORMALISATION, Rule as NormalisationRule};

#[cfg(test)]
mod tests;
