//! One site's part of a scan, with what is needed to find things in it.

use std::collections::BTreeSet;

use super::name::{Places, Stem};
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
    /// The name of each thing without what says where.
    stems: Vec<Option<Stem>>,
    by_id: Index,
    by_arn: Index,
    /// By the host names that its attributes hold.
    by_host: Index,
    /// By other names by which things are pointed to.
    by_alias: Index,
}

/// Places by kind and the digest of a text, sorted. Ids and ARNs of one account begin alike, and to compare them from their
/// beginning at each step of a search is most of what a comparison would do.
type Index = Vec<(Option<ResourceKind>, u64, u32)>;

/// FNV-1a (Fowler, Noll, Vo), eight bytes at a time. Texts with one digest are told apart by themselves.
fn digest(text: &str) -> u64 {
    let (words, rest) = text.as_bytes().as_chunks::<8>();
    let words = words.iter().map(|word| u64::from_le_bytes(*word));
    let rest = rest.iter().map(|byte| u64::from(*byte));
    words.chain(rest).fold(0xcbf2_9ce4_8422_2325, |hash, word| {
        let hash = (hash ^ word).wrapping_mul(0x0000_0100_0000_01b3);
        hash ^ (hash >> 29)
    })
}

/// The first place of an index with that kind and text.
fn find(
    index: &Index,
    kind: Option<ResourceKind>,
    text: &str,
    has: impl Fn(u32) -> bool,
) -> Option<u32> {
    let wanted = (kind, digest(text));
    let first = index.partition_point(|(kind, digest, _)| (*kind, *digest) < wanted);
    let alike = index[first..].iter();
    let mut alike = alike.take_while(|(kind, digest, _)| (*kind, *digest) == wanted);
    alike.find(|(_, _, at)| has(*at)).map(|(_, _, at)| *at)
}

/// The attributes under which a thing tells by what name it is reached.
const HOSTS: [&str; 2] = ["endpoint", "dns-name"];

impl<'a> Column<'a> {
    pub(crate) fn new(site: &'a Site, scan: &'a SiteScan) -> Self {
        let resources = &scan.resources;
        let all = 0..u32::try_from(resources.len()).expect("an account has fewer than 2^32 things");
        let places = || resources.iter().zip(all.clone());
        let sorted = |mut index: Index| {
            index.sort_unstable();
            index
        };
        let by_id = places().map(|(thing, at)| (Some(thing.kind), digest(&thing.id), at));
        let by_id = sorted(by_id.collect());
        // A state tells the ARNs of the things that it manages: they are meant, and not their line in the state.
        let things = places().filter(|(thing, _)| thing.kind != ResourceKind::TerraformResource);
        let by_arn =
            things.filter_map(|(thing, at)| Some((None, digest(thing.arn.as_deref()?), at)));
        let by_arn = sorted(by_arn.collect());
        let by_host = places().flat_map(|(thing, at)| {
            let hosts = HOSTS.iter().filter_map(|host| thing.text(host));
            hosts.map(move |host| (None, digest(host), at))
        });
        let by_host = sorted(by_host.collect());
        let by_alias = places().flat_map(|(thing, at)| {
            let aliases = aliases(thing).into_iter();
            aliases.map(move |alias| (Some(thing.kind), digest(alias), at))
        });
        let by_alias = sorted(by_alias.collect());
        let account = resources
            .iter()
            .find(|resource| resource.kind == ResourceKind::StsAccount);
        let account = account.map(|account| account.id.as_str());
        let names = Places::new(site, account);
        let stem = |thing: &Resource| thing.name.as_deref().map(|name| names.read(name));
        Self {
            site,
            scan,
            account,
            stems: resources.iter().map(stem).collect(),
            by_id,
            by_arn,
            by_host,
            by_alias,
        }
    }

    /// The resource at a place.
    pub(crate) fn at(&self, at: u32) -> &'a Resource {
        &self.scan.resources[at as usize]
    }

    /// The name of the resource at a place, without what says where.
    pub(crate) fn stem(&self, at: u32) -> Option<&Stem> {
        self.stems[at as usize].as_ref()
    }

    /// The places of all resources.
    pub(crate) fn places(&self) -> impl Iterator<Item = u32> + use<> {
        0..u32::try_from(self.by_id.len()).unwrap_or(u32::MAX)
    }

    /// The thing of a kind with that id.
    pub(crate) fn by_id(&self, kind: ResourceKind, id: &str) -> Option<u32> {
        find(&self.by_id, Some(kind), id, |at| self.at(at).id == id)
    }

    /// The thing with that ARN.
    pub(crate) fn by_arn(&self, arn: &str) -> Option<u32> {
        let has = |at| self.at(at).arn.as_deref() == Some(arn);
        find(&self.by_arn, None, arn, has)
    }

    /// The thing that is reached by that host name.
    pub(crate) fn by_host(&self, host: &str) -> Option<u32> {
        let has = |at| {
            let thing = self.at(at);
            HOSTS.iter().any(|name| thing.text(name) == Some(host))
        };
        find(&self.by_host, None, host, has)
    }

    /// The thing of a kind that is pointed to by that other name.
    pub(crate) fn by_alias(&self, kind: ResourceKind, alias: &str) -> Option<u32> {
        let has = |at| aliases(self.at(at)).contains(&alias);
        find(&self.by_alias, Some(kind), alias, has)
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

/// By what a thing is pointed to beside its id: a key pair by its name, a key by an alias, an elastic address by itself.
fn aliases(resource: &Resource) -> Vec<&str> {
    match resource.kind {
        ResourceKind::Ec2KeyPair => resource.name.as_deref().into_iter().collect(),
        ResourceKind::Ec2Address => resource.text("public-address").into_iter().collect(),
        ResourceKind::KmsKey => resource.texts("aliases"),
        _ => Vec::new(),
    }
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
