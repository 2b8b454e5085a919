//! `dr-core`: disaster recovery between two sites.
//!
//! # The main flow
//!
//! ```text
//! estate.yaml ──config──▶ Estate ─┐
//! failover.yaml ─runbook::document▶ Runbook ─lint─┐
//! ports ──discover──▶ Inventories ────────────────┴─runbook::plan──▶ Plan (immutable, digested)
//!                                                                     │
//!        journal ◀──append── runbook::host ◀──effects── runbook::engine (pure)
//!        store      lock ───▶     │                          ▲
//!                                 └─action::* ─▶ port::* ────┘ results
//! journal ──report──▶ Report (timeline, achieved RPO/RTO, evidence)
//! ```
//!
//! # The map
//!
//! | module | what it is | start at |
//! |---|---|---|
//! | [`model`] | pure nouns: site, component, estate, objective, finding, evidence | [`model::Estate`] |
//! | [`config`] | `estate.yaml` to a validated [`model::Estate`], problems with source spans | [`config::load_estate`] |
//! | [`port`] | what a technology must be able to do, as traits | [`port::Ports`] |
//! | [`adapter`] | what implements the ports for real | [`adapter::technology`] |
//! | [`sim`] | a deterministic world that implements the same ports | [`sim::World`] |
//! | [`discover`] | ports to inventories; what could not be read is a gap | [`discover::inventories`] |
//! | [`drift`] | what differs between the two sites and matters for a failover, pure | [`drift::examine`] |
//! | [`action`] | one file a verb | [`action::Action`] |
//! | [`runbook`] | document, lint, plan, engine, host, journal, lock | [`runbook::engine`] |
//! | [`gameday`] | a rehearsal with faults, people and a scorecard | |
//! | [`campaign`] | thousands of drawn disasters, and what they say together | [`campaign::Setting`] |
//! | [`prove`] | the outage matrix: what a runbook can do without | [`prove::Matrix`] |
//! | [`readiness`] | whether the standby could take over now, pure | [`readiness::examine`] |
//! | [`report`] | journal to report, pure | |
//! | [`status`] | what was read of the estate and its runs, folded into one document, pure | [`status::status`] |
//! | [`rules`] | every rule of drift and readiness, by its code | [`rules::find`] |
//! | [`watch`] | looking on a schedule, and telling people what changed | [`watch::Watcher`] |
//! | [`access`] | call tables to the least IAM policy, pure | [`access::Policy`] |
//!
//! The library prints nothing, reads no environment and never exits: it returns
//! values and emits events, and `dr-cli` shows them.

pub mod access;
pub mod action;
pub mod adapter;
pub mod campaign;
pub mod config;
pub mod discover;
pub mod drift;
pub mod gameday;
pub mod model;
pub mod port;
pub mod prove;
pub mod readiness;
pub mod report;
pub mod rules;
pub mod runbook;
pub mod sim;
pub mod status;
pub mod watch;
