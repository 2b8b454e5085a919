//! How far a server's history reaches, and how a replica keeps up.

use jiff::Timestamp;
use tokio_postgres::Row;

use super::PostgresError;
use crate::model::{Duration, Position, Replication};

/// Everything in one statement, so that it belongs together (PostgreSQL documentation, "functions-admin", recovery
/// information; "monitoring-stats", `pg_stat_wal_receiver`). Times are milliseconds since 1970, rounded down.
pub(super) const QUERY: &str = "
select pg_is_in_recovery() as replica,
       (case when pg_is_in_recovery() then pg_last_wal_replay_lsn() else pg_current_wal_lsn() end
        - '0/0'::pg_lsn)::bigint as wal,
       (pg_last_wal_receive_lsn() - '0/0'::pg_lsn)::bigint as received,
       floor(extract(epoch from pg_last_xact_replay_timestamp()) * 1000)::bigint as committed,
       floor(extract(epoch from clock_timestamp()) * 1000)::bigint as now,
       (select floor(extract(epoch from last_msg_receipt_time) * 1000)::bigint
          from pg_stat_wal_receiver where status = 'streaming') as heard";

/// How old the last message of a source may be before its silence means something. An idle source sends one at least every
/// half of `wal_sender_timeout`, which is a minute unless somebody changed it (PostgreSQL documentation,
/// "runtime-config-replication").
const SILENCE: Duration = Duration::from_secs(40);

/// What was read of a server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Positions {
    /// When, by the server's own clock.
    pub at: Timestamp,
    /// Whether it is a replica.
    pub is_replica: bool,
    /// Of a primary: the end of what it wrote; of a replica: of what it replayed. In bytes of write-ahead log.
    pub wal: u64,
    /// Of a replica: the end of what it received.
    pub received: Option<u64>,
    /// Of a replica: when the newest transaction that it replayed was committed at the source. `None` where it replayed none
    /// since it was started.
    pub committed: Option<Timestamp>,
    /// Of a replica that is connected to its source: when it last heard from it. `None` too where the login may not see it.
    pub heard: Option<Timestamp>,
}

impl Positions {
    pub(super) fn of(row: &Row) -> Result<Self, PostgresError> {
        let number = |name| -> Result<Option<i64>, PostgresError> { Ok(row.try_get(name)?) };
        let instant = |name| -> Result<Option<Timestamp>, PostgresError> {
            let ms = number(name)?;
            Ok(ms.and_then(|ms| Timestamp::from_millisecond(ms).ok()))
        };
        let bytes = |name| -> Result<Option<u64>, PostgresError> {
            Ok(number(name)?.and_then(|bytes| u64::try_from(bytes).ok()))
        };
        Ok(Self {
            at: instant("now")?.ok_or(PostgresError::Answer("time"))?,
            is_replica: row.try_get("replica")?,
            wal: bytes("wal")?.ok_or(PostgresError::Answer("position"))?,
            received: bytes("received")?,
            committed: instant("committed")?,
            heard: instant("heard")?,
        })
    }

    /// The place in the write-ahead log.
    pub fn position(&self) -> Position {
        Position::Wal { wal: self.wal }
    }

    /// How a replica keeps up; `None` of a primary, and of a replica that has replayed nothing yet.
    ///
    /// Time since the newest replayed commit is no lag where the source commits nothing. So the lag of a replica that has
    /// replayed all that it received is the time since it last heard from its source, while it hears from it.
    pub fn replication(&self) -> Option<Replication> {
        let committed = self.committed.filter(|_| self.is_replica)?;
        let since_commit = Duration::between(committed, self.at);
        let since_heard = self
            .heard
            .filter(|_| self.received.is_some_and(|received| self.wal >= received))
            .map(|heard| Duration::between(heard, self.at))
            .filter(|silence| *silence <= SILENCE);
        Some(Replication {
            lag: since_heard.map_or(since_commit, |heard| heard.min(since_commit)),
            measured_at: self.at,
            source_position: None,
            last_applied_commit: committed,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_000_000 + second).unwrap()
    }

    fn replica() -> Positions {
        Positions {
            at: at(300),
            is_replica: true,
            wal: 500,
            received: Some(500),
            committed: Some(at(0)),
            heard: Some(at(298)),
        }
    }

    fn lag(positions: &Positions) -> Duration {
        positions.replication().unwrap().lag
    }

    #[test]
    fn a_replica_of_an_idle_source_is_as_far_behind_as_its_source_was_silent() {
        assert_eq!(lag(&replica()), Duration::from_secs(2));
    }

    #[test]
    fn a_replica_that_has_lost_its_source_or_still_replays_is_as_far_behind_as_its_newest_commit() {
        let gone = Positions {
            heard: None,
            ..replica()
        };
        let silent = Positions {
            heard: Some(at(200)),
            ..replica()
        };
        let replays = Positions {
            wal: 499,
            ..replica()
        };
        for positions in [gone, silent, replays] {
            assert_eq!(lag(&positions), Duration::from_secs(300));
        }
    }

    #[test]
    fn the_claimed_commit_is_always_one_that_was_replayed() {
        let seen = replica().replication().unwrap();
        assert_eq!(seen.last_applied_commit, at(0));
    }

    #[test]
    fn a_primary_has_no_lag() {
        let primary = Positions {
            is_replica: false,
            ..replica()
        };
        assert_eq!(primary.replication(), None);
    }
}
