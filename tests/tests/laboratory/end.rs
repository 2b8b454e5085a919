//! How a movement ends, whatever happened to the operators on the way: what every story about trouble compares.

use std::collections::BTreeMap;

use anyhow::{Context, Result, ensure};
use dr_tests::laboratory::{Call, Story};
use serde_json::Value;

use super::region::{is_replica, plans_are_empty};

const DATABASE: &str = "storefront-database";

/// The databases of a region, with whether each is a replica.
fn databases(truth: &Value, region: &str) -> Result<BTreeMap<String, bool>> {
    let databases = truth["regions"][region]["databases"].as_object();
    let databases = databases.context("databases are told")?.iter();
    Ok(databases
        .map(|(name, database)| (name.clone(), database["source"].is_string()))
        .collect())
}

/// How often a call had its effect in a region, whether it was answered or not.
fn effects(calls: &[Call], region: &str, operation: &str) -> usize {
    calls
        .iter()
        .filter(|call| call.region == region && call.operation == operation)
        .filter(|call| call.status == Some(200))
        .count()
}

/// The primary is in `region`, was promoted there once, and clients are served by `site` with a whole fleet. `calls` are those
/// of the movement.
pub(super) fn one_primary(story: &Story, calls: &[Call], region: &str, site: &str) -> Result<()> {
    let truth = story.truth()?;
    ensure!(
        is_replica(&truth, region) == Some(false),
        "{site} is primary"
    );
    ensure!(
        truth["answers"] == site,
        "clients are sent to {site}, not to {}",
        truth["answers"]
    );
    let promotions = effects(calls, region, "PromoteReadReplica");
    ensure!(promotions == 1, "{promotions} promotions in {region}");
    let fleet = &truth["regions"][region]["fleets"]["storefront-app"]["desired"];
    ensure!(*fleet == 3, "the fleet of {region} has {fleet} members");
    let twice = story.twice()?;
    ensure!(twice.is_empty(), "both sites could take writes: {twice:?}");
    Ok(())
}

/// One replica of the new primary was built in `region`, beside `old` primaries that were set aside; Terraform has nothing to do.
pub(super) fn one_replica(story: &Story, calls: &[Call], region: &str, old: usize) -> Result<()> {
    let databases = databases(&story.truth()?, region)?;
    ensure!(
        databases.get(DATABASE) == Some(&true),
        "{region} has a replica under the database's name: {databases:?}"
    );
    let others = databases.iter().filter(|(name, _)| *name != DATABASE);
    let aside: Vec<_> = others.collect();
    ensure!(
        aside.len() == old && aside.iter().all(|(_, is_replica)| !**is_replica),
        "{old} old primaries are kept in {region}: {databases:?}"
    );
    let built = effects(calls, region, "CreateDBInstanceReadReplica");
    ensure!(built == 1, "{built} replicas were built in {region}");
    plans_are_empty(story, &format!("what ends with a replica in {region}"))
}
