//! Pairs of sites of a whole three-tier stack, as a scan reads them, made from a seed: what proves that `dr drift` finds what it
//! should and is silent on the rest.
//!
//! Both sites are built by the same code with the same values, and differ only in who they are: ids, ARNs, names, accounts,
//! zones, addresses, how many machines run now. So a pair is in sync, and what is counterpart to what is known. What is then
//! changed on one side is known too.
//!
//! | file | what it is |
//! |---|---|
//! | `style` | what may differ between pairs |
//! | `site` | one site while it is built |
//! | `network`, `compute`, `edge`, `data`, `facts` | its things |
//! | `stated` | what Terraform's states say of them |
//! | `estate` | the estate that declares them |
//! | [`mutate`] | operators that make the sites differ, each with what is to be said of it |
//! | [`benign`] | edits that change nothing that matters |
//! | `told` | many pairs at once, and what a report says of one |
//! | [`noise`] | what a plain comparison of the documents would tell |

pub mod benign;
mod compute;
mod data;
mod edge;
mod estate;
mod facts;
pub mod mutate;
mod network;
pub mod noise;
mod site;
mod stated;
mod style;
mod told;

use std::collections::{BTreeMap, BTreeSet};

use dr_core::drift::{Report, examine};
use dr_core::model::{
    Direction, Estate, EstateScan, Resource, ResourceKind as Kind, ScanGap, SiteId, SiteScan,
};
use jiff::Timestamp;

pub use estate::kinds;
pub use site::{Belongs, Thing};
use site::{SITES, Site};
pub use style::{Naming, Style};
pub use told::{side_by_side, told};

/// The primary's side and the standby's.
pub const SIDES: [usize; 2] = [0, 1];

/// A pair of sites, and the estate that they are of.
#[derive(Debug, Clone)]
pub struct Twins {
    /// What they look like.
    pub style: Style,
    /// The estate.
    pub estate: Estate,
    /// The things of each side.
    pub sides: [Vec<Thing>; 2],
    /// What could not be read on each side.
    pub gaps: [Vec<ScanGap>; 2],
    /// Names, records and health checks.
    pub global: Vec<Thing>,
}

impl Twins {
    /// A pair in sync.
    pub fn new(style: Style) -> Self {
        let sides = SIDES.map(|side| build(&style, side));
        let global = edge::names([&Site::new(&style, 0), &Site::new(&style, 1)]);
        Self {
            estate: estate::estate(&style),
            style,
            sides,
            gaps: [Vec::new(), Vec::new()],
            global,
        }
    }

    /// The name of a side's site.
    ///
    /// # Panics
    /// Never: it is a name.
    pub fn site(&self, side: usize) -> SiteId {
        SITES[side].0.parse().expect("a site's name")
    }

    /// From the primary to the standby.
    pub fn direction(&self) -> Direction {
        Direction {
            from: self.site(0),
            to: self.site(1),
        }
    }

    /// What a scan reads of them.
    pub fn scan(&self) -> EstateScan {
        let part = |side: usize, things: &[Thing], gaps: &[ScanGap]| {
            let mut resources: Vec<Resource> =
                things.iter().map(|thing| thing.resource.clone()).collect();
            resources.sort_by(|a, b| (a.kind, &a.id).cmp(&(b.kind, &b.id)));
            SiteScan {
                site: self.site(side),
                region: SITES[side].1.parse().expect("a region"),
                at: at(),
                resources,
                gaps: gaps.to_vec(),
                calls: 100,
                throttled: 0,
            }
        };
        let sites = SIDES.map(|side| {
            (
                self.site(side),
                part(side, &self.sides[side], &self.gaps[side]),
            )
        });
        EstateScan {
            format: EstateScan::FORMAT,
            kinds: EstateScan::kinds_read(),
            estate: self.estate.name.clone(),
            sites: BTreeMap::from(sites),
            global: Some(part(0, &self.global, &[])),
        }
    }

    /// What a comparison finds.
    ///
    /// # Panics
    /// Never: the scan is of both sites of the estate.
    pub fn examine(&self) -> Report {
        examine(&self.estate, &self.direction(), &self.scan(), None).expect("a scan of both sites")
    }

    /// What is counterpart to what: kind, the primary's id, the standby's.
    pub fn truth(&self) -> BTreeSet<(Kind, String, String)> {
        let own = |side: usize| {
            self.sides[side]
                .iter()
                .filter(|thing| thing.belongs == Belongs::Estate)
        };
        let there: BTreeMap<&str, &Resource> = own(1)
            .map(|thing| (thing.role.as_str(), &thing.resource))
            .collect();
        let pairs = own(0).filter_map(|thing| {
            let there = there.get(thing.role.as_str())?;
            Some((
                thing.resource.kind,
                thing.resource.id.clone(),
                there.id.clone(),
            ))
        });
        pairs.collect()
    }

    /// The thing with a role on a side.
    pub fn thing(&mut self, side: usize, role: &str) -> Option<&mut Thing> {
        self.sides[side].iter_mut().find(|thing| thing.role == role)
    }

    /// The roles of the estate's own things of a kind on a side.
    pub fn roles(&self, side: usize, kind: Kind) -> Vec<String> {
        let own = self.sides[side]
            .iter()
            .filter(|thing| thing.belongs == Belongs::Estate);
        own.filter(|thing| thing.resource.kind == kind)
            .map(|thing| thing.role.clone())
            .collect()
    }
}

fn at() -> Timestamp {
    Timestamp::from_second(1_795_284_000).expect("an instant")
}

fn build(style: &Style, side: usize) -> Vec<Thing> {
    let mut site = Site::new(style, side);
    facts::facts(&mut site);
    for network in 0..=network::network_of(style.applications - 1) {
        network::build(&mut site, network);
    }
    for application in 0..style.applications {
        network::groups(&mut site, application);
        compute::build(&mut site, application);
        edge::build(&mut site, application);
        data::build(&mut site, application);
    }
    stated::states(&mut site);
    site.things.extend(others(style, side));
    site.things
}

/// What other teams have on a side.
fn others(style: &Style, side: usize) -> Vec<Thing> {
    let mut site = Site::new(style, side);
    for number in 0..style.foreign[side] {
        facts::foreign(&mut site, number);
    }
    site.things
}
