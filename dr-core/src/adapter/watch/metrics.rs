//! The text of `/metrics`: OpenMetrics 1.0. Labels hold names of the estate and words of this file, so that their number is bounded and
//! nothing that was found stands in them.

use std::fmt;

use jiff::Timestamp;
use prometheus_client::collector::Collector;
use prometheus_client::encoding::text::encode;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric, MetricEncoder};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::gauge::ConstGauge;
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::{Registry, Unit};

use crate::model::Severity;
use crate::watch::{Job, Lag, PENDING_FENCE, Seen, Status};

/// The type of the text (OpenMetrics 1.0, "Protocol Negotiation").
pub const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// What a round can have seen.
const STANDINGS: [&str; 3] = ["complete", "incomplete", "failed"];
/// What can come of a notice.
const RESULTS: [&str; 3] = ["sent", "failed", "dropped"];

/// The metrics of a watcher at an instant.
///
/// # Errors
/// None: a text takes everything that is written into it.
pub fn text(status: &Status, now: Timestamp) -> Result<String, fmt::Error> {
    let estate = status.estate.to_string();
    let labels = [("estate".into(), estate.into())];
    let mut registry = Registry::with_prefix_and_labels("dr", labels.into_iter());
    let version = Info::new([("version", env!("CARGO_PKG_VERSION"))]);
    registry.register("build", "The program that watches", version);
    let healthy = status.health(now).is_ok();
    registry.register_collector(Box::new(Shown {
        status: status.clone(),
        healthy,
    }));
    let mut text = String::new();
    encode(&mut text, &registry)?;
    Ok(text)
}

/// In the order of names, which a family of the library has not.
#[derive(Debug)]
struct Shown {
    status: Status,
    healthy: bool,
}

/// The samples of one metric.
struct Family<'a>(MetricEncoder<'a>);

impl Family<'_> {
    fn gauge(&mut self, labels: &[(&str, &str)], value: f64) -> fmt::Result {
        ConstGauge::new(value).encode(self.0.encode_family(&labels)?)
    }

    fn counter(&mut self, labels: &[(&str, &str)], value: u64) -> fmt::Result {
        ConstCounter::new(value).encode(self.0.encode_family(&labels)?)
    }
}

impl Collector for Shown {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        self.findings(&mut encoder)?;
        self.rounds(&mut encoder)?;
        self.calls(&mut encoder)?;
        self.lags(&mut encoder)?;
        self.readiness(&mut encoder)?;
        self.notices(&mut encoder)?;
        let help = "Whether rounds come in time and the history can be written";
        gauges(&mut encoder, "healthy", help, None)?
            .gauge(&[], f64::from(u8::from(self.healthy)))?;
        let help = "How often the history could not be written";
        counters(&mut encoder, "history_errors", help)?.counter(&[], self.status.history_errors)
    }
}

/// A gauge by copy of a database.
type OfLag = (&'static str, &'static str, fn(&Lag) -> f64);

/// A gauge by report.
type OfSeen = (&'static str, &'static str, fn(&Seen) -> f64);

impl Shown {
    fn findings(&self, encoder: &mut DescriptorEncoder<'_>) -> fmt::Result {
        let help = "What is wrong, as far as is known";
        let mut family = gauges(encoder, "findings", help, None)?;
        for (job, seen) in &self.status.jobs {
            for severity in [Severity::Blocking, Severity::Slowing, Severity::Notice] {
                let name = severity.to_string();
                let labels = [("report", job.name()), ("severity", &name)];
                family.gauge(&labels, number(seen.count(severity)))?;
            }
        }
        // What runs have left to be done is known only of where it was asked.
        let help = "Fences that are still to be applied, as far as is known";
        let mut family = gauges(encoder, "pending_fences", help, None)?;
        if let Some(seen) = self.status.jobs.get(&Job::Status) {
            let fences = seen.findings.values();
            let fences = fences.filter(|finding| finding.code == PENDING_FENCE);
            family.gauge(&[], number(fences.count()))?;
        }
        let counts: [OfSeen; 2] = [
            (
                "findings_excused",
                "What is wrong and accepted by somebody",
                |seen| number(seen.excused),
            ),
            (
                "unknowns",
                "What could not be read in the last round",
                |seen| number(seen.unknowns()),
            ),
        ];
        for (name, help, value) in counts {
            let mut family = gauges(encoder, name, help, None)?;
            for (job, seen) in &self.status.jobs {
                family.gauge(&[("report", job.name())], value(seen))?;
            }
        }
        Ok(())
    }

    fn rounds(&self, encoder: &mut DescriptorEncoder<'_>) -> fmt::Result {
        let of = |label: &str, at: Option<Timestamp>, family: &mut Family<'_>| match at {
            Some(at) => family.gauge(&[("report", label)], instant(at)),
            None => Ok(()),
        };
        let help = "When everything could be read last";
        let mut family = gauges(
            encoder,
            "last_complete_timestamp",
            help,
            Some(&Unit::Seconds),
        )?;
        for (job, seen) in &self.status.jobs {
            of(job.name(), seen.complete, &mut family)?;
        }
        let help = "When the last round ended, whatever it saw";
        let mut family = gauges(encoder, "last_round_timestamp", help, Some(&Unit::Seconds))?;
        for (job, seen) in &self.status.jobs {
            of(job.name(), Some(seen.ended), &mut family)?;
        }
        let help = "When the next round starts";
        let mut family = gauges(encoder, "next_round_timestamp", help, Some(&Unit::Seconds))?;
        for (job, next) in &self.status.next {
            of(job.name(), Some(*next), &mut family)?;
        }
        let help = "How long reading and comparing took in the last round";
        let mut family = gauges(encoder, "round_duration", help, Some(&Unit::Seconds))?;
        for (job, took) in &self.status.took {
            family.gauge(&[("report", job.name())], took.as_secs_f64())?;
        }
        let help = "How much the last round saw: 1 for what is so";
        let mut family = gauges(encoder, "round_standing", help, None)?;
        for (job, seen) in &self.status.jobs {
            for standing in STANDINGS {
                let labels = [("report", job.name()), ("standing", standing)];
                family.gauge(
                    &labels,
                    f64::from(u8::from(seen.standing.name() == standing)),
                )?;
            }
        }
        let mut family = counters(encoder, "rounds", "Rounds that ended, by what they saw")?;
        for job in Job::ALL {
            for standing in STANDINGS {
                let count = self.status.rounds.get(&(job, standing));
                let labels = [("report", job.name()), ("standing", standing)];
                family.counter(&labels, count.copied().unwrap_or(0))?;
            }
        }
        Ok(())
    }

    fn calls(&self, encoder: &mut DescriptorEncoder<'_>) -> fmt::Result {
        let help = "Calls that scans sent";
        counters(encoder, "scan_calls", help)?.counter(&[], self.status.calls)?;
        let help = "Calls of scans that were refused because there were too many";
        counters(encoder, "scan_throttles", help)?.counter(&[], self.status.throttled)
    }

    fn lags(&self, encoder: &mut DescriptorEncoder<'_>) -> fmt::Result {
        let values: [OfLag; 2] = [
            (
                "replication_lag",
                "How far the copy of a database was behind",
                |lag| lag.lag.as_secs_f64(),
            ),
            (
                "replication_lag_timestamp",
                "When that was measured",
                |lag| instant(lag.measured),
            ),
        ];
        for (name, help, value) in values {
            let mut family = gauges(encoder, name, help, Some(&Unit::Seconds))?;
            for lag in &self.status.lags {
                let (component, site) = (lag.component.to_string(), lag.site.to_string());
                let labels = [("component", component.as_str()), ("site", &site)];
                family.gauge(&labels, value(lag))?;
            }
        }
        Ok(())
    }

    fn readiness(&self, encoder: &mut DescriptorEncoder<'_>) -> fmt::Result {
        let Some(score) = &self.status.score else {
            return Ok(());
        };
        let help = "Rules of readiness, by family and how they ended";
        let mut family = gauges(encoder, "readiness_rules", help, None)?;
        for (of, tally) in &score.families {
            let counts = [
                ("holds", tally.holds),
                ("violated", tally.violated),
                ("unknown", tally.unknown),
                ("nothing", tally.nothing),
            ];
            let name = of.to_string();
            for (ended, count) in counts {
                let labels = [("family", name.as_str()), ("ended", ended)];
                family.gauge(&labels, number(count))?;
            }
        }
        let help = "Of a hundred rules that had something to judge, so many hold";
        gauges(encoder, "readiness_percent", help, None)?.gauge(&[], number(score.percent))
    }

    fn notices(&self, encoder: &mut DescriptorEncoder<'_>) -> fmt::Result {
        let told = self.status.told.keys().map(|(receiver, _)| receiver);
        let mut receivers: Vec<&String> = told.chain(self.status.pending.keys()).collect();
        receivers.sort();
        receivers.dedup();
        let mut family = counters(encoder, "notifications", "Attempts to tell somebody")?;
        for receiver in &receivers {
            for result in RESULTS {
                let count = self.status.told.get(&((*receiver).clone(), result));
                let labels = [("receiver", receiver.as_str()), ("result", result)];
                family.counter(&labels, count.copied().unwrap_or(0))?;
            }
        }
        let help = "Notices that wait for somebody to take them";
        let mut family = gauges(encoder, "notifications_pending", help, None)?;
        for receiver in &receivers {
            let count = self.status.pending.get(*receiver).copied().unwrap_or(0);
            family.gauge(&[("receiver", receiver.as_str())], number(count))?;
        }
        Ok(())
    }
}

fn gauges<'a>(
    encoder: &'a mut DescriptorEncoder<'_>,
    name: &'a str,
    help: &str,
    unit: Option<&'a Unit>,
) -> Result<Family<'a>, fmt::Error> {
    let family = encoder.encode_descriptor(name, help, unit, MetricType::Gauge)?;
    Ok(Family(family))
}

fn counters<'a>(
    encoder: &'a mut DescriptorEncoder<'_>,
    name: &'a str,
    help: &str,
) -> Result<Family<'a>, fmt::Error> {
    let family = encoder.encode_descriptor(name, help, None, MetricType::Counter)?;
    Ok(Family(family))
}

fn number(count: usize) -> f64 {
    f64::from(u32::try_from(count).unwrap_or(u32::MAX))
}

#[expect(clippy::cast_precision_loss, reason = "2^53 ms are 285,000 years")]
fn instant(at: Timestamp) -> f64 {
    at.as_millisecond() as f64 / 1000.0
}
