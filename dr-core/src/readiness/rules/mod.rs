//! The rules. A new one is a file here, or an entry of the file about the same thing, and its place in [`ALL`]; a quota is a row of `quota`.

#[cfg(test)]
pub(super) use state::TYPES as TERRAFORM_TYPES;

mod addresses;
mod backup;
mod bucket;
mod certificate;
mod condition;
mod exercise;
mod front_door;
mod image;
mod key;
mod mirror;
mod network;
mod offering;
mod orderable;
mod parameter;
mod policy;
mod quota;
mod replica;
mod role;
mod runbook;
mod secret;
mod standby_database;
mod state;
mod template;

pub use quota::{QUOTAS, Quota};

use super::rule::Rule;

/// Every rule; reports show them family by family, in this order.
pub fn all() -> impl Iterator<Item = &'static Rule> + Clone {
    ALL.iter().chain(quota::RULES)
}

const ALL: &[Rule] = &[
    offering::MISSING,
    offering::RULE,
    condition::ZONE,
    condition::MEMBERS,
    condition::CLUSTER,
    condition::NODE_GROUP,
    image::ABSENT,
    image::ARCHITECTURE,
    image::STALE,
    image::DEPRECATED,
    template::RULE,
    role::MISSING,
    replica::MISSING,
    replica::BROKEN,
    replica::ELSEWHERE,
    replica::BEHIND,
    orderable::RULE,
    standby_database::SUBNETS,
    standby_database::PARAMETERS,
    standby_database::PENDING,
    standby_database::CHANGE,
    key::RULE,
    backup::OFF,
    backup::STALE,
    front_door::PAIR,
    front_door::CHECK,
    front_door::TARGET,
    front_door::ALIAS,
    front_door::TTL,
    condition::BALANCER,
    condition::TARGETS,
    certificate::MISSING,
    certificate::NOT_ISSUED,
    certificate::NAMES,
    certificate::EXPIRES,
    secret::REPLICA,
    secret::OLDER,
    parameter::RULE,
    condition::NETWORK,
    addresses::RULE,
    network::EGRESS,
    network::OVERLAP,
    network::ZONES,
    bucket::RULE,
    condition::GIT_SERVER,
    state::ABSENT,
    state::LOCKED,
    state::GONE,
    state::UNMANAGED,
    mirror::RULE,
    policy::RULE,
    role::PINNED,
    runbook::RULE,
    exercise::NEVER,
    exercise::OLDER,
];
