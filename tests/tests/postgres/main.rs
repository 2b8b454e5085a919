//! Positions over SQL, read from a real PostgreSQL 15: a primary and a streaming replica on this machine.
#![expect(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a test panics with what it met, and waits for real servers"
)]

mod server;

use std::time::Duration as Wall;

use dr_core::adapter::postgres::{Certificates, Positions, PostgresError, PostgresServer};
use dr_core::model::{Duration, Position};

use server::{Cluster, Programs};

fn read(server: &PostgresServer) -> Result<Positions, PostgresError> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(server.positions())
}

/// Reads until `holds`, for half a minute at most.
fn until(server: &PostgresServer, holds: impl Fn(&Positions) -> bool) -> Positions {
    let mut last = None;
    for _ in 0..150 {
        let seen = read(server).unwrap();
        if holds(&seen) {
            return seen;
        }
        last = Some(seen);
        std::thread::sleep(Wall::from_millis(200));
    }
    panic!("it never came to that: {last:?}");
}

fn wal(position: Position) -> u64 {
    match position {
        Position::Wal { wal } => wal,
        other => panic!("{other} is no place in the write-ahead log"),
    }
}

#[test]
fn a_replica_reaches_what_its_primary_wrote_and_says_when_that_was_committed() {
    let primary = Cluster::primary(Programs::find());
    primary.sql("create table writes (at timestamptz)");
    let replica = primary.replica();

    let source = read(&primary.server()).unwrap();
    assert!(!source.is_replica);
    assert_eq!(source.replication(), None);

    let before = read(&primary.server()).unwrap().at;
    primary.sql("insert into writes values (clock_timestamp())");
    let written = read(&primary.server()).unwrap();
    let copy = until(&replica.server(), |seen| seen.wal >= written.wal);
    assert!(copy.is_replica);
    assert!(wal(copy.position()) >= wal(written.position()));
    let seen = copy.replication().expect("it has replayed a commit");
    assert!(before <= seen.last_applied_commit, "{before} {seen:?}");
    assert!(
        seen.last_applied_commit <= written.at,
        "{written:?} {seen:?}"
    );
}

#[test]
fn an_idle_replica_is_not_behind_and_one_that_lost_its_source_is_further_behind_every_moment() {
    let primary = Cluster::primary(Programs::find());
    let replica = primary.replica();
    primary.sql("create table writes (at timestamptz)");
    let written = read(&primary.server()).unwrap();
    let caught_up = until(&replica.server(), |seen| seen.wal >= written.wal);

    // The source commits nothing; the replica goes on hearing from it.
    let idle = until(&replica.server(), |seen| {
        seen.at >= Duration::from_secs(4).after(caught_up.at) && seen.heard.is_some()
    });
    let lag = idle.replication().unwrap().lag;
    assert!(lag < Duration::from_secs(3), "{lag} {idle:?}");

    primary.stop();
    let cut = until(&replica.server(), |seen| seen.heard.is_none());
    let seen = cut.replication().unwrap();
    assert_eq!(
        seen.lag,
        Duration::between(seen.last_applied_commit, cut.at)
    );
    let later = until(&replica.server(), |seen| seen.at > cut.at);
    assert!(later.replication().unwrap().lag > seen.lag);
    assert_eq!(later.wal, cut.wal);
}

#[test]
fn a_promoted_replica_is_a_primary_whose_history_goes_on_where_it_had_replayed() {
    let primary = Cluster::primary(Programs::find());
    let replica = primary.replica();
    primary.sql("create table writes (at timestamptz)");
    let written = read(&primary.server()).unwrap();
    until(&replica.server(), |seen| seen.wal >= written.wal);
    primary.stop();
    replica.promote();
    let promoted = until(&replica.server(), |seen| !seen.is_replica);
    assert!(promoted.wal >= written.wal);
    replica.sql("insert into writes values (clock_timestamp())");
}

#[test]
fn a_session_is_encrypted_and_only_a_server_that_the_authority_vouches_for_gets_the_password() {
    let primary = Cluster::primary(Programs::find());
    let authority = primary.encrypt();
    let stranger = primary.other_authority();

    let mut server = primary.server();
    server.host = "localhost".to_owned();
    server.certificates = Some(Certificates::parse(&authority).unwrap());
    assert!(!read(&server).unwrap().is_replica);

    server.certificates = Some(Certificates::parse(&stranger).unwrap());
    assert!(matches!(read(&server), Err(PostgresError::Server(_))));

    // Its certificate names another host.
    server.certificates = Some(Certificates::parse(&authority).unwrap());
    server.host = "127.0.0.1".to_owned();
    assert!(matches!(read(&server), Err(PostgresError::Server(_))));
}

#[test]
fn a_wrong_password_and_a_server_that_is_not_there_are_errors_that_name_no_secret() {
    let primary = Cluster::primary(Programs::find());
    let mut server = primary.server();
    server.login.password = "wr0ng-secret".into();
    let refused = read(&server).unwrap_err();
    assert!(!format!("{refused:?} {refused}").contains("wr0ng-secret"));
    primary.stop();
    assert!(matches!(
        read(&primary.server()),
        Err(PostgresError::Server(_))
    ));
}
