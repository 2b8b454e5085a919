use super::*;
use crate::adapter::aws::memory::wait;
use crate::adapter::aws::rds::account::{Account, NEIGHBOUR, QUARANTINE, permit};
use crate::port::Database;

fn denies_everybody(account: &Account) -> bool {
    account.world().denied.values().any(|a| a == "0.0.0.0/0")
}

fn is_in_quarantine(account: &Account) -> bool {
    account.world().groups.iter().eq([QUARANTINE])
}

#[test]
fn a_fence_is_told_once_both_walls_are_read_back() {
    let account = Account::new();
    let database = account.database(|_| {});
    wait(database.fence(&permit())).unwrap();
    assert!(denies_everybody(&account) && is_in_quarantine(&account));
    let state = wait(database.observe()).unwrap();
    assert!(state.fenced && !state.writable);
    let before = account.world().tags[BEFORE_FENCE].clone();
    assert_eq!(before, "sg-app protected=off");

    wait(database.unfence(&permit())).unwrap();
    assert!(account.world().denied.is_empty() && account.world().tags.is_empty());
    assert!(account.world().groups.iter().eq(["sg-app"]));
    assert!(wait(database.observe()).unwrap().writable);
}

#[test]
fn where_rds_does_not_answer_the_network_acl_cuts_everybody_off_all_the_same() {
    let account = Account::new();
    account.world().silent.insert("rds");
    let database = account.database(|_| {});
    let error = wait(database.fence(&permit())).unwrap_err();
    assert!(error.operation.starts_with("rds:"), "{error}");
    assert!(denies_everybody(&account));

    account.world().silent.clear();
    wait(database.fence(&permit())).unwrap();
    assert!(wait(database.observe()).unwrap().fenced);
}

#[test]
fn where_rds_reads_and_refuses_to_change_the_network_acl_cuts_everybody_off_all_the_same() {
    for refused in ["AddTagsToResource", "ModifyDBInstance"] {
        let account = Account::new();
        let no = (403, "AccessDenied", usize::MAX);
        account.world().refused.insert(refused.to_owned(), no);
        let error = wait(account.database(|_| {}).fence(&permit())).unwrap_err();
        assert_eq!(error.class, ErrorClass::Denied);
        assert!(denies_everybody(&account), "{refused}");
    }
}

#[test]
fn where_ec2_does_not_answer_the_quarantine_group_keeps_new_clients_out_all_the_same() {
    let account = Account::new();
    account.world().silent.insert("ec2");
    let database = account.database(|_| {});
    let error = wait(database.fence(&permit())).unwrap_err();
    assert!(error.operation.starts_with("ec2:"), "{error}");
    assert!(is_in_quarantine(&account));
    assert!(
        !account.world().tags.contains_key(FENCED),
        "nothing was read back"
    );
    let error = wait(database.observe()).unwrap_err();
    assert!(error.operation.starts_with("ec2:"), "RDS answered: {error}");
}

#[test]
fn a_quarantine_group_that_may_not_be_read_keeps_no_wall_from_being_put_up() {
    let account = Account::new();
    let no = (403, "UnauthorizedOperation", usize::MAX);
    let read = "DescribeSecurityGroups".to_owned();
    account.world().refused.insert(read, no);
    let error = wait(account.database(|_| {}).fence(&permit())).unwrap_err();
    assert_eq!(error.class, ErrorClass::Denied);
    assert!(denies_everybody(&account) && is_in_quarantine(&account));
}

#[test]
fn where_neither_answers_both_are_told() {
    let account = Account::new();
    account.world().silent.extend(["ec2", "rds"]);
    let error = wait(account.database(|_| {}).fence(&permit())).unwrap_err();
    let text = error.to_string();
    assert!(text.contains("ec2:") && text.contains("rds:"), "{text}");
}

#[test]
fn a_lost_answer_is_told_before_any_other_error() {
    let told = |class, operation: &str| PortError {
        class,
        operation: operation.to_owned(),
        place: "database@ohio".to_owned(),
        message: "no".to_owned(),
    };
    let denied = || Err(told(ErrorClass::Denied, "a"));
    let lost = || Err(told(ErrorClass::Indeterminate, "b"));
    for result in [both(denied(), lost()), both(lost(), denied())] {
        assert_eq!(result.unwrap_err().class, ErrorClass::Indeterminate);
    }
    assert_eq!(both(Ok(()), denied()), denied());
    assert_eq!(both(lost(), Ok(())), lost());
    assert_eq!(both(Ok(()), Ok(())), Ok(()));
}

#[test]
fn walls_that_are_none_are_put_up_and_named_and_never_told_as_a_fence() {
    let open_door = Account::new();
    open_door.world().doors = 1;
    let elsewhere = Account::new();
    elsewhere.world().behind = ["subnet-z".to_owned()].into();
    for (account, named) in [(open_door, QUARANTINE), (elsewhere, "acl-1")] {
        let database = account.database(|_| {});
        let error = wait(database.fence(&permit())).unwrap_err();
        assert_eq!(error.class, ErrorClass::Conflict);
        assert!(error.message.contains(named), "{error}");
        assert!(denies_everybody(&account) && is_in_quarantine(&account));
        let state = wait(database.observe()).unwrap();
        assert!(!state.fenced && !state.writable);
    }
}

/// What an earlier fence left, whose walls were taken down by hand.
fn left_over(account: &Account) {
    account.world().tags.extend(
        [
            (FENCED, "1960-01-01T00:00:09Z 1960-01-01T00:00:00Z r-1"),
            (FENCING, "1960-01-01T00:00:00Z r-1"),
            (BEFORE_FENCE, "sg-gone protected=off"),
        ]
        .map(|(key, value)| (key.to_owned(), value.to_owned())),
    );
}

#[test]
fn an_instant_of_an_earlier_fence_does_not_vouch_for_a_later_one() {
    let account = Account::new();
    left_over(&account);
    // Nothing has to be removed for that.
    let no = (403, "AccessDenied", usize::MAX);
    let remove = "RemoveTagsFromResource".to_owned();
    account.world().refused.insert(remove, no);
    let database = account.database(|_| {});
    wait(database.fence(&permit())).unwrap();
    assert!(account.world().tags[FENCED].starts_with("1970-01-01"));
    assert!(wait(database.observe()).unwrap().fenced);
    let before = account.world().tags[BEFORE_FENCE].clone();
    assert_eq!(before, "sg-app protected=off", "and not what once was");
}

#[test]
fn an_instant_of_an_earlier_fence_vouches_for_nothing_where_tags_cannot_be_changed() {
    let account = Account::new();
    left_over(&account);
    let no = (403, "AccessDenied", usize::MAX);
    let add = "AddTagsToResource".to_owned();
    account.world().refused.insert(add, no);
    let database = account.database(|_| {});
    assert!(wait(database.fence(&permit())).is_err());
    assert!(denies_everybody(&account));
    assert!(!wait(database.observe()).unwrap().fenced);
}

#[test]
fn a_fence_that_stands_keeps_its_instant() {
    let account = Account::new();
    let database = account.database(|_| {});
    wait(database.fence(&permit())).unwrap();
    let tags = account.world().tags.clone();
    wait(database.here.clock.sleep(Duration::from_secs(60)));
    wait(database.fence(&permit())).unwrap();
    assert_eq!(account.world().tags, tags);
}

#[test]
fn a_fence_whose_rule_was_removed_by_hand_is_another_one_when_it_is_whole_again() {
    let account = Account::new();
    let database = account.database(|_| {});
    wait(database.fence(&permit())).unwrap();
    let first = account.world().tags[FENCED].clone();
    account.world().denied.clear();
    wait(database.here.clock.sleep(Duration::from_secs(60)));
    wait(database.fence(&permit())).unwrap();
    assert!(account.world().tags[FENCED] > first);
    assert!(wait(database.observe()).unwrap().fenced);
}

#[test]
fn an_instance_that_is_busy_is_asked_again_until_it_is_not() {
    let account = Account::new();
    let busy = (400, "InvalidDBInstanceState", 3);
    let modify = "ModifyDBInstance".to_owned();
    account.world().refused.insert(modify, busy);
    let database = account.database(|_| {});
    wait(database.fence(&permit())).unwrap();
    assert!(wait(database.observe()).unwrap().fenced);
}

#[test]
fn what_was_put_up_while_rds_was_down_is_lifted_while_it_still_is() {
    let account = Account::new();
    account.world().silent.insert("rds");
    let database = account.database(|_| {});
    assert!(wait(database.fence(&permit())).is_err());
    assert!(denies_everybody(&account));
    let error = wait(database.unfence(&permit())).unwrap_err();
    assert!(error.operation.starts_with("rds:"), "the rest is not known");
    assert!(account.world().denied.is_empty());
}

#[test]
fn a_rule_that_another_fenced_database_needs_stays_until_that_is_lifted_too() {
    let account = Account::new();
    let database = account.shared_database();
    wait(database.fence(&permit())).unwrap();
    let fenced = (BEFORE_FENCE.to_owned(), "sg-app protected=off".to_owned());
    account.world().beside.extend([fenced]);
    wait(database.unfence(&permit())).unwrap();
    assert!(denies_everybody(&account) && account.world().tags.is_empty());

    account.world().beside.clear();
    account.world().silent.insert("rds");
    assert!(wait(database.unfence(&permit())).is_err());
    assert!(denies_everybody(&account), "nobody knows who needs it");
    account.world().silent.clear();
    wait(database.unfence(&permit())).unwrap();
    assert!(account.world().denied.is_empty());
}

#[test]
fn a_replica_is_not_promoted_behind_the_rule_that_fences_another_database() {
    let account = Account::new();
    let database = account.shared_database();
    wait(database.fence(&permit())).unwrap();
    {
        let mut world = account.world();
        world.tags.clear();
        world.replica = true;
        let fenced = (BEFORE_FENCE.to_owned(), "sg-app protected=off".to_owned());
        world.beside.extend([fenced]);
    }
    let error = wait(database.promote(&permit())).unwrap_err();
    assert_eq!(error.class, ErrorClass::Conflict);
    assert!(error.message.contains(NEIGHBOUR), "{error}");
    assert!(account.world().replica);
}

#[test]
fn a_number_that_another_fence_takes_meanwhile_keeps_nobody_from_the_next_one() {
    let account = Account::new();
    account.world().slower.extend([1, 2]);
    let database = account.database(|_| {});
    wait(database.fence(&permit())).unwrap();
    assert!(denies_everybody(&account));
    assert!(wait(database.observe()).unwrap().fenced);
}
