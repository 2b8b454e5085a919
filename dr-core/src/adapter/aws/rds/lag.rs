//! How a replica keeps up, as CloudWatch measured it.
//!
//! RDS for PostgreSQL publishes `ReplicaLag` once a minute: the seconds since the newest transaction that the replica has
//! replayed was committed, `now() - pg_last_xact_replay_timestamp()`, and -1 where replication is not active (RDS user guide,
//! "USER_PostgreSQL.Replication.ReadReplicas.Monitor", "rds-metrics"). So a datapoint tells a commit time: its own timestamp
//! less its value. CloudWatch stamps a datapoint with the beginning of its minute, and of several values in a minute the
//! largest is asked for: the commit time that is told is never later than the true one.
//!
//! Where the source commits nothing the value grows up to five minutes, until RDS's own heartbeat is replayed (same guide,
//! "ReadReplicas.Limitations").

use aws_sdk_cloudwatch::primitives::DateTime;
use aws_sdk_cloudwatch::types::{
    Dimension, Metric, MetricDataQuery, MetricDataResult, MetricStat, ScanBy,
};
use jiff::Timestamp;

use super::RdsDatabase;
use crate::model::{Duration, Replication};
use crate::port::{ErrorClass, PortResult};

/// How far back a datapoint is looked for: of a replica that has lost its source the last measurement before counts.
const BACK: Duration = Duration::from_mins(180);

/// Seconds between two datapoints.
const PERIOD_S: i32 = 60;

impl RdsDatabase {
    /// How a replica that was created at `created` keeps up; `None` where it was not measured for hours. What was measured
    /// before is of an earlier instance of that name (RDS user guide, "USER_RenameInstance").
    pub(super) async fn measured_lag(
        &self,
        created: Option<Timestamp>,
    ) -> PortResult<Option<Replication>> {
        let operation = "cloudwatch:GetMetricData";
        let now = self.here.clock.now();
        let since = created.map_or(BACK.before(now), |at| at.max(BACK.before(now)));
        let query = query(&self.binding.instance);
        let answer = self
            .aws
            .read(operation, || {
                self.cloudwatch
                    .get_metric_data()
                    .metric_data_queries(query.clone())
                    .start_time(whole_minute(since))
                    .end_time(date_time(Duration::from_mins(1).after(now)))
                    .scan_by(ScanBy::TimestampDescending)
                    .send()
            })
            .await?;
        let Some(result) = answer.metric_data_results().first() else {
            return Ok(None);
        };
        newest(result, since)
            .map_err(|message| self.here.error(ErrorClass::Invalid, operation, message))
    }
}

fn query(instance: &str) -> MetricDataQuery {
    let metric = Metric::builder()
        .namespace("AWS/RDS")
        .metric_name("ReplicaLag")
        .dimensions(
            Dimension::builder()
                .name("DBInstanceIdentifier")
                .value(instance)
                .build(),
        )
        .build();
    let stat = MetricStat::builder()
        .metric(metric)
        .period(PERIOD_S)
        .stat("Maximum")
        .build();
    MetricDataQuery::builder()
        .id("lag")
        .metric_stat(stat)
        .build()
}

/// The minute that has begun: CloudWatch cuts time there.
fn whole_minute(at: Timestamp) -> DateTime {
    DateTime::from_secs(at.as_second().div_euclid(60) * 60)
}

fn date_time(at: Timestamp) -> DateTime {
    DateTime::from_millis(at.as_millisecond())
}

/// The newest datapoint since an instant at which replication was active.
pub(super) fn newest(
    result: &MetricDataResult,
    since: Timestamp,
) -> Result<Option<Replication>, String> {
    let newest = result
        .timestamps()
        .iter()
        .zip(result.values())
        .filter(|(at, lag)| at.secs() >= since.as_second() && **lag >= 0.0 && lag.is_finite())
        .max_by_key(|(at, _)| (at.secs(), at.subsec_nanos()));
    let Some((at, lag)) = newest else {
        return Ok(None);
    };
    let measured_at = at
        .to_millis()
        .ok()
        .and_then(|ms| Timestamp::from_millisecond(ms).ok())
        .ok_or("a datapoint without a time")?;
    let lag = whole_millis(*lag);
    Ok(Some(Replication {
        lag,
        measured_at,
        source_position: None,
        last_applied_commit: lag.before(measured_at),
    }))
}

/// A number of seconds, rounded up.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "not negative, and at most a century"
)]
fn whole_millis(seconds: f64) -> Duration {
    const CENTURY_S: f64 = 3.2e9;
    Duration::from_millis((seconds.min(CENTURY_S) * 1000.0).ceil() as u64)
}
