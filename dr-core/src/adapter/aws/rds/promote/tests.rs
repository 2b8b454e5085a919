use super::*;
use crate::adapter::aws::memory::wait;
use crate::adapter::aws::rds::account::{Account, permit};
use crate::port::Database;

/// A replica that was just promoted: it serves, and nothing else is done.
fn promoted() -> Account {
    let account = Account::new();
    account
        .world()
        .tags
        .insert(PROMOTING.to_owned(), "r-1".to_owned());
    account
}

fn refuse(account: &Account, code: &'static str, times: usize) {
    let modify = "ModifyDBInstance".to_owned();
    account.world().refused.insert(modify, (400, code, times));
}

fn promote(database: &RdsDatabase) -> Result<(), PortError> {
    wait(database.promote(&permit()))
}

fn status(database: &RdsDatabase) -> (DatabaseStatus, usize) {
    let state = wait(database.observe()).expect("it is read");
    (state.status, state.lacks.len())
}

#[test]
fn what_is_refused_while_a_backup_runs_is_asked_again_until_it_is_accepted() {
    let account = promoted();
    refuse(&account, "InvalidDBInstanceState", 2);
    let database = account.database(|_| {});
    for _ in 0..2 {
        assert_eq!(promote(&database).unwrap_err().class, ErrorClass::Conflict);
        assert_eq!(status(&database), (DatabaseStatus::Promoting, 3));
    }
    promote(&database).unwrap();
    assert_eq!(status(&database), (DatabaseStatus::Available, 0));
    assert!(account.world().tags.is_empty());
    let world = account.world();
    assert!(world.multi_az && world.protected && world.retention > 0);
}

#[test]
fn a_backup_that_runs_for_long_does_not_hold_clients_up_and_what_is_lacking_is_told() {
    let account = promoted();
    refuse(&account, "InvalidDBInstanceState", usize::MAX);
    let database = account.database(|_| {});
    assert!(promote(&database).is_err());
    let clock = database.here.clock.clone();
    wait(clock.sleep(Duration::from_secs(119)));
    assert!(promote(&database).is_err());
    wait(clock.sleep(Duration::from_secs(1)));
    promote(&database).unwrap();
    assert!(account.world().tags.is_empty());
    assert_eq!(status(&database), (DatabaseStatus::Available, 3));
}

#[test]
fn what_is_refused_for_good_does_not_hold_up_a_failover_and_is_told() {
    let account = promoted();
    refuse(&account, "InsufficientDBInstanceCapacity", usize::MAX);
    let database = account.database(|_| {});
    promote(&database).unwrap();
    assert!(account.world().tags.is_empty());
    let state = wait(database.observe()).unwrap();
    assert!(state.is_writable_primary());
    assert_eq!(
        state.lacks,
        [
            "a standby in another zone",
            "backups that are kept for 7 days instead of 0",
            "protection against deletion"
        ]
    );
}

#[test]
fn backups_that_are_kept_for_longer_lack_nothing() {
    let account = Account::new();
    {
        let mut world = account.world();
        (world.multi_az, world.protected, world.retention) = (true, true, 35);
    }
    let database = account.database(|_| {});
    assert_eq!(status(&database), (DatabaseStatus::Available, 0));
}

#[test]
fn what_is_refused_for_good_keeps_the_primary_from_nothing_else() {
    let account = promoted();
    account.world().is_full = true;
    let database = account.database(|_| {});
    promote(&database).unwrap();
    let state = wait(database.observe()).unwrap();
    assert!(state.is_writable_primary());
    assert_eq!(state.lacks, ["a standby in another zone"]);
}

#[test]
fn what_is_only_refused_for_now_is_waited_for_beside_what_is_refused_for_good() {
    let account = promoted();
    account.world().is_full = true;
    // Only its protection is set at once: the instance is busy with that.
    account.world().busy_after = Some(1);
    let database = account.database(|_| {});
    assert_eq!(promote(&database).unwrap_err().class, ErrorClass::Conflict);
    assert_eq!(status(&database), (DatabaseStatus::Promoting, 2));
    account.world().busy_after = None;
    promote(&database).unwrap();
    assert_eq!(status(&database), (DatabaseStatus::Available, 1));
}
