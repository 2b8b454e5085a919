//! `watch`: what `dr watch` looks at, when, and whom it tells.

use std::collections::BTreeSet;
use std::net::SocketAddr;

use jiff::Timestamp;
use schemars::JsonSchema;

use super::receiver::RawReceiver;
use crate::config::diagnostic::{Problem, Report};
use crate::config::read::{Fields, Shape};
use crate::config::yaml::At;
use crate::model::{CronLine, Duration, Fences, Severity, Watch};

/// What `dr watch` looks at, when, and whom it tells.
#[derive(Debug, JsonSchema)]
#[schemars(rename = "Watch", rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct RawWatch {
    /// When the sites are compared: a five-field cron line, read in UTC; every ten minutes when nothing is said.
    pub(crate) drift: Option<At<CronLine>>,
    /// When it is asked whether the standby could take over: a five-field cron line, read in UTC; every hour when nothing is said.
    pub(crate) ready: Option<At<CronLine>>,
    /// When it is asked which fences runs have left to be applied: a five-field cron line, read in UTC; every ten minutes when nothing
    /// is said.
    pub(crate) status: Option<At<CronLine>>,
    /// A round starts up to this long after its line says, so that many estates do not start together; 1m when nothing is said.
    pub(crate) jitter: Option<At<Duration>>,
    /// What is done about fences that runs have left to be applied: `tell`, which changes nothing anywhere, or `apply` as soon as the
    /// site answers; `tell` when nothing is said.
    pub(crate) fences: Option<At<Fences>>,
    /// Where `/metrics` and `/healthz` are served: `address:port`; 127.0.0.1:9464 when nothing is said.
    #[schemars(with = "Option<String>")]
    pub(crate) listen: Option<At<SocketAddr>>,
    /// How long the history is kept; 30d when nothing is said.
    pub(crate) keep: Option<At<Duration>>,
    /// Who is told of changes.
    pub(crate) notify: Option<Vec<RawReceiver>>,
    /// Nobody is told of findings below this; `slowing` when nothing is said.
    pub(crate) at_least: Option<At<Severity>>,
}

impl Shape for RawWatch {
    const KEYS: &[&str] = &[
        "drift", "ready", "status", "jitter", "fences", "listen", "keep", "notify", "at-least",
    ];

    fn read(fields: &mut Fields<'_, '_>) -> Self {
        Self {
            drift: fields.optional("drift"),
            ready: fields.optional("ready"),
            status: fields.optional("status"),
            jitter: fields.optional("jitter"),
            fences: fields.optional("fences"),
            listen: fields.optional("listen"),
            keep: fields.optional("keep"),
            notify: fields.optional("notify"),
            at_least: fields.optional("at-least"),
        }
    }
}

/// A history of less says nothing of yesterday.
const SHORTEST: Duration = Duration::from_mins(24 * 60);

impl RawWatch {
    pub(super) fn check(&self, report: &mut Report) {
        let standard = Watch::default();
        let mut shortest = None;
        for (said, otherwise) in [
            (&self.drift, standard.drift),
            (&self.ready, standard.ready),
            (&self.status, standard.status),
        ] {
            let line = said.as_ref().map_or(&otherwise, |at| &at.value);
            match (period(line), said) {
                (None, Some(said)) => {
                    let message = format!("`{line}` names no day that there is");
                    report.add(Problem::new("invalid-schedule", said.span, message));
                }
                (None, None) => {}
                (Some(period), _) => {
                    shortest = Some(shortest.map_or(period, |other: Duration| other.min(period)));
                }
            }
        }
        if let Some(shortest) = shortest {
            self.check_jitter(shortest, report);
        }
        if let Some(keep) = self.keep
            && keep.value < SHORTEST
        {
            let message = format!("a history of {} is none", keep.value);
            report.add(
                Problem::new("short-history", keep.span, message).help("keep a day at the least"),
            );
        }
        let mut names = BTreeSet::new();
        for raw in self.notify.iter().flatten() {
            raw.check(report);
            if let Some(name) = raw.receiver().map(|receiver| receiver.name())
                && !names.insert(name)
            {
                let message = "the same receiver stands here twice";
                report.add(
                    Problem::new("same-receiver", raw.span(), message)
                        .help("remove one: each is told of everything"),
                );
            }
        }
    }

    /// A round that starts after the next one should have is no round of a schedule.
    fn check_jitter(&self, period: Duration, report: &mut Report) {
        let Some(jitter) = self.jitter.filter(|jitter| jitter.value >= period) else {
            return;
        };
        let message = format!(
            "a jitter of {} is no less than the {period} between two rounds",
            jitter.value
        );
        report.add(Problem::new("jitter-exceeds-period", jitter.span, message));
    }

    pub(super) fn build(self) -> Option<Watch> {
        let standard = Watch::default();
        let receivers = self.notify.unwrap_or_default();
        Some(Watch {
            drift: self.drift.map_or(standard.drift, |at| at.value),
            ready: self.ready.map_or(standard.ready, |at| at.value),
            status: self.status.map_or(standard.status, |at| at.value),
            jitter: self.jitter.map_or(standard.jitter, |at| at.value),
            fences: self.fences.map_or(standard.fences, |at| at.value),
            listen: self.listen.map_or(standard.listen, |at| at.value),
            keep: self.keep.map_or(standard.keep, |at| at.value),
            notify: receivers
                .iter()
                .map(RawReceiver::receiver)
                .collect::<Option<_>>()?,
            at_least: self.at_least.map_or(standard.at_least, |at| at.value),
        })
    }
}

/// So many instants are looked at: all of a line that names minutes of an hour.
const LOOKED_AT: usize = 60;

/// The shortest time between two instants that a line names, from the year 2000 on.
fn period(line: &CronLine) -> Option<Duration> {
    let mut last = line.next(Timestamp::from_second(946_684_800).ok()?)?;
    let mut shortest = None;
    for _ in 0..LOOKED_AT {
        let next = line.next(last)?;
        let period = Duration::between(last, next);
        shortest = Some(shortest.map_or(period, |other: Duration| other.min(period)));
        last = next;
    }
    shortest
}
