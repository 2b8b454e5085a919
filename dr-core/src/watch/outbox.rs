//! Who has still to be told.

use async_trait::async_trait;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::notice::Notice;
use crate::model::Duration;

/// The pause after the first failure; it doubles with each further one.
const FIRST_PAUSE: Duration = Duration::from_secs(30);
/// No pause is longer.
const LONGEST_PAUSE: Duration = Duration::from_mins(60);
/// What could not be told for so long is news no more.
const PATIENCE: Duration = Duration::from_mins(24 * 60);

/// Tells somebody.
#[async_trait]
pub trait Receive: Send + Sync {
    /// In how many messages a notice is told. Each is tried, and given up, by itself.
    fn parts(&self, _: &Notice) -> usize {
        1
    }

    /// Tells a part of a notice, counted from 0, at an instant. Returns when the other side has taken it.
    ///
    /// # Errors
    /// Why not; no error holds any part of a secret.
    async fn send(&self, notice: &Notice, part: usize, at: Timestamp) -> Result<(), SendError>;
}

/// Why somebody could not be told.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SendError {
    /// It may work later.
    #[error("{0}")]
    Later(String),
    /// It never works: the other side does not take it as it stands.
    #[error("{0}")]
    Never(String),
}

/// A notice that somebody has still to be told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Pending {
    /// Who.
    pub receiver: String,
    /// Of what.
    pub notice: Notice,
    /// Its first parts that were told already, or given up.
    #[serde(default)]
    pub part: usize,
    /// How often the next one was tried.
    pub tries: u32,
    /// Not before.
    pub next: Timestamp,
}

/// It was tried to tell somebody.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Told {
    /// When.
    pub at: Timestamp,
    /// Who.
    pub receiver: String,
    /// Of which notice.
    pub notice: String,
    /// Whether there are parts of it after this one.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub more: bool,
    /// What came of it.
    pub delivery: Delivery,
}

/// What came of telling somebody.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "is")]
pub enum Delivery {
    /// It was taken.
    Sent,
    /// It is tried again.
    Failed {
        /// Why.
        reason: String,
        /// When.
        again: Timestamp,
    },
    /// It is given up.
    Dropped {
        /// Why.
        reason: String,
    },
}

impl Delivery {
    /// Its name in metrics.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Sent => "sent",
            Self::Failed { .. } => "failed",
            Self::Dropped { .. } => "dropped",
        }
    }
}

/// Adds a notice for each receiver.
pub(super) fn queue(outbox: &mut Vec<Pending>, notice: &Notice, to: &[String]) {
    outbox.extend(to.iter().map(|receiver| Pending {
        receiver: receiver.clone(),
        notice: notice.clone(),
        part: 0,
        tries: 0,
        next: notice.at,
    }));
}

/// What came of trying.
pub(super) fn apply(outbox: &mut Vec<Pending>, told: &Told) {
    let is_it = |one: &Pending| one.receiver == told.receiver && one.notice.id == told.notice;
    match told.delivery {
        Delivery::Sent | Delivery::Dropped { .. } if told.more => {
            for one in outbox.iter_mut().filter(|one| is_it(one)) {
                (one.part, one.tries, one.next) = (one.part + 1, 0, told.at);
            }
        }
        Delivery::Sent | Delivery::Dropped { .. } => outbox.retain(|one| !is_it(one)),
        Delivery::Failed { again, .. } => {
            for one in outbox.iter_mut().filter(|one| is_it(one)) {
                one.tries += 1;
                one.next = again;
            }
        }
    }
}

/// The first notice of each receiver: a later one waits for it, so that nobody hears of an end before its beginning.
pub(super) fn heads(outbox: &[Pending]) -> impl Iterator<Item = &Pending> {
    let first = |at: usize| {
        let receiver = &outbox[at].receiver;
        !outbox[..at].iter().any(|one| one.receiver == *receiver)
    };
    (0..outbox.len())
        .filter(move |at| first(*at))
        .map(|at| &outbox[at])
}

/// What is written down of an attempt to tell one of so many parts that ended at `at`.
pub(super) fn outcome(
    pending: &Pending,
    parts: usize,
    result: Result<(), SendError>,
    at: Timestamp,
) -> Told {
    let delivery = match result {
        Ok(()) => Delivery::Sent,
        Err(SendError::Never(reason)) => Delivery::Dropped { reason },
        Err(SendError::Later(reason)) if Duration::between(pending.notice.at, at) >= PATIENCE => {
            Delivery::Dropped { reason }
        }
        Err(SendError::Later(reason)) => Delivery::Failed {
            reason,
            again: pause(pending.tries).after(at),
        },
    };
    Told {
        at,
        receiver: pending.receiver.clone(),
        notice: pending.notice.id.clone(),
        more: pending.part + 1 < parts,
        delivery,
    }
}

fn pause(tries: u32) -> Duration {
    let doubled = 1_u64.checked_shl(tries).unwrap_or(u64::MAX);
    FIRST_PAUSE.times(doubled).min(LONGEST_PAUSE)
}
