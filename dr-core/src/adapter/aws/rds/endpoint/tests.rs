use proptest::prelude::*;
use serde_json::{Value, json};

use super::secret::{field, next_version, with_field};
use super::*;
use crate::adapter::aws::memory::wait;
use crate::adapter::aws::rds::account::{ADDRESS, Account, permit};
use crate::model::DatabaseStatus;
use crate::port::Database;

const OTHER: &str = "storefront-database.abc.us-east-2.rds.amazonaws.com";

/// A database whose address is told in one of three ways, and a world in which each of them tells another's.
fn bound(way: &str) -> (Account, RdsDatabase) {
    let account = Account::new();
    let database = account.database(|binding| match way {
        "parameter" => binding.endpoint_parameter = Some("/app/database".to_owned()),
        "secret" => binding.endpoint_secret = Some("app/database".to_owned()),
        _ => {
            binding.endpoint_zone = Some("Z1".to_owned());
            binding.endpoint_record = Some("db.internal".to_owned());
        }
    });
    let mut world = account.world();
    let parameter = ("/app/database".to_owned(), format!("{OTHER}:5432"));
    world.parameters.extend([parameter]);
    let secret = format!("{{ \"host\": \"{OTHER}\", \"port\": 5432, \"password\": \"p\" }}");
    world.secret.push(("v1".to_owned(), secret));
    world.record = Some((OTHER.to_owned(), 30));
    drop(world);
    (account, database)
}

const WAYS: [&str; 3] = ["parameter", "secret", "record"];

#[test]
fn a_primary_whose_address_is_not_told_yet_is_promoting_and_a_promotion_tells_it() {
    for way in WAYS {
        let (_, database) = bound(way);
        let status = || wait(database.observe()).unwrap().status;
        assert_eq!(status(), DatabaseStatus::Promoting, "{way}");
        wait(database.promote(&permit())).unwrap();
        assert_eq!(status(), DatabaseStatus::Available, "{way}");
    }
}

#[test]
fn an_address_that_is_told_is_not_written_again() {
    for way in WAYS {
        let (account, database) = bound(way);
        wait(database.publish(ADDRESS, &permit())).unwrap();
        account.world().calls.clear();
        wait(database.publish(ADDRESS, &permit())).unwrap();
        let writes: Vec<String> = account.world().calls.clone();
        assert!(
            writes
                .iter()
                .all(|call| call.starts_with("Get") || call.starts_with("List")),
            "{way}: {writes:?}"
        );
    }
}

#[test]
fn of_a_secret_only_the_field_is_changed_and_the_version_before_stays() {
    let (account, database) = bound("secret");
    wait(database.publish(ADDRESS, &permit())).unwrap();
    let world = account.world();
    let [(_, before), (version, now)] = world.secret.as_slice() else {
        panic!("two versions");
    };
    assert_eq!(*now, before.replace(OTHER, ADDRESS));
    assert_eq!(version.len(), 64);
}

#[test]
fn a_write_of_a_secret_that_is_repeated_makes_one_version() {
    let (account, database) = bound("secret");
    let before = account.world().secret.clone();
    wait(database.publish(ADDRESS, &permit())).unwrap();
    let after = account.world().secret.clone();
    // The answer was lost, and what is read is still the version before.
    account.world().secret = vec![after[1].clone(), before[0].clone()];
    let error = wait(database.publish(ADDRESS, &permit())).unwrap_err();
    assert_eq!(error.class, ErrorClass::Transient, "it is not read back");
    assert_eq!(account.world().secret.len(), 2);
}

#[test]
fn a_secret_that_is_no_json_object_is_refused_and_not_repeated_in_the_error() {
    let (account, database) = bound("secret");
    for text in ["user:hunter2", "[\"hunter2\"]", "\"hunter2\""] {
        account.world().secret = vec![("v1".to_owned(), text.to_owned())];
        let error = wait(database.publish(ADDRESS, &permit())).unwrap_err();
        assert_eq!(error.class, ErrorClass::Invalid);
        assert!(!error.to_string().contains("hunter2"), "{error}");
    }
}

#[test]
fn a_secret_that_is_not_there_tells_no_address_and_is_not_made() {
    let (account, database) = bound("secret");
    account.world().secret.clear();
    let state = wait(database.observe()).unwrap();
    assert_eq!(state.status, DatabaseStatus::Promoting);
    let error = wait(database.promote(&permit())).unwrap_err();
    assert_eq!(error.class, ErrorClass::NotFound);
    assert!(account.world().secret.is_empty());
}

#[test]
fn what_keeps_an_address_from_being_written_is_told_before_it_is() {
    for way in WAYS {
        let (account, database) = bound(way);
        wait(database.check_endpoint()).unwrap();
        let silent = ["ssm", "secretsmanager", "route53"];
        account.world().silent.extend(silent);
        assert!(wait(database.check_endpoint()).is_err(), "{way}");
    }
    let (account, database) = bound("secret");
    account.world().secret = vec![("v1".to_owned(), "user:hunter2".to_owned())];
    let error = wait(database.check_endpoint()).unwrap_err();
    assert_eq!(error.class, ErrorClass::Invalid);
    assert!(!error.to_string().contains("hunter2"), "{error}");
    account.world().secret.clear();
    let error = wait(database.check_endpoint()).unwrap_err();
    assert_eq!(error.class, ErrorClass::NotFound);
    assert!(
        account
            .world()
            .calls
            .iter()
            .all(|call| call.starts_with("Get"))
    );
    // The promotion makes it.
    let (account, database) = bound("parameter");
    account.world().parameters.clear();
    wait(database.check_endpoint()).unwrap();
}

#[test]
fn a_record_keeps_its_time_to_live() {
    let (account, database) = bound("record");
    wait(database.publish(ADDRESS, &permit())).unwrap();
    assert_eq!(account.world().record, Some((ADDRESS.to_owned(), 30)));
    account.world().record = None;
    wait(database.publish(ADDRESS, &permit())).unwrap();
    assert_eq!(account.world().record, Some((ADDRESS.to_owned(), 5)));
}

#[test]
fn a_name_that_cannot_be_read_keeps_nobody_from_looking_at_the_database_and_is_told_as_doubt() {
    let (account, database) = bound("record");
    account.world().silent.insert("route53");
    let state = wait(database.observe()).unwrap();
    assert!(state.is_writable_primary());
    let doubt = state.lacks.last().expect("a doubt");
    assert!(
        doubt.contains("a name that is known to lead to it"),
        "{doubt}"
    );
    assert!(
        wait(database.promote(&permit())).is_err(),
        "it must be told"
    );
}

#[test]
fn a_version_is_named_by_the_run_the_version_before_and_the_address() {
    let one = next_version("run/step", "v1", ADDRESS);
    assert_eq!(one, next_version("run/step", "v1", ADDRESS));
    for other in [
        next_version("run2/step", "v1", ADDRESS),
        next_version("run/step", "v2", ADDRESS),
        next_version("run/step", "v1", OTHER),
    ] {
        assert_ne!(one, other);
    }
}

#[test]
fn a_field_is_changed_where_it_stands_and_added_where_it_does_not() {
    for (before, after) in [
        ("{}", "{\"host\":\"x\"}"),
        (" { \"a\" : 1.50 } ", " {\"host\":\"x\", \"a\" : 1.50 } "),
        (
            "{\"host\":null,\"n\":123456789012345678901234567890}",
            "{\"host\":\"x\",\"n\":123456789012345678901234567890}",
        ),
        (
            "{\"in\":{\"host\":\"y\"},\"host\" :\"y\" }",
            "{\"in\":{\"host\":\"y\"},\"host\" :\"x\" }",
        ),
        (
            "{\"host\":\"a\",\"host\":\"b\"}",
            "{\"host\":\"x\",\"host\":\"x\"}",
        ),
    ] {
        assert_eq!(
            with_field(before, "host", "x").as_deref(),
            Some(after),
            "{before}"
        );
    }
    for none in ["", "host", "[1]", "{\"host\":}", "{} {}"] {
        assert_eq!(with_field(none, "host", "x"), None, "{none}");
    }
}

fn member() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        "[a-z\"{}:,\\\\é ]{0,12}".prop_map(Value::from),
    ];
    leaf.prop_recursive(2, 8, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..3).prop_map(Value::from),
            prop::collection::btree_map("[a-z\"]{1,5}|host", inner, 0..3)
                .prop_map(|members| json!(members)),
        ]
    })
}

proptest! {
    #[test]
    fn every_other_field_of_a_secret_is_what_it_was(
        members in prop::collection::btree_map("[a-z\"\\\\]{1,5}|host", member(), 0..5),
        pretty in any::<bool>(),
        value in "[a-z\"\\\\.]{0,20}",
    ) {
        let before = json!(members);
        let text = if pretty {
            serde_json::to_string_pretty(&before).unwrap()
        } else {
            before.to_string()
        };
        let changed = with_field(&text, "host", &value).unwrap();
        prop_assert_eq!(field(&changed, "host"), Some(value.clone()));
        let mut wanted = before;
        wanted["host"] = Value::from(value);
        prop_assert_eq!(serde_json::from_str::<Value>(&changed).unwrap(), wanted);
    }
}
