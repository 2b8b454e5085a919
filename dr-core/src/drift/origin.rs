//! Where a difference comes from: the other columns, each of which may tell which site departs from what.

use std::collections::BTreeMap;
use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::model::SiteId;

/// What one of the other columns tells of a difference.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case", tag = "is")]
pub enum Origin {
    /// The site is not what `estate.yaml` declares.
    NotAsDeclared {
        /// The site.
        site: SiteId,
        /// What is declared.
        declared: Value,
    },
    /// It changed on the site since the last scan that is known.
    Changed {
        /// The site.
        site: SiteId,
        /// When it was last seen otherwise.
        #[schemars(with = "String", extend("format" = "date-time"))]
        since: Timestamp,
    },
    /// The site's Terraform state has it, and the account has not: it was removed outside Terraform.
    Removed {
        /// The site.
        site: SiteId,
        /// Its address in the state.
        address: String,
    },
    /// The site's Terraform state does not have it either: it was never built there.
    NotBuilt {
        /// The site.
        site: SiteId,
        /// Its address in the other site's state.
        address: String,
    },
    /// No Terraform state of the site has it: it was made by hand.
    OutsideTerraform {
        /// The site.
        site: SiteId,
    },
    /// The site's Terraform state says otherwise: it was changed outside Terraform, and the next apply there undoes it.
    ChangedOutsideTerraform {
        /// The site.
        site: SiteId,
        /// Its address in the state.
        address: String,
        /// What the state says; nothing: it is not set there.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        stated: Option<Value>,
    },
    /// Both sites are as their Terraform states say: it comes from the code, or from its variables.
    AsApplied {
        /// Its address in the state of each site.
        addresses: BTreeMap<SiteId, String>,
    },
    /// The site's Terraform state is from before the database changed its role: a failover did it, and is not at its end.
    Failover {
        /// The site.
        site: SiteId,
        /// Its address in the state.
        address: String,
    },
    /// A fence of `dr` did it: the site is an old primary that has not been built up again.
    Fence {
        /// The site.
        site: SiteId,
    },
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotAsDeclared { site, declared } => {
                write!(f, "{site} is not as the estate declares it: {declared}")
            }
            Self::Changed { site, since } => {
                let since = since.strftime("%Y-%m-%d %H:%M:%S UTC");
                write!(f, "it changed in {site} since {since}")
            }
            Self::Removed { site, address } => write!(
                f,
                "{address} is in the state of {site}: it was removed outside Terraform"
            ),
            Self::NotBuilt { site, address } => write!(
                f,
                "{address} is not in the state of {site}: it was never built there"
            ),
            Self::OutsideTerraform { site } => {
                write!(
                    f,
                    "no state of {site} has it: it was made outside Terraform"
                )
            }
            Self::ChangedOutsideTerraform {
                site,
                address,
                stated,
            } => {
                let stated = stated
                    .as_ref()
                    .map_or_else(|| "nothing".to_owned(), Value::to_string);
                write!(
                    f,
                    "{address} in the state of {site} says {stated}: it was changed outside Terraform"
                )
            }
            Self::AsApplied { addresses } => {
                let addresses = addresses.iter();
                let addresses = addresses.map(|(site, address)| format!("{address} in {site}"));
                let addresses: Vec<String> = addresses.collect();
                write!(f, "so the stacks were applied: {}", addresses.join(", "))
            }
            Self::Failover { site, address } => write!(
                f,
                "{address} in the state of {site} is from before the database changed its role"
            ),
            Self::Fence { site } => write!(f, "a fence of dr did it in {site}"),
        }
    }
}
