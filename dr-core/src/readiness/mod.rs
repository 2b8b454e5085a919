//! Whether the standby could take over now: one small rule for each thing that a failover needs. Pure.
//!
//! ```text
//! EstateScan, inventory, past runs ──Facts──▶ each rule ──▶ Outcomes ─┐
//!                         gaps that a rule's needs touch ─────────────┴─▶ a line a rule ──▶ Report
//! ```
//!
//! The law: a rule whose facts were not read ends as unknown, never as holding. Each rule declares what it needs ([`Need`]),
//! and `flow` holds it to that: no rule can forget.
//!
//! | file | what it is |
//! |---|---|
//! | [`Rule`] | what a rule is, what it needs, how it ends |
//! | [`Facts`] | what rules look at, with its lookups |
//! | `fleet` | the fleets of a site, and what they need after a failover |
//! | [`History`] | what is known of past runs and of the runbook |
//! | `rules` | the rules, a file a rule or a group of rules about one thing |
//! | `vcpu` | how many vCPUs an instance type has |
//! | `flow` | every rule asked, the law, the verdict |
//! | [`Report`] | the document |

mod facts;
mod fleet;
mod flow;
mod history;
mod report;
mod rule;
mod rules;
mod vcpu;

pub use facts::Facts;
pub use flow::examine;
pub use history::{History, PastRun, RunbookDefect, RunbookFacts, is_the_same_to_a_run};
pub use report::{Answer, Doubt, Line, Report, Score, Standing, Tally, report_schema};
pub use rule::{Found, Need, Outcome, Rule, Where};
pub use rules::{QUOTAS, Quota, all as rules};

#[cfg(test)]
mod tests;
