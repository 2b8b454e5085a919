//! Looking at an estate on a schedule, and telling people what changed.
//!
//! ```text
//! Schedule ─due─▶ Look ─▶ Found ─compare─▶ Change ─▶ Notice ─▶ outbox ─▶ receivers
//!                           │                                    │
//!                           └────────── Record ──▶ Ledger ◀──────┘
//! ```
//!
//! | file | what it is |
//! |---|---|
//! | [`Schedule`] | cron lines in UTC, and an estate's own delay after them |
//! | [`Found`] | what a round found: a kind of report enters here by one function |
//! | `change` | what is new, worse, eased or gone since |
//! | [`Notice`] | what people are told of it |
//! | `outbox` | who has still to be told, and when next |
//! | [`State`], [`Record`] | what is known, and the lines of the history that it is the sum of |
//! | [`Watcher`] | the host: waits, looks, writes down, tells |
//! | [`Board`] | what `/metrics` and `/healthz` show |
//!
//! A notice is part of the record of its round: it is durable before it is sent, so that it is sent once or, after a crash between
//! sending and writing that down, twice with the same id.

mod board;
mod change;
mod found;
mod host;
mod ledger;
mod notice;
mod outbox;
mod record;
mod schedule;
mod state;

pub use board::{Board, Status};
pub use change::{Change, What};
pub use found::{FENCE_NOT_APPLIED, Found, Job, Known, PENDING_FENCE, Report, Unseen};
pub use host::{Ended, Lag, Look, Looked, Watcher};
pub use ledger::Ledger;
pub use notice::Notice;
pub use outbox::{Delivery, Pending, Receive, SendError, Told};
pub use record::{Damaged, Read, Record, Round, line, read};
pub use schedule::Schedule;
pub use state::{Seen, Standing, State};

#[cfg(test)]
mod tests;
