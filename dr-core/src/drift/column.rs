//! One site's part of a scan, with what is needed to find things in it.

use std::collections::BTreeSet;

use crate::model::{Resource, ResourceKind, ScanGap, Site, SiteScan};

/// One site's resources, found by kind, id and ARN.
#[derive(Debug)]
pub(crate) struct Column<'a> {
    /// The site.
    pub(crate) site: &'a Site,
    /// What was read of it.
    pub(crate) scan: &'a SiteScan,
    /// The account, where it was read.
    pub(crate) account: Option<&'a str>,
    by_id: Vec<u32>,
    by_arn: Vec<u32>,
    /// Attributes that hold the host name of something, each with the thing: sorted by host.
    by_host: Vec<(&'a str, u32)>,
}

/// The attributes under which a thing tells by what name it is reached.
const HOSTS: [&str; 2] = ["endpoint", "dns-name"];

impl<'a> Column<'a> {
    pub(crate) fn new(site: &'a Site, scan: &'a SiteScan) -> Self {
        let resources = &scan.resources;
        let all = 0..u32::try_from(resources.len()).expect("an account has fewer than 2^32 things");
        let mut by_id: Vec<u32> = all.clone().collect();
        by_id.sort_by_key(|&at| key(&resources[at as usize]));
        let mut by_arn: Vec<u32> = all
            .clone()
            // A state tells the ARNs of the things that it manages: they are meant, and not their line in the state.
            .filter(|&at| {
                let resource = &resources[at as usize];
                resource.arn.is_some() && resource.kind != ResourceKind::TerraformResource
            })
            .collect();
        by_arn.sort_by_key(|&at| resources[at as usize].arn.as_deref());
        let mut by_host: Vec<(&str, u32)> = all
            .flat_map(|at| {
                let hosts = HOSTS.iter();
                hosts.filter_map(move |host| Some((resources[at as usize].text(host)?, at)))
            })
            .collect();
        by_host.sort_unstable();
        let account = resources
            .iter()
            .find(|resource| resource.kind == ResourceKind::StsAccount);
        Self {
            site,
            scan,
            account: account.map(|account| account.id.as_str()),
            by_id,
            by_arn,
            by_host,
        }
    }

    /// The resource at a place.
    pub(crate) fn at(&self, at: u32) -> &'a Resource {
        &self.scan.resources[at as usize]
    }

    /// The places of all resources.
    pub(crate) fn places(&self) -> impl Iterator<Item = u32> + use<> {
        0..u32::try_from(self.by_id.len()).unwrap_or(u32::MAX)
    }

    /// The thing of a kind with that id.
    pub(crate) fn by_id(&self, kind: ResourceKind, id: &str) -> Option<u32> {
        let found = self
            .by_id
            .binary_search_by(|&at| key(self.at(at)).cmp(&(kind, id)));
        found.ok().map(|place| self.by_id[place])
    }

    /// The thing with that ARN.
    pub(crate) fn by_arn(&self, arn: &str) -> Option<u32> {
        let found = self
            .by_arn
            .binary_search_by(|&at| self.at(at).arn.as_deref().cmp(&Some(arn)));
        found.ok().map(|place| self.by_arn[place])
    }

    /// The thing that is reached by that host name.
    pub(crate) fn by_host(&self, host: &str) -> Option<u32> {
        let found = self.by_host.binary_search_by(|(name, _)| (*name).cmp(host));
        found.ok().map(|place| self.by_host[place].1)
    }

    /// Whether the list of a kind was read to its end: only then does an absent resource mean that there is none.
    pub(crate) fn is_listed(&self, kind: ResourceKind) -> bool {
        !self.scan.gaps_of(kind).any(lists)
    }

    /// The attributes of one resource that could not be read.
    pub(crate) fn unread(&self, resource: &Resource) -> BTreeSet<&'a str> {
        let gaps = self.scan.gaps_of(resource.kind);
        let about = gaps.filter(|gap| match &gap.about {
            Some(about) => *about == resource.id,
            None => true,
        });
        about
            .flat_map(|gap| gap.attributes.iter().map(String::as_str))
            .collect()
    }

    /// The zone of that name, by its id; the name itself where the zones could not be read.
    pub(crate) fn is_zone(&self, text: &str) -> bool {
        let zones = self.scan.of_kind(ResourceKind::Ec2Zone);
        text.starts_with(self.site.region.as_str())
            || zones
                .into_iter()
                .any(|zone| zone.id == text || zone.name.as_deref() == Some(text))
    }
}

/// Whether resources may be missing because of a gap, and not only attributes of them.
pub(crate) fn lists(gap: &ScanGap) -> bool {
    gap.attributes.is_empty() && gap.about.is_none()
}

fn key(resource: &Resource) -> (ResourceKind, &str) {
    (resource.kind, &resource.id)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Platform, Role};

    #[test]
    fn an_arn_finds_the_thing_and_not_its_line_in_a_state() {
        const ARN: &str = "arn:aws:kms:us-east-2:1:key/k-1";
        let site = Site {
            id: "ohio".parse().expect("a name"),
            platform: Platform::Aws,
            region: "us-east-2".parse().expect("a region"),
            home_role: Role::Primary,
            access: crate::model::Access::default(),
        };
        let of = |kind, id: &str| Resource::new(kind, id).arn(Some(ARN));
        for resources in [
            vec![
                of(ResourceKind::KmsKey, "k-1"),
                of(ResourceKind::TerraformResource, "b/k:aws_kms_key.this"),
            ],
            vec![
                of(ResourceKind::TerraformResource, "b/k:aws_kms_key.this"),
                of(ResourceKind::KmsKey, "k-1"),
            ],
        ] {
            let scan = SiteScan {
                site: site.id.clone(),
                region: site.region.clone(),
                at: jiff::Timestamp::UNIX_EPOCH,
                resources,
                gaps: Vec::new(),
                calls: 0,
                throttled: 0,
            };
            let column = Column::new(&site, &scan);
            let found = column.by_arn(ARN).map(|at| column.at(at).kind);
            assert_eq!(found, Some(ResourceKind::KmsKey));
        }
    }
}
