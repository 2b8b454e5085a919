//! The estate's lock: one operator at a time, under an epoch of its own.
//!
//! One object an estate, `locks/<estate>.json`, changed only by compare-and-swap and never deleted, so that its epoch only
//! grows. A holder has a *lease*: it must renew it, and a dead holder's runs out.
//!
//! The services that a run changes know nothing of epochs, so the promise "a holder that was replaced changes nothing more" has
//! layers:
//!
//! - L1, here: of two operators that take the lock, the compare-and-swap lets one.
//! - L2, in the journal: each intent is appended under the holder's epoch before the call, and an append after a newer
//!   holder's is refused.
//! - L3, here: a call that changes the world is not begun after [`Lease::deadline`], which is [`CALL`] and [`SKEW`] before the
//!   lease ends. By then the last call has ended, even by a clock that runs [`SKEW`] ahead.
//! - L4, here: who takes over a lease that ran out waits [`SKEW`] and [`CALL`] longer before it returns, although L3 makes that
//!   needless as long as nobody pauses: the margin, [`SKEW`] and [`CALL`] by the worst pair of clocks, covers a holder that was
//!   stopped for so long between its look at the deadline and its call (the case in which a lease alone fails: Jepsen,
//!   "etcd 3.4.3", 2020).
//!
//! L1 and L2 hold whatever clocks do. L3 and L4 assume that two operators' clocks differ by at most [`SKEW`].

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::journal::Digest;
use crate::model::{Duration, Epoch, EstateName, RunId};
use crate::port::{Clock, ErrorClass, Etag, ObjectStore, PortError, PortResult, PutError};

pub mod rule;

#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests;

/// How long a lease lasts from its last renewal.
///
/// Long enough that a holder lives through two lost renewals of [`RENEW_EVERY`] and still may act; short enough that a
/// take-over, at most `LEASE + SKEW + CALL` = 75 s after the holder died, is 4 % of a recovery time objective of 30 minutes.
pub const LEASE: Duration = Duration::from_secs(60);

/// How often a holder renews: a third of the lease, the ratio of Patroni (`ttl` 30 s, `loop_wait` 10 s).
pub const RENEW_EVERY: Duration = Duration::from_secs(20);

/// By how much the clocks of two operators may differ. A clock under NTP is right within fractions of a second; an operator's
/// laptop that has just woken up may need a few seconds.
pub const SKEW: Duration = Duration::from_secs(5);

/// The longest that one call which changes the world may be on its way. Adapters bound every call by it.
pub const CALL: Duration = Duration::from_secs(10);

/// How often an operation on the lock is tried, and how long it waits in between: 0.2 s, then twice as long each time, 1.4 s in all.
const ATTEMPTS: u32 = 4;
const PAUSE: Duration = Duration::from_millis(200);

/// How often [`acquire_within`] looks.
const POLL: Duration = Duration::from_secs(1);

/// Why the lock is not held.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LockError {
    /// Another operator has it.
    #[error("{who} holds the lock for run {run} until {until}")]
    Held {
        /// Who.
        who: String,
        /// For which run.
        run: RunId,
        /// Until when, unless it is renewed.
        until: Timestamp,
    },
    /// It was held, and another operator has taken it over: change nothing more.
    #[error("the lock of epoch {ours} is lost: it stands at epoch {theirs}")]
    Lost {
        /// The epoch that it was held under.
        ours: Epoch,
        /// The epoch of who came after; the same once it was given back.
        theirs: Epoch,
    },
    /// Others were first, again and again. Try later.
    #[error("others were first {times} times")]
    Contended {
        /// How often.
        times: u32,
    },
    /// The store failed, or what stands there is no lock. [`ErrorClass::Indeterminate`]: the lock may have been taken; nobody
    /// acts under it, and it runs out.
    #[error(transparent)]
    Store(#[from] PortError),
}

/// Who holds a lock.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holder {
    /// Who, as people know them.
    pub who: String,
    /// The run that it is held for.
    pub run: RunId,
    /// Until when, by the holder's clock.
    pub until: Timestamp,
    /// Tells this taking of the lock from every other, also by the same person for the same run.
    pub nonce: String,
}

/// The lock as it stands in the store.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LockState {
    /// Of the holder, or of the last one.
    pub epoch: Epoch,
    /// `None` once it was released.
    pub holder: Option<Holder>,
}

impl LockState {
    fn read(key: &str, bytes: &[u8]) -> PortResult<Self> {
        serde_json::from_slice(bytes).map_err(|error| PortError {
            class: ErrorClass::Invalid,
            operation: "read-lock".to_owned(),
            place: key.to_owned(),
            message: format!("this is not a lock: {error}"),
        })
    }
}

/// The lock, held.
#[derive(Debug)]
pub struct Lease {
    key: String,
    epoch: Epoch,
    holder: Holder,
    /// What the holder last knew to stand there.
    etag: Etag,
    /// Giving it back has begun: it is never renewed again.
    released: bool,
}

/// Takes the estate's lock for `who`, to carry out `run`, under a new epoch.
///
/// When the last holder let its lease run out, this waits until no call of that holder can still be on its way
/// (`until + SKEW + CALL`), and renews the new lease before it returns.
///
/// # Errors
/// [`LockError::Held`] while another's lease lasts.
pub async fn acquire(
    store: &dyn ObjectStore,
    clock: &dyn Clock,
    estate: &EstateName,
    who: &str,
    run: &RunId,
) -> Result<Lease, LockError> {
    let key = key(estate);
    for _ in 0..ATTEMPTS {
        let found = get(store, clock, &key).await?;
        let now = clock.now();
        let last = found.as_ref().and_then(|(lock, _)| lock.holder.as_ref());
        let quiet = match rule::claim(last, now) {
            rule::Claim::Free { quiet } => quiet,
            rule::Claim::Held(holder) => {
                return Err(LockError::Held {
                    who: holder.who.clone(),
                    run: holder.run.clone(),
                    until: holder.until,
                });
            }
        };
        let epoch = rule::next_epoch(found.as_ref().map(|(lock, _)| lock.epoch));
        let holder = Holder {
            who: who.to_owned(),
            run: run.clone(),
            until: rule::lease_from(now),
            nonce: nonce(who, run, epoch, now),
        };
        let state = LockState {
            epoch,
            holder: Some(holder.clone()),
        };
        let was = found.as_ref().map(|(_, etag)| etag);
        let Some(etag) = put(store, clock, &key, &state, was).await? else {
            continue;
        };
        let mut lease = Lease {
            key,
            epoch,
            holder,
            etag,
            released: false,
        };
        if let Some(quiet) = quiet.filter(|quiet| *quiet > clock.now()) {
            // A millisecond more: the difference is cut to whole ones.
            let rest = Duration::between(clock.now(), quiet) + Duration::from_millis(1);
            clock.sleep(rest).await;
            lease.renew(store, clock).await?;
        }
        return Ok(lease);
    }
    Err(LockError::Contended { times: ATTEMPTS })
}

/// Like [`acquire`], but waits for another's lease to run out or to be given back, for at most `patience`. To resume the run of an
/// operator who has just died takes `LEASE` of patience.
///
/// # Errors
/// [`LockError::Held`] when it is still held then.
pub async fn acquire_within(
    store: &dyn ObjectStore,
    clock: &dyn Clock,
    estate: &EstateName,
    who: &str,
    run: &RunId,
    patience: Duration,
) -> Result<Lease, LockError> {
    let end = patience.after(clock.now());
    loop {
        let held = acquire(store, clock, estate, who, run).await;
        let now = clock.now();
        match held {
            // It may be given back, or renewed, before it runs out: look again and again.
            Err(LockError::Held { until, .. }) if now < end => {
                let rest = Duration::between(now, until.min(end)) + Duration::from_millis(1);
                clock.sleep(rest.min(POLL)).await;
            }
            answer => return answer,
        }
    }
}

/// Who holds the estate's lock. A holder whose [`Holder::until`] has passed is dead or cut off.
///
/// # Errors
/// When the lock cannot be read.
pub async fn holder(store: &dyn ObjectStore, estate: &EstateName) -> PortResult<Option<Holder>> {
    let key = key(estate);
    let Some(object) = store.get(&key).await? else {
        return Ok(None);
    };
    Ok(LockState::read(&key, &object.bytes)?.holder)
}

impl Lease {
    /// The epoch under which everything is done as long as it lasts.
    pub fn epoch(&self) -> Epoch {
        self.epoch
    }

    /// When it ends, unless it is renewed.
    pub fn until(&self) -> Timestamp {
        self.holder.until
    }

    /// Past this no call that changes the world may be begun: the longest call, and the difference of two clocks, before the end.
    pub fn deadline(&self) -> Timestamp {
        rule::deadline(self.holder.until)
    }

    /// Makes it last [`LEASE`] from now. One that ran out is renewed too, as long as nobody has taken over.
    ///
    /// # Errors
    /// [`LockError::Lost`] when somebody has: stop at once. [`LockError::Store`]: it lasts as long as it did; try again.
    pub async fn renew(
        &mut self,
        store: &dyn ObjectStore,
        clock: &dyn Clock,
    ) -> Result<(), LockError> {
        if self.released {
            return Err(LockError::Lost {
                ours: self.epoch,
                theirs: self.epoch,
            });
        }
        let mut holder = self.holder.clone();
        for _ in 0..ATTEMPTS {
            holder.until = rule::lease_from(clock.now());
            if self.write(store, clock, Some(holder.clone())).await? {
                self.holder = holder;
                return Ok(());
            }
        }
        Err(LockError::Contended { times: ATTEMPTS })
    }

    /// Gives the lock back, so that the next one need not wait. No call under this lease may be on its way any more; with
    /// one that may be, [`Lease::abandon`]. Nothing may be changed under it from here on, whatever this returns: its deadline has passed.
    ///
    /// # Errors
    /// [`LockError::Lost`] when somebody else has it already; [`LockError::Store`]: it runs out by itself.
    pub async fn release(
        &mut self,
        store: &dyn ObjectStore,
        clock: &dyn Clock,
    ) -> Result<(), LockError> {
        self.end(clock);
        self.give(store, clock, None).await
    }

    /// Lets the lease run out now, although calls may be on their way: the next one waits for them (`SKEW + CALL`), and not for
    /// the rest of the lease. For a holder that stops at once.
    ///
    /// # Errors
    /// As of [`Lease::release`].
    pub async fn abandon(
        &mut self,
        store: &dyn ObjectStore,
        clock: &dyn Clock,
    ) -> Result<(), LockError> {
        self.end(clock);
        let over = self.holder.clone();
        self.give(store, clock, Some(over)).await
    }

    fn end(&mut self, clock: &dyn Clock) {
        self.released = true;
        self.holder.until = self.holder.until.min(clock.now());
    }

    async fn give(
        &mut self,
        store: &dyn ObjectStore,
        clock: &dyn Clock,
        holder: Option<Holder>,
    ) -> Result<(), LockError> {
        for _ in 0..ATTEMPTS {
            if self.write(store, clock, holder.clone()).await? {
                return Ok(());
            }
        }
        Err(LockError::Contended { times: ATTEMPTS })
    }

    /// Writes the lock if it is still this lease's; `false` when it was, but not as last known: its present content is known now.
    async fn write(
        &mut self,
        store: &dyn ObjectStore,
        clock: &dyn Clock,
        holder: Option<Holder>,
    ) -> Result<bool, LockError> {
        let state = LockState {
            epoch: self.epoch,
            holder,
        };
        if let Some(etag) = put(store, clock, &self.key, &state, Some(&self.etag)).await? {
            self.etag = etag;
            return Ok(true);
        }
        let Some((lock, etag)) = get(store, clock, &self.key).await? else {
            return Err(LockError::Store(gone(&self.key)));
        };
        if !rule::is_still_ours(&lock, self.epoch, &self.holder.nonce, self.released) {
            return Err(LockError::Lost {
                ours: self.epoch,
                theirs: lock.epoch,
            });
        }
        self.etag = etag;
        Ok(false)
    }
}

fn key(estate: &EstateName) -> String {
    format!("locks/{estate}.json")
}

/// Made of what is known, as the library has no source of chance. Two processes get the same one only when the same person
/// takes the lock for the same run twice in the same nanosecond.
fn nonce(who: &str, run: &RunId, epoch: Epoch, now: Timestamp) -> String {
    let text = format!("{who}\n{run}\n{epoch}\n{}", now.as_nanosecond());
    Digest::of(text.as_bytes()).as_str()[..16].to_owned()
}

fn gone(key: &str) -> PortError {
    PortError {
        class: ErrorClass::NotFound,
        operation: "read-lock".to_owned(),
        place: key.to_owned(),
        message: "the lock was deleted, which nothing of dr does: epochs would begin anew"
            .to_owned(),
    }
}

async fn get(
    store: &dyn ObjectStore,
    clock: &dyn Clock,
    key: &str,
) -> PortResult<Option<(LockState, Etag)>> {
    let mut pause = PAUSE;
    for _ in 1..ATTEMPTS {
        match store.get(key).await {
            Err(error) if error.class.is_retryable() => {}
            answer => return parse(key, answer?),
        }
        clock.sleep(pause).await;
        pause = pause.times(2);
    }
    parse(key, store.get(key).await?)
}

fn parse(
    key: &str,
    object: Option<crate::port::StoredObject>,
) -> PortResult<Option<(LockState, Etag)>> {
    object
        .map(|object| Ok((LockState::read(key, &object.bytes)?, object.etag)))
        .transpose()
}

/// Writes the lock over what `was` identifies; `None` when that is no longer there.
///
/// A write whose answer was lost is sent again: the condition makes that harmless. That a condition did not hold is believed
/// only after a look at what stands there, which may be this very write: a client may also send again by itself.
async fn put(
    store: &dyn ObjectStore,
    clock: &dyn Clock,
    key: &str,
    state: &LockState,
    was: Option<&Etag>,
) -> PortResult<Option<Etag>> {
    let bytes = serde_json::to_vec(state).expect("names, numbers and instants serialise");
    let mut pause = PAUSE;
    let mut doubt: Option<PortError> = None;
    for attempt in 1..=ATTEMPTS {
        let answer = match was {
            None => store.create(key, &bytes).await,
            Some(was) => store.replace(key, &bytes, was).await,
        };
        let error = match answer {
            Ok(etag) => return Ok(Some(etag)),
            Err(PutError::Lost) => {
                let found = get(store, clock, key).await?;
                return Ok(found.and_then(|(there, etag)| (there == *state).then_some(etag)));
            }
            Err(PutError::Store(error)) => error,
        };
        let in_doubt = error.class == ErrorClass::Indeterminate;
        if in_doubt || doubt.is_none() {
            doubt = Some(error.clone());
        }
        if attempt == ATTEMPTS || !(in_doubt || error.class.is_retryable()) {
            break;
        }
        clock.sleep(pause).await;
        pause = pause.times(2);
    }
    Err(doubt.expect("each attempt that did not return left an error"))
}
