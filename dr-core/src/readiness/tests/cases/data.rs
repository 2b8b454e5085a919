//! Databases, keys, secrets and parameters.

use serde_json::{Value, json};

use super::super::world::World;
use super::{Case, SECRET, STANDBY, case, set};
use crate::model::Severity::{Blocking, Notice, Slowing};
use crate::model::{Duration, Observed, ResourceKind as Kind};

/// The changes.
pub(super) const CASES: &[Case] = &[
    case("replica-missing", Blocking, |w| {
        w.remove(STANDBY, Kind::RdsInstance, "db");
    }),
    case("replica-broken", Blocking, |w| {
        set(Kind::RdsInstance, "db", "status", json!("storage-full"))(w);
    }),
    case("replica-broken", Blocking, |w| {
        set(Kind::RdsInstance, "db", "replication", json!("terminated"))(w);
    }),
    case("replica-broken", Slowing, |w| {
        set(Kind::RdsInstance, "db", "status", json!("backing-up"))(w);
    }),
    case("replica-of-another", Blocking, |w| {
        set(
            Kind::RdsInstance,
            "db",
            "replica-of",
            json!("arn:aws:rds:us-east-2:1:db:other"),
        )(w);
    }),
    case("replica-of-another", Blocking, |w| {
        w.thing(STANDBY, Kind::RdsInstance, "db")
            .attributes
            .remove("replica-of");
    }),
    case("replica-behind-rpo", Blocking, |w| {
        if let Observed::Database(state) = w.observed("database") {
            let replication = state.replication.as_mut().expect("a replica");
            replication.lag = Duration::from_mins(6);
        }
    }),
    case("database-not-orderable", Blocking, |w| {
        w.remove(STANDBY, Kind::RdsInstance, "db");
        not_orderable(w, "offered", json!(false));
    }),
    case("database-not-orderable", Blocking, |w| {
        w.remove(STANDBY, Kind::RdsInstance, "db");
        not_orderable(w, "zones", json!(["us-west-1a"]));
    }),
    case("database-not-orderable", Slowing, |w| {
        set(Kind::RdsInstance, "db", "multi-az", json!(false))(w);
        not_orderable(w, "offered", json!(false));
    }),
    case("database-not-orderable", Slowing, |w| {
        set(Kind::RdsInstance, "db", "multi-az", json!(false))(w);
        not_orderable(w, "multi-az", json!(false));
    }),
    case("database-not-orderable", Notice, |w| {
        not_orderable(w, "offered", json!(false));
    }),
    case("database-not-orderable", Notice, |w| {
        not_orderable(w, "storage-types", json!(["gp2"]));
    }),
    case("policy-pinned-to-primary", Blocking, |w| {
        policy(
            w,
            &json!([condition(
                "Deny",
                "StringNotEquals",
                &json!({"aws:RequestedRegion": "us-east-2"})
            )]),
        );
    }),
    case("policy-pinned-to-primary", Blocking, |w| {
        policy(
            w,
            &json!([condition(
                "Allow",
                "StringLike",
                &json!({"kms:ViaService": "*.us-east-2.amazonaws.com"})
            )]),
        );
    }),
    case("policy-pinned-to-primary", Slowing, |w| {
        let one = condition(
            "Allow",
            "ForAnyValue:ArnLikeIfExists",
            &json!({"aws:SourceArn": ["arn:aws:rds:us-east-2:1:db:*"]}),
        );
        policy(w, &json!([{"Effect": "Allow", "Action": "kms:*"}, one]));
    }),
    case("policy-pinned-to-primary", Blocking, |w| {
        let only = condition(
            "Deny",
            "StringNotEquals",
            &json!({"aws:SourceVpc": "vpc-p"}),
        );
        set(
            Kind::S3Bucket,
            "files-s",
            "policy",
            json!({"Statement": only}),
        )(w);
    }),
    case("policy-pinned-to-primary", Notice, |w| {
        let one = condition("Allow", "StringEquals", &json!({"aws:SourceVpc": "vpc-p"}));
        set(
            Kind::S3Bucket,
            "files-s",
            "policy",
            json!({"Statement": one}),
        )(w);
    }),
    case("role-pinned-to-primary", Blocking, |w| {
        let one = "arn:aws:ssm:us-east-2:1:parameter/shop/*";
        may(
            w,
            &json!({"Effect": "Allow", "Action": ["ssm:GetParameter"], "Resource": one}),
        );
    }),
    case("role-pinned-to-primary", Blocking, |w| {
        let there = json!({"StringEquals": {"aws:RequestedRegion": "us-east-2"}});
        may(
            w,
            &json!([
                {"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": there},
                {"Effect": "Allow", "Action": "ssm:*", "Resource": "*"},
            ]),
        );
    }),
    case("role-pinned-to-primary", Blocking, |w| {
        let there = json!({"StringNotEquals": {"aws:RequestedRegion": ["us-east-2"]}});
        may(
            w,
            &json!([
                {"Effect": "Allow", "Action": "*", "Resource": "*"},
                {"Effect": "Deny", "NotAction": "iam:*", "Resource": "*", "Condition": there},
            ]),
        );
    }),
    case("role-pinned-to-primary", Slowing, |w| {
        let queue = "arn:aws:sqs:us-east-2:1:orders";
        may(
            w,
            &json!({"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": queue}),
        );
        let of_aws = json!(["arn:aws:iam::aws:policy/AmazonSQSFullAccess"]);
        set(Kind::IamRole, "shop-app", "policies-of-aws", of_aws)(w);
    }),
    case("subnet-group-one-zone", Blocking, |w| {
        set(Kind::RdsSubnetGroup, "db", "zones", json!(["us-west-1a"]))(w);
    }),
    case("parameter-group-missing", Blocking, |w| {
        w.remove(STANDBY, Kind::RdsParameterGroup, "db");
    }),
    case("parameter-group-missing", Blocking, |w| {
        set(
            Kind::RdsInstance,
            "db",
            "parameter-groups",
            json!(["default.postgres16"]),
        )(w);
    }),
    case("parameter-group-pending", Slowing, |w| {
        set(
            Kind::RdsInstance,
            "db",
            "parameter-status",
            json!(["db: pending-reboot"]),
        )(w);
    }),
    case("key-unusable", Blocking, |w| {
        set(Kind::KmsKey, "k-1", "state", json!("Disabled"))(w);
    }),
    case("key-unusable", Blocking, |w| {
        set(Kind::KmsKey, "k-1", "state", json!("PendingDeletion"))(w);
    }),
    case("key-unusable", Blocking, |w| {
        w.remove(STANDBY, Kind::KmsKey, "k-1");
    }),
    case("backups-off", Slowing, |w| {
        w.set("ohio", Kind::RdsInstance, "db", "backup-days", json!(0));
    }),
    case("backup-stale", Slowing, |w| {
        w.set(
            "ohio",
            Kind::RdsSnapshot,
            "rds:db-2",
            "created",
            json!("2026-03-01T03:00:00Z"),
        );
    }),
    case("backup-stale", Slowing, |w| {
        w.remove("ohio", Kind::RdsSnapshot, "rds:db-2");
    }),
    case("secret-replica-failed", Blocking, |w| {
        let copies =
            json!([{"region": "us-west-1", "status": "Failed", "message": "it exists already"}]);
        w.set(
            "ohio",
            Kind::SecretsManagerSecret,
            SECRET,
            "replicas",
            copies,
        );
    }),
    case("secret-replica-failed", Slowing, |w| {
        let copies = json!([{"region": "us-west-1", "status": "InProgress"}]);
        w.set(
            "ohio",
            Kind::SecretsManagerSecret,
            SECRET,
            "replicas",
            copies,
        );
    }),
    case("secret-older-at-standby", Slowing, |w| {
        w.set(
            "ohio",
            Kind::SecretsManagerSecret,
            SECRET,
            "changed",
            json!("2026-02-21T00:00:00Z"),
        );
    }),
    case("parameter-names-primary", Blocking, |w| {
        set(
            Kind::SsmParameter,
            "/shop/endpoint",
            "mentions",
            json!(["db.us-east-2.rds.amazonaws.com"]),
        )(w);
    }),
    case("parameter-names-primary", Blocking, |w| {
        set(
            Kind::SsmParameter,
            "/shop/endpoint",
            "mentions",
            json!(["us-east-2"]),
        )(w);
    }),
    case("parameter-names-primary", Blocking, |w| {
        set(
            Kind::SsmParameter,
            "/shop/endpoint",
            "value-hash",
            json!("sha256:p"),
        )(w);
    }),
];

fn not_orderable(world: &mut World, attribute: &str, value: Value) {
    set(
        Kind::RdsOrderable,
        "postgres/16.3/db.t3.small",
        attribute,
        value,
    )(world);
}

/// What the role of the standby's machines may do.
fn may(world: &mut World, statements: &Value) {
    let policies = json!({"own": {"Version": "2012-10-17", "Statement": statements}});
    set(Kind::IamRole, "shop-app", "policies", policies)(world);
}

fn policy(world: &mut World, statements: &Value) {
    set(
        Kind::KmsKey,
        "k-1",
        "policy",
        json!({"Statement": statements}),
    )(world);
}

fn condition(effect: &str, operator: &str, of: &Value) -> Value {
    json!({"Sid": "one", "Effect": effect, "Action": "*", "Resource": "*", "Condition": {operator: of}})
}
