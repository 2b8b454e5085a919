//! What was read of the estate's accounts, and what could not be.

use std::collections::BTreeMap;
use std::fmt;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{EstateName, Region, Resource, ResourceKind, SiteId};

/// Why something could not be read.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum GapClass {
    /// The credentials do not allow the call, or are not accepted.
    Denied,
    /// The service refused for too many calls, again and again.
    Throttled,
    /// Nobody answered.
    Unreachable,
    /// Something answered that is not the service: a proxy's page, say.
    NotAnAnswer,
    /// It was not asked, because nothing else of the service or the region answered.
    Skipped,
    /// The service answered with an error, or with something that makes no sense.
    Failed,
    /// It was kept by a program that did not ask for it yet.
    Older,
}

impl fmt::Display for GapClass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Denied => "denied",
            Self::Throttled => "throttled",
            Self::Unreachable => "unreachable",
            Self::NotAnAnswer => "not an answer",
            Self::Skipped => "not asked",
            Self::Failed => "failed",
            Self::Older => "older",
        })
    }
}

/// What could not be read of a kind, and why. Nothing is said about what a gap covers: neither that it is there nor that
/// it is not.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct ScanGap {
    /// What was to be read.
    pub kind: ResourceKind,
    /// The one resource that lacks something; `None`: resources may be missing altogether.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub about: Option<String>,
    /// The attributes that are missing because of it. Empty: resources themselves are.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attributes: Vec<String>,
    /// What came of the call.
    pub class: GapClass,
    /// The call, by its action in access policies: `ec2:DescribeInstances`.
    pub action: String,
    /// Why, in one sentence.
    pub reason: String,
    /// How many resources had been read when the call failed: they are kept, the rest of the pages is missing.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub kept: usize,
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde passes a reference"
)]
fn is_zero(count: &usize) -> bool {
    *count == 0
}

impl ScanGap {
    /// What to do about it.
    pub fn fix(&self) -> String {
        match self.class {
            GapClass::Denied => format!("allow {} to the role that dr uses there", self.action),
            GapClass::Throttled => {
                "something else uses up the account's calls: run dr discover again later".to_owned()
            }
            GapClass::Unreachable | GapClass::Skipped => {
                "check the way to the region and the health of the service, then run dr discover again"
                    .to_owned()
            }
            GapClass::NotAnAnswer => {
                "look at the endpoint and the proxies on the way: AWS did not write this answer"
                    .to_owned()
            }
            GapClass::Failed => "run dr discover again; look the error up if it stays".to_owned(),
            GapClass::Older => "run dr discover again".to_owned(),
        }
    }
}

/// What was read of one site, or of the global services through one.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct SiteScan {
    /// The site.
    pub site: SiteId,
    /// Its region.
    pub region: Region,
    /// When reading ended. Reality may differ since.
    pub at: Timestamp,
    /// What was read, sorted by kind and id.
    pub resources: Vec<Resource>,
    /// What could not be read, sorted by kind.
    pub gaps: Vec<ScanGap>,
    /// How many calls were sent.
    pub calls: u64,
    /// How many of them were refused because there were too many.
    pub throttled: u64,
}

impl SiteScan {
    /// The resources of a kind.
    pub fn of_kind(&self, kind: ResourceKind) -> impl Iterator<Item = &Resource> {
        self.resources
            .iter()
            .filter(move |resource| resource.kind == kind)
    }

    /// The gaps of a kind.
    pub fn gaps_of(&self, kind: ResourceKind) -> impl Iterator<Item = &ScanGap> {
        self.gaps.iter().filter(move |gap| gap.kind == kind)
    }

    /// Whether everything of a kind was read: only then does an absent resource mean that there is none.
    pub fn is_complete(&self, kind: ResourceKind) -> bool {
        self.gaps_of(kind).next().is_none()
    }
}

/// What was read of the estate's accounts: one column a site, and the global services once.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct EstateScan {
    /// The version of this form: [`EstateScan::FORMAT`].
    pub format: u32,
    /// The estate.
    pub estate: EstateName,
    /// One scan a site that was asked for.
    pub sites: BTreeMap<SiteId, SiteScan>,
    /// The global services: names, records and health checks; through the site that it names.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub global: Option<SiteScan>,
    /// The names of the kinds that are read by the program that wrote it: of another kind it says nothing. Empty where it was written
    /// by one that did not tell.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub kinds: Vec<String>,
}

impl EstateScan {
    /// The version of the form that this program writes. It grows when a reader of the old form would misread the new one.
    pub const FORMAT: u32 = 1;

    /// The kinds that this program reads.
    pub fn kinds_read() -> Vec<String> {
        let kinds = ResourceKind::ALL.iter();
        kinds.map(|kind| kind.name().to_owned()).collect()
    }

    /// What was kept, with a gap for each kind that nobody asked for then: that nothing of it stands there does not mean that there
    /// was none. Of a scan that does not tell what was asked for these are the kinds of which it holds nothing.
    #[must_use]
    pub fn as_kept(mut self) -> Self {
        let holds = |kind: ResourceKind| {
            let mut parts = self.parts();
            parts.any(|part| part.of_kind(kind).next().is_some() || !part.is_complete(kind))
        };
        let is_known = |kind: &ResourceKind| match self.kinds.is_empty() {
            true => holds(*kind),
            false => self.kinds.iter().any(|name| name == kind.name()),
        };
        let kinds = ResourceKind::ALL.iter().copied();
        let unasked: Vec<ResourceKind> = kinds.filter(|kind| !is_known(kind)).collect();
        for kind in unasked {
            let parts = self.sites.values_mut().filter(|_| !kind.is_global());
            let global = self.global.iter_mut().filter(|_| kind.is_global());
            for part in parts.chain(global) {
                part.gaps.push(ScanGap {
                    kind,
                    about: None,
                    attributes: Vec::new(),
                    class: GapClass::Older,
                    action: String::new(),
                    reason: "this scan was kept by a dr that did not ask for it, or does not say that it did".to_owned(),
                    kept: 0,
                });
                part.gaps.sort();
            }
        }
        self
    }

    /// Every part, the sites first.
    pub fn parts(&self) -> impl Iterator<Item = &SiteScan> {
        self.sites.values().chain(&self.global)
    }

    /// Whether everything that was asked for was read.
    pub fn is_complete(&self) -> bool {
        self.parts().all(|part| part.gaps.is_empty())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_what_nobody_asked_for_a_kept_scan_says_nothing() {
        let part = |resources| SiteScan {
            site: "ohio".parse().expect("a name"),
            region: "us-east-2".parse().expect("a region"),
            at: Timestamp::UNIX_EPOCH,
            resources,
            gaps: Vec::new(),
            calls: 0,
            throttled: 0,
        };
        let ohio = part(vec![Resource::new(ResourceKind::Ec2Vpc, "vpc-1")]);
        let scan = EstateScan {
            format: EstateScan::FORMAT,
            kinds: EstateScan::kinds_read(),
            estate: "shop".parse().expect("a name"),
            sites: BTreeMap::from([(ohio.site.clone(), ohio)]),
            global: Some(part(Vec::new())),
        };
        assert_eq!(scan.clone().as_kept(), scan);
        let asked = |kinds: &[&str]| {
            let kinds = kinds.iter().map(|kind| (*kind).to_owned()).collect();
            let kept = EstateScan {
                kinds,
                ..scan.clone()
            }
            .as_kept();
            let complete = |part: &SiteScan, kind| part.is_complete(kind);
            let ohio = kept.sites.values().next().expect("a site");
            let global = kept.global.as_ref().expect("the global services");
            [
                complete(ohio, ResourceKind::Ec2Vpc),
                complete(ohio, ResourceKind::EksCluster),
                complete(global, ResourceKind::EksCluster),
                complete(global, ResourceKind::Route53Record),
            ]
        };
        assert_eq!(
            asked(&["ec2/vpc", "eks/cluster"]),
            [true, true, true, false]
        );
        assert_eq!(
            asked(&["ec2/vpc", "route53/record"]),
            [true, false, true, true]
        );
        // One that does not tell what was asked for.
        assert_eq!(asked(&[]), [true, false, true, false]);
    }
}
