//! Reads everything that stands in a site's account.

use std::collections::BTreeSet;

use async_trait::async_trait;

use crate::model::{Resource, ScanGap, SiteId};

/// What is read in one go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ScanPart {
    /// Everything of the site's region.
    Region,
    /// The global services: they answer the same through either site.
    Global,
    /// What the region offers of the things that either site uses.
    Offers(Demand),
}

/// What the two sites use, so that each can be asked whether it offers it too.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Demand {
    /// Instance types: `t3.micro`.
    pub instance_types: BTreeSet<String>,
    /// Databases.
    pub databases: BTreeSet<DatabaseDemand>,
}

/// An engine version on a class.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct DatabaseDemand {
    /// `postgres`.
    pub engine: String,
    /// `16.3`.
    pub version: String,
    /// `db.t3.small`.
    pub class: String,
}

/// What was read.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Reading {
    /// What stands there.
    pub resources: Vec<Resource>,
    /// What could not be read.
    pub gaps: Vec<ScanGap>,
    /// How many calls were sent.
    pub calls: u64,
    /// How many of them were refused because there were too many.
    pub throttled: u64,
}

/// Reads one site's account. Changes nothing, is bounded in time, and does not fail as a whole: what could not be read is a
/// gap.
#[async_trait]
pub trait Scanner: Send + Sync {
    /// Reads `part`, and tells `watch` how far it is.
    async fn scan(&self, part: &ScanPart, watch: &dyn ScanWatch) -> Reading;
}

/// How far a scan of one site is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ScanProgress {
    /// Services that were read, with or without gaps.
    pub done: usize,
    /// Services in all.
    pub services: usize,
    /// Calls sent so far.
    pub calls: u64,
    /// How many of them were refused because there were too many.
    pub throttled: u64,
}

/// Is told how far scans are.
pub trait ScanWatch: Send + Sync {
    /// A scan of `site` went on.
    fn went_on(&self, site: &SiteId, progress: ScanProgress);
}
