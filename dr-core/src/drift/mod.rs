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
//! | `index` | finds things by a text |
//! | `pointer` | which texts may point to other things |
//! | `reference` | both columns, and what points to what |
//! | `name` | names without what only says where |
//! | `scope` | which things are the estate's |
//! | `pair` | which thing of the one site is which of the other |
//! | `absent` | what the estate says that is there, and is on neither site |
//! | `addresses` | addresses of both sites in one plan |
//! | `aspect` | what an attribute is: compared, an identity, a condition, a capacity |
//! | `generated` | ids that nobody chose |
//! | `symbol` | the ordered rules that turn what only says where into symbols |
//! | `declared` | what the estate declares of things |
//! | `default` | what an attribute that is not set means |
//! | `compare` | in what two counterparts differ |
//! | `zones` | what the primary has in zones that the standby cannot have |
//! | `unclear` | which things cannot be called missing, since their counterpart may not have been read |
//! | `fence` | what a fence of `dr` leaves behind |
//! | [`packet`] | rules as the set of packets that they let through |
//! | `label` | what things are called in reports |
//! | `judge` | what a difference does to a failover: the table of rules |
//! | `reading` | when it was read, and what that weakens |
//! | `since` | what changed since an earlier reading |
//! | `exception` | what somebody accepts until a day |
//! | `states` | what Terraform's states say of the things of a site |
//! | [`Origin`] | where a difference comes from: states, declarations, the last scan, a fence |
//! | `origins` | what the other columns tell of a finding |
//! | `remedy` | the fix that fits where a difference comes from |
//! | [`Unsettled`] | which findings may be there though they were not shown |
//! | [`Report`] | the document |
//! | [`form`] | its forms for other programs, and the page |

mod absent;
mod addresses;
mod aspect;
mod column;
mod compare;
mod declared;
mod default;
mod exception;
mod fence;
mod flow;
pub mod form;
mod generated;
mod index;
mod judge;
mod label;
mod name;
mod origin;
mod origins;
pub mod packet;
mod pair;
mod pointer;
mod reading;
mod reference;
mod remedy;
mod report;
mod role;
mod scope;
mod settled;
mod since;
mod states;
mod symbol;
mod unclear;
mod zones;

#[cfg(test)]
pub(crate) use aspect::conditions;
pub(crate) use column::Column;
pub use exception::Excused;
pub(crate) use exception::{apply as excuse, but_for, but_would, of as exceptions_of};
pub(crate) use flow::columns;
pub use flow::{Counterparts, Unreadable, check, counterparts, examine, examine_as_of};
pub use judge::rules;
pub(crate) use judge::{EXPIRED, UNAPPROVED, UNUSED};
pub use origin::Origin;
pub use pair::{Confidence, Ground};
pub(crate) use reading::caveats;
pub(crate) use reference::{Columns, Side};
pub use report::{Coverage, Entry, Evidence, FindingId, Report, Unknown, Verdict};
pub use role::direction;
pub use settled::Unsettled;
pub use since::{Gone, Since};
pub use symbol::{RULES as NORMALISATION, Rule as NormalisationRule};

#[cfg(test)]
mod tests;
