//! The host of a watcher: waits, looks, writes down, tells. One task does all of it: nobody who is told slowly holds up a round, and
//! no round holds up who is told.

use std::collections::{BTreeMap, BTreeSet};
use std::pin::pin;
use std::sync::Arc;

use async_trait::async_trait;
use futures_util::FutureExt;
use futures_util::future::{BoxFuture, Either, select};
use futures_util::stream::{FuturesUnordered, StreamExt};
use jiff::Timestamp;

use super::board::Board;
use super::change;
use super::found::{Found, Job, Report};
use super::ledger::Ledger;
use super::notice::{About, Notice};
use super::outbox::{self, Delivery, Pending, Receive, SendError, Told};
use super::record::{Record, Round};
use super::schedule::Schedule;
use super::state::{Standing, State};
use crate::model::{ComponentId, Duration, EstateScan, SiteId, Watch};
use crate::port::{Clock, Narrator};

/// A round that takes longer has failed: what it waits for does not come.
const ROUND_LIMIT: Duration = Duration::from_mins(10);
/// Whoever takes longer to be told is tried again.
const TELL_LIMIT: Duration = Duration::from_secs(60);
/// One never sleeps longer, because a machine that was suspended meanwhile does not notice.
const LONGEST_SLEEP: Duration = Duration::from_secs(60);

/// Looks at an estate once.
#[async_trait]
pub trait Look: Send + Sync {
    /// Reads and compares. `last` is what was read when everything could be read last.
    ///
    /// # Errors
    /// Why nothing could be said at all, in one sentence.
    async fn look(&self, job: Job, last: Option<&EstateScan>) -> Result<Looked, String>;
}

/// What one look gave.
#[derive(Debug, Clone)]
pub struct Looked {
    /// What was found.
    pub report: Report,
    /// What was read of the sites' accounts, where they were asked.
    pub scan: Option<EstateScan>,
    /// Replication, where it was read.
    pub lags: Vec<Lag>,
}

/// How far a copy of a database is behind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lag {
    /// The database.
    pub component: ComponentId,
    /// Where the copy is.
    pub site: SiteId,
    /// How far it was.
    pub lag: Duration,
    /// When that was measured.
    pub measured: Timestamp,
}

/// What a single round came to.
#[derive(Debug, Clone)]
pub struct Ended {
    /// What was found by each job, or why nothing could be.
    pub reports: BTreeMap<Job, Result<Report, String>>,
    /// How many notices nobody has taken yet.
    pub untold: usize,
    /// Why the history could not be written, if it could not.
    pub history: Option<String>,
}

/// Watches one estate.
pub struct Watcher {
    /// What is known at the start.
    pub state: State,
    /// What was read when everything could be read last.
    pub last: Option<Arc<EstateScan>>,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Reads and compares.
    pub look: Arc<dyn Look>,
    /// Who is told, by name.
    pub receivers: BTreeMap<String, Arc<dyn Receive>>,
    /// The history.
    pub ledger: Box<dyn Ledger>,
    /// What is shown.
    pub board: Arc<Board>,
    /// Says what happens.
    pub narrator: Arc<dyn Narrator>,
    /// When, and who hears of what.
    pub watch: Watch,
}

/// A look that ended.
struct Glance {
    job: Job,
    began: Timestamp,
    ended: Timestamp,
    result: Result<Looked, String>,
}

enum Done {
    Looked(Box<Glance>),
    Told(Told),
}

impl Watcher {
    /// Watches for as long as it is polled. To be dropped at any moment does no harm: nothing is written by halves.
    pub async fn run(&mut self) {
        self.begin();
        let mut under_way: FuturesUnordered<BoxFuture<'static, Done>> = FuturesUnordered::new();
        let mut is_looking = false;
        let mut telling: BTreeSet<String> = BTreeSet::new();
        loop {
            let now = self.clock.now();
            // One after the other: both ask the same accounts.
            if let Some(job) = self.due_job(now).filter(|_| !is_looking) {
                is_looking = true;
                under_way.push(
                    self.glance(job)
                        .map(|glance| Done::Looked(Box::new(glance)))
                        .boxed(),
                );
            }
            for pending in self.due(now, &telling) {
                telling.insert(pending.receiver.clone());
                under_way.push(self.tell(pending).map(Done::Told).boxed());
            }
            let pause = self.pause(now, is_looking, &telling);
            let rest = self.clock.sleep(pause);
            let done = match under_way.is_empty() {
                true => {
                    rest.await;
                    None
                }
                false => match select(under_way.next(), rest).await {
                    Either::Left((done, _)) => done,
                    Either::Right(_) => None,
                },
            };
            match done {
                Some(Done::Looked(glance)) => {
                    is_looking = false;
                    self.ended(*glance);
                }
                Some(Done::Told(told)) => {
                    telling.remove(&told.receiver);
                    self.told(told);
                }
                None => {}
            }
        }
    }

    /// Looks once, whenever the last round was or only where one is due, and tries once to tell everybody what they have still to be
    /// told.
    pub async fn once(&mut self, only_due: bool) -> Ended {
        self.begin();
        let mut reports = BTreeMap::new();
        for job in Job::ALL {
            let due = self.schedule(job).due(self.began(job), self.clock.now());
            if only_due && due.is_none() {
                continue;
            }
            let glance = self.glance(job).await;
            let looked = glance.result.as_ref();
            let report = looked.map(|looked| looked.report.clone());
            reports.insert(job, report.map_err(Clone::clone));
            self.ended(glance);
        }
        let mut silent: BTreeSet<String> = BTreeSet::new();
        loop {
            let heads = outbox::heads(&self.state.outbox);
            let heads = heads.filter(|pending| !silent.contains(&pending.receiver));
            let telling: FuturesUnordered<_> =
                heads.map(|pending| self.tell(pending.clone())).collect();
            if telling.is_empty() {
                break;
            }
            for told in telling.collect::<Vec<Told>>().await {
                if matches!(told.delivery, Delivery::Failed { .. }) {
                    silent.insert(told.receiver.clone());
                }
                self.told(told);
            }
        }
        Ended {
            reports,
            untold: self.state.outbox.len(),
            history: self.board.status().history_error,
        }
    }

    fn schedule(&self, job: Job) -> Schedule {
        let watch = &self.watch;
        let line = match job {
            Job::Drift => &watch.drift,
            Job::Ready => &watch.ready,
            Job::Status => &watch.status,
        };
        Schedule::new(&self.state.estate, job, line.clone(), watch.jitter)
    }

    fn began(&self, job: Job) -> Option<Timestamp> {
        self.state.jobs.get(&job).map(|seen| seen.began)
    }

    /// The job whose round is to start now.
    fn due_job(&self, now: Timestamp) -> Option<Job> {
        // The one that waits longest: a job whose rounds take longer than its period keeps no other from its turn.
        let jobs = Job::ALL.into_iter();
        let due = jobs.filter_map(|job| {
            let began = self.began(job);
            Some((self.schedule(job).due(began, now)?, began, job))
        });
        due.min().map(|(_, _, job)| job)
    }

    /// Shows what is known from before, and forgets who is no longer in the estate.
    fn begin(&mut self) {
        let now = self.clock.now();
        let removed = self.state.outbox.iter();
        let removed = removed.filter(|pending| !self.receivers.contains_key(&pending.receiver));
        let removed: Vec<Told> = removed
            .map(|pending| {
                let reason = "it is no longer in the estate".to_owned();
                let error = Err(SendError::Never(reason));
                outbox::outcome(pending, 0, error, now)
            })
            .collect();
        for told in removed {
            self.told(told);
        }
        self.board.update(|status| {
            // A counter that begins at its first event hides that event from whoever asks for increases.
            for receiver in self.receivers.keys() {
                status
                    .told
                    .entry((receiver.clone(), Delivery::Sent.name()))
                    .or_default();
            }
        });
        // A watcher that has just started is late for nothing.
        for job in Job::ALL {
            self.show(job, now);
        }
    }

    /// One look, bounded in time.
    fn glance(&self, job: Job) -> impl Future<Output = Glance> + Send + use<> {
        let (clock, look, last) = (self.clock.clone(), self.look.clone(), self.last.clone());
        async move {
            let began = clock.now();
            let looking = look.look(job, last.as_deref());
            let result = match select(looking, clock.sleep(ROUND_LIMIT)).await {
                Either::Left((result, _)) => result,
                Either::Right(_) => Err(format!("no end within {ROUND_LIMIT}")),
            };
            Glance {
                job,
                began,
                ended: clock.now(),
                result,
            }
        }
    }

    /// The notices that are to be sent now.
    fn due(&self, now: Timestamp, telling: &BTreeSet<String>) -> Vec<Pending> {
        let heads = outbox::heads(&self.state.outbox);
        let due = heads.filter(|pending| pending.next <= now);
        due.filter(|pending| !telling.contains(&pending.receiver))
            .cloned()
            .collect()
    }

    /// Tells one receiver, bounded in time.
    fn tell(&self, pending: Pending) -> impl Future<Output = Told> + Send + use<> {
        let clock = self.clock.clone();
        let receiver = self.receivers.get(&pending.receiver).cloned();
        async move {
            let Some(receiver) = receiver else {
                let error = SendError::Never("it is no longer in the estate".to_owned());
                return outbox::outcome(&pending, 0, Err(error), clock.now());
            };
            let parts = receiver.parts(&pending.notice);
            if pending.part >= parts {
                return outbox::outcome(&pending, parts, Ok(()), clock.now());
            }
            let sending = receiver.send(&pending.notice, pending.part, clock.now());
            let result = match select(pin!(sending), clock.sleep(TELL_LIMIT)).await {
                Either::Left((result, _)) => result,
                Either::Right(_) => Err(SendError::Later(format!("no answer within {TELL_LIMIT}"))),
            };
            outbox::outcome(&pending, parts, result, clock.now())
        }
    }

    /// How long nothing is to be done.
    fn pause(&self, now: Timestamp, is_looking: bool, telling: &BTreeSet<String>) -> Duration {
        let rounds = Job::ALL.into_iter().filter_map(|job| {
            let began = self.began(job).filter(|_| !is_looking)?;
            self.schedule(job).next(began)
        });
        let notices = outbox::heads(&self.state.outbox)
            .filter(|pending| !telling.contains(&pending.receiver))
            .map(|pending| pending.next);
        let next = notices.chain(rounds).min();
        let pause = next.map_or(LONGEST_SLEEP, |next| Duration::between(now, next));
        pause.clamp(Duration::from_millis(1), LONGEST_SLEEP)
    }

    /// Writes a round down, and what people are told of it.
    fn ended(&mut self, glance: Glance) {
        let Glance {
            job,
            began,
            ended,
            result,
        } = glance;
        let found = result.as_ref().map(|looked| Found::of(&looked.report));
        let standing = match &found {
            Err(reason) => Standing::Failed {
                reason: (*reason).clone(),
            },
            Ok(found) if found.is_complete() => Standing::Complete,
            Ok(found) => Standing::Incomplete {
                unknown: found.unknown.clone(),
                names: found.unread.clone(),
            },
        };
        let before = self.state.jobs.get(&job);
        let changes = match (&found, before) {
            (Err(_), _) => Vec::new(),
            (Ok(found), Some(seen)) => change::changes(&seen.findings, found),
            (Ok(found), None) => change::changes(&BTreeMap::new(), found),
        };
        let sites = found.as_ref().ok();
        let notice = Notice::of(&About {
            before: &self.state,
            job,
            at: ended,
            standing: &standing,
            changes: &changes,
            sites: sites.and_then(|found| found.sites.as_ref()),
            at_least: self.watch.at_least,
        });
        let scan = result.as_ref().ok().and_then(|looked| looked.scan.as_ref());
        let parts = || scan.into_iter().flat_map(EstateScan::parts);
        let round = Round {
            job,
            began,
            ended,
            took: Duration::between(began, ended),
            read: match scan {
                Some(_) => parts().map(|part| part.at).min().map(|at| at.min(ended)),
                None => found.is_ok().then_some(began),
            },
            calls: parts().map(|part| part.calls).sum(),
            throttled: parts().map(|part| part.throttled).sum(),
            excused: sites.map_or(0, |found| found.excused),
            to: match notice {
                Some(_) => self.receivers.keys().cloned().collect(),
                None => Vec::new(),
            },
            standing,
            changes,
            notice,
        };
        self.say(&round);
        self.count(&round, result.as_ref().ok());
        let is_complete = round.standing == Standing::Complete;
        self.write(&Record::Round(Box::new(round)));
        let scan = result.ok().and_then(|looked| looked.scan);
        if let (Job::Drift, true, Some(scan)) = (job, is_complete, scan) {
            self.keep(scan);
        }
        let saw = self.state.jobs.get(&job).and_then(|seen| seen.saw);
        if let Some(saw) = saw {
            self.show(job, saw);
        }
    }

    fn say(&self, round: &Round) {
        let line = match (&round.notice, &round.standing) {
            (Some(notice), _) => notice.title(),
            (None, Standing::Complete) => "nothing changed".to_owned(),
            (None, Standing::Incomplete { .. }) => "still not everything can be read".to_owned(),
            (None, Standing::Failed { reason }) => format!("still nothing can be read: {reason}"),
        };
        self.narrator.line(round.job.name(), &line);
    }

    fn count(&self, round: &Round, looked: Option<&Looked>) {
        self.board.update(|status| {
            let key = (round.job, round.standing.name());
            *status.rounds.entry(key).or_default() += 1;
            status.calls += round.calls;
            status.throttled += round.throttled;
            status.took.insert(round.job, round.took);
            match (round.job, looked.map(|looked| &looked.report)) {
                (Job::Drift, _) => {
                    status.lags = looked.map(|looked| looked.lags.clone()).unwrap_or_default();
                }
                (Job::Ready, Some(Report::Ready(report))) => {
                    status.score = Some(report.score.clone());
                }
                (Job::Ready, _) => status.score = None,
                (Job::Status, _) => {}
            }
        });
    }

    /// What came of telling somebody.
    fn told(&mut self, told: Told) {
        if let Delivery::Failed { reason, .. } | Delivery::Dropped { reason } = &told.delivery {
            let line = format!("{}: {reason}", told.delivery.name());
            self.narrator.line(&told.receiver, &line);
        }
        self.board.update(|status| {
            let key = (told.receiver.clone(), told.delivery.name());
            *status.told.entry(key).or_default() += 1;
        });
        self.write(&Record::Told(told));
        self.board
            .update(|status| status.pending = pending(&self.state));
    }

    /// Writes a record down and takes it for true. What cannot be written down is true nevertheless: a full disk keeps nobody from
    /// being told.
    fn write(&mut self, record: &Record) {
        let written = self.ledger.append(&self.state, record);
        self.state.apply(record);
        self.noted(written.err().map(|error| error.to_string()));
    }

    fn keep(&mut self, scan: EstateScan) {
        let kept = self.ledger.keep(&scan);
        self.last = Some(Arc::new(scan));
        if let Err(error) = kept {
            self.noted(Some(error.to_string()));
        }
    }

    fn noted(&self, error: Option<String>) {
        if let Some(error) = &error {
            self.narrator.line("history", error);
        }
        self.board.update(|status| {
            status.history_errors += u64::from(error.is_some());
            status.history_error = error;
        });
    }

    /// Shows what is known; `saw` is when a round of the job last saw something, or when the watcher started.
    fn show(&self, job: Job, saw: Timestamp) {
        let schedule = self.schedule(job);
        self.board.update(|status| {
            status.jobs = self.state.jobs.clone();
            status.pending = pending(&self.state);
            let next = self
                .began(job)
                .map_or(Some(saw), |began| schedule.next(began));
            status.next.extend(next.map(|next| (job, next)));
            let from = schedule.overdue_from(saw);
            status.overdue_from.extend(from.map(|from| (job, from)));
        });
    }
}

fn pending(state: &State) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for pending in &state.outbox {
        *counts.entry(pending.receiver.clone()).or_default() += 1;
    }
    counts
}
