//! A site's region, as seen by those who call it.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

/// What a region does to those who call it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::sim) struct Region {
    /// Nobody reaches it: neither operators, nor clients, nor the other site.
    pub(in crate::sim) dark: bool,
    /// Operators do not reach its interfaces; clients and the other site do.
    pub(in crate::sim) isolated: bool,
    /// Calls take so many times as long.
    pub(in crate::sim) slowness: u32,
    /// The share of the calls that is refused with "too many", in percent.
    pub(in crate::sim) throttled: u64,
    /// Calls that are not allowed: `rds:PromoteReadReplica`, or `rds:*`.
    pub(in crate::sim) denied: BTreeSet<String>,
}

impl Region {
    /// A region where all is well.
    pub(super) fn healthy() -> Self {
        Self {
            dark: false,
            isolated: false,
            slowness: 1,
            throttled: 0,
            denied: BTreeSet::new(),
        }
    }

    /// Whether operators reach its interfaces.
    pub(in crate::sim) fn answers_operators(&self) -> bool {
        !self.dark && !self.isolated
    }

    /// Whether it refuses a call as not allowed.
    pub(in crate::sim) fn denies(&self, service: &str, call: &str) -> bool {
        self.denied.iter().any(|denied| {
            denied
                .strip_prefix(service)
                .and_then(|rest| rest.strip_prefix(':'))
                .is_some_and(|denied| denied == "*" || denied == call)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_denial_is_of_one_call_or_of_a_whole_service() {
        let mut region = Region::healthy();
        region.denied.insert("rds:PromoteReadReplica".to_owned());
        region.denied.insert("ec2:*".to_owned());
        assert!(region.denies("rds", "PromoteReadReplica"));
        assert!(!region.denies("rds", "DescribeDBInstances"));
        assert!(region.denies("ec2", "DescribeSubnets"));
        assert!(!region.denies("s3", "GetObject"));
    }
}
