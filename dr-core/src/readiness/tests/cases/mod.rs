//! For each rule the smallest changes that violate it.

mod conditions;
mod data;
mod doors;
mod machines;

use serde_json::Value;

use super::world::World;
use crate::model::{ResourceKind as Kind, Severity};

/// Every case.
pub(super) fn all() -> impl Iterator<Item = &'static Case> {
    machines::CASES
        .iter()
        .chain(data::CASES)
        .chain(doors::CASES)
        .chain(conditions::CASES)
}

/// A change, the rule that it violates, and how bad that is.
pub(super) struct Case {
    pub(super) code: &'static str,
    pub(super) worst: Severity,
    pub(super) change: fn(&mut World),
}

const fn case(code: &'static str, worst: Severity, change: fn(&mut World)) -> Case {
    Case {
        code,
        worst,
        change,
    }
}

pub(super) const STANDBY: &str = "california";
const BALANCER: &str = "arn:aws:elasticloadbalancing:us-west-1:1:loadbalancer/app/lb/1";
pub(super) const LISTENER: &str =
    "arn:aws:elasticloadbalancing:us-west-1:1:loadbalancer/app/lb/1/443";
const CERTIFICATE: &str = "arn:aws:acm:us-west-1:1:certificate/c";
const SECRET: &str = "arn:aws:secretsmanager:us-east-2:1:secret:login-x";

pub(super) fn set(kind: Kind, id: &str, attribute: &str, value: Value) -> impl Fn(&mut World) {
    move |world| world.set(STANDBY, kind, id, attribute, value.clone())
}

fn record(world: &mut World, site: &str, attribute: &str, value: Value) {
    let id = format!("Z1/app.shop.example./A/{site}");
    world.set("global", Kind::Route53Record, &id, attribute, value);
}
