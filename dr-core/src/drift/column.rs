//! One site's part of a scan, with what is needed to find things in it.

use std::collections::BTreeSet;

use super::aspect::is_fact;
use super::index::{Digested, Index};
use super::name::{Places, Stem};
use super::pointer::{Pointer, is_arn, pointed_to, texts};
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
    /// What each thing is: a byte each, where a thing itself has hundreds.
    kinds: Vec<ResourceKind>,
    /// The name of each thing without what says where. A line of a state has no counterpart by its name.
    stems: Vec<Option<Stem>>,
    by_id: Index<'a>,
    by_arn: Index<'a>,
    /// By the host names that its attributes hold. Facts have none.
    by_host: Index<'a>,
    /// By other names by which things are pointed to.
    by_alias: Index<'a>,
    /// What may point to other things, in the order of the things. What is read of facts points nowhere that is asked for.
    pointers: Vec<Pointer<'a>>,
}

/// The attributes under which a thing tells by what name it is reached.
const HOSTS: [&str; 2] = ["endpoint", "dns-name"];

impl<'a> Column<'a> {
    pub(crate) fn new(site: &'a Site, scan: &'a SiteScan) -> Self {
        let resources = &scan.resources;
        let all = 0..u32::try_from(resources.len()).expect("an account has fewer than 2^32 things");
        let account = resources
            .iter()
            .find(|resource| resource.kind == ResourceKind::StsAccount);
        let account = account.map(|account| account.id.as_str());
        let names = Places::new(site, account);
        let stem = |thing: &Resource| {
            let is_line = thing.kind == ResourceKind::TerraformResource;
            let name = thing.name.as_deref().filter(|_| !is_line)?;
            Some(names.read(name))
        };
        let mut column = Self {
            site,
            scan,
            account,
            kinds: resources.iter().map(|thing| thing.kind).collect(),
            stems: Vec::with_capacity(resources.len()),
            by_id: Index::with_capacity(resources.len()),
            by_arn: Index::with_capacity(resources.len()),
            by_host: Index::with_capacity(0),
            by_alias: Index::with_capacity(0),
            pointers: Vec::with_capacity(resources.len()),
        };
        // One pass: what an account holds does not fit in a processor's cache.
        for (at, thing) in all.zip(resources) {
            column.stems.push(stem(thing));
            column.add(at, thing);
        }
        column
    }

    fn add(&mut self, at: u32, thing: &'a Resource) {
        self.by_id.add(Some(thing.kind), &thing.id, at);
        // A state tells the ARNs of the things that it manages: they are meant, and not their line in the state. What points to a
        // role is compared by the role's name.
        let is_hidden = matches!(
            thing.kind,
            ResourceKind::TerraformResource | ResourceKind::IamRole
        );
        let arn = thing.arn.as_deref().filter(|_| !is_hidden);
        if let Some(arn) = arn {
            self.by_arn.add(None, arn, at);
        }
        for alias in aliases(thing) {
            self.by_alias.add(Some(thing.kind), alias, at);
        }
        if is_fact(thing.kind) {
            return;
        }
        for (name, value) in &thing.attributes {
            if let Some(host) = value.as_str().filter(|_| HOSTS.contains(&name.as_str())) {
                self.by_host.add(None, host, at);
            }
            texts(name, value, &mut |attribute, text| {
                if let Some((kinds, text)) = pointed_to(thing.kind, attribute, text) {
                    self.pointers.push(Pointer {
                        from: at,
                        attribute,
                        kinds,
                        text,
                    });
                }
            });
        }
    }

    /// The resource at a place.
    pub(crate) fn at(&self, at: u32) -> &'a Resource {
        &self.scan.resources[at as usize]
    }

    /// What the resource at a place is.
    pub(crate) fn kind(&self, at: u32) -> ResourceKind {
        self.kinds[at as usize]
    }

    /// The places of the resources of a kind.
    pub(crate) fn of_kind(&self, kind: ResourceKind) -> impl Iterator<Item = u32> {
        self.places().filter(move |&at| self.kind(at) == kind)
    }

    /// The name of the resource at a place, without what says where.
    pub(crate) fn stem(&self, at: u32) -> Option<&Stem> {
        self.stems[at as usize].as_ref()
    }

    /// The places of all resources.
    pub(crate) fn places(&self) -> impl Iterator<Item = u32> + use<> {
        0..u32::try_from(self.stems.len()).unwrap_or(u32::MAX)
    }

    /// What may point to other things, in the order of the things that say so.
    pub(super) fn pointers(&self) -> &[Pointer<'a>] {
        &self.pointers
    }

    /// The thing of a kind with that id.
    pub(crate) fn by_id(&self, kind: ResourceKind, id: &str) -> Option<u32> {
        self.by_id.find(Some(kind), Digested::of(id))
    }

    /// The thing with that ARN.
    pub(crate) fn by_arn(&self, arn: &str) -> Option<u32> {
        self.by_arn.find(None, Digested::of(arn))
    }

    /// The thing that is reached by that host name.
    pub(crate) fn by_host(&self, host: &str) -> Option<u32> {
        self.by_host.find(None, Digested::of(host))
    }

    /// The thing of a kind that is pointed to by that other name.
    pub(crate) fn by_alias(&self, kind: ResourceKind, alias: &str) -> Option<u32> {
        self.by_alias.find(Some(kind), Digested::of(alias))
    }

    /// What a text points to that may be an ARN, or the id of a thing of some kinds.
    pub(super) fn target(&self, kinds: &[ResourceKind], wanted: Digested<'_>) -> Option<u32> {
        if is_arn(wanted.text) {
            // An id may be an ARN as well: load balancers, secrets and certificates have no other.
            if let Some(found) = self.by_arn.find(None, wanted) {
                return Some(found);
            }
        }
        kinds.iter().find_map(|&kind| {
            let by_id = self.by_id.find(Some(kind), wanted);
            by_id.or_else(|| match kind {
                ResourceKind::Ec2KeyPair | ResourceKind::Ec2Address => {
                    self.by_alias.find(Some(kind), wanted)
                }
                // An alias may stand alone or at the end of an ARN.
                ResourceKind::KmsKey => {
                    let alias = &wanted.text[wanted.text.find("alias/")?..];
                    self.by_alias.find(Some(kind), Digested::of(alias))
                }
                _ => None,
            })
        })
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
            let found = column.by_arn(ARN).map(|at| column.kind(at));
            assert_eq!(found, Some(ResourceKind::KmsKey));
        }
    }
}
