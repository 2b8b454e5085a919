//! What rules look at, with small lookups.

use jiff::Timestamp;

use super::history::History;
use super::rule::Outcome;
use crate::drift::{Column, Columns, Side, Unreadable, columns};
use crate::model::{
    self, Binding, ComponentId, Direction, Estate, EstateInventory, EstateScan, Observed,
    RdsBinding, Resource, ResourceKind, Settings, SiteId, SiteScan,
};

/// What rules look at.
pub struct Facts<'a> {
    /// The estate.
    pub estate: &'a Estate,
    /// From the site that takes the writes to the one that is to take over.
    pub direction: &'a Direction,
    /// What was read.
    pub scan: &'a EstateScan,
    /// The instant that ages are counted to.
    pub at: Timestamp,
    /// The instant at which it is judged: [`Facts::at`], or later where what was kept is judged.
    pub now: Timestamp,
    /// What is known of past runs.
    pub history: &'a History,
    /// What a reader of the components found beside the scan; `None` where nobody was asked, `Err`: why nobody could be.
    pub inventory: Option<Result<&'a EstateInventory, &'a str>>,
    columns: Columns<'a>,
}

impl<'a> Facts<'a> {
    /// The facts of a failover in `direction`.
    ///
    /// # Errors
    /// A scan that is not of both sites of this estate, or of a form that is not read.
    pub fn new(
        estate: &'a Estate,
        direction: &'a Direction,
        scan: &'a EstateScan,
        at: Timestamp,
        history: &'a History,
        inventory: Option<Result<&'a EstateInventory, &'a str>>,
    ) -> Result<Self, Unreadable> {
        Ok(Self {
            estate,
            direction,
            scan,
            at,
            now: at,
            history,
            inventory,
            columns: columns(estate, direction, scan)?,
        })
    }

    /// The same, judged at a later instant: exceptions run out, and a scan grows old.
    #[must_use]
    pub fn as_of(self, now: Timestamp) -> Self {
        Self {
            now: now.max(self.at),
            ..self
        }
    }

    pub(super) fn column(&self, side: Side) -> &Column<'a> {
        self.columns.of(side)
    }

    /// The site of a side.
    pub(super) fn site(&self, side: Side) -> &'a SiteId {
        &self.column(side).site.id
    }

    /// The site that is to take over.
    pub(super) fn standby(&self) -> &'a SiteId {
        self.site(Side::Standby)
    }

    /// The region of a side.
    pub(super) fn region(&self, side: Side) -> &'a str {
        self.column(side).site.region.as_str()
    }

    /// The thing of a kind with that id or ARN, or with another name by which things of its kind are pointed to.
    pub(super) fn find(&self, side: Side, kind: ResourceKind, id: &str) -> Option<&'a Resource> {
        let column = self.column(side);
        let by_id = column.by_id(kind, id).map(|at| column.at(at));
        let by_arn = || {
            let found = column.by_arn(id).map(|at| column.at(at));
            found.filter(|found| found.kind == kind)
        };
        let by_alias = || column.by_alias(kind, id).map(|at| column.at(at));
        by_id.or_else(by_arn).or_else(by_alias)
    }

    /// Whether an ARN says that what it names stands in another region or account than a side's scan has read.
    pub(super) fn is_elsewhere(&self, side: Side, arn: &str) -> bool {
        let mut parts = arn.split(':').skip(3);
        let region = parts.next().unwrap_or_default();
        let account = parts.next().unwrap_or_default();
        let differs = |said: &str, ours: &str| !said.is_empty() && said != ours;
        let ours = self.column(side).account;
        arn.starts_with("arn:")
            && (differs(region, self.region(side))
                || ours.is_some_and(|ours| differs(account, ours)))
    }

    /// Everything of a kind.
    pub(super) fn all(
        &self,
        side: Side,
        kind: ResourceKind,
    ) -> impl Iterator<Item = &'a Resource> + use<'a> {
        self.column(side).scan.of_kind(kind)
    }

    /// What is the estate's of a kind.
    pub(super) fn ours(
        &self,
        side: Side,
        kind: ResourceKind,
    ) -> impl Iterator<Item = &'a Resource> + use<'a> {
        self.all(side, kind)
            .filter(|resource| resource.component.is_some())
    }

    /// What belongs to a component, of a kind.
    pub(super) fn of_component(
        &self,
        side: Side,
        kind: ResourceKind,
        component: &'a ComponentId,
    ) -> impl Iterator<Item = &'a Resource> + use<'a> {
        self.all(side, kind)
            .filter(move |resource| resource.component.as_ref() == Some(component))
    }

    /// The global services, where they were read.
    pub(super) fn global(&self) -> Option<&'a SiteScan> {
        self.scan.global.as_ref()
    }

    /// What a reader found of a component at the standby. Only a scan that was kept is judged without one: it tells nothing of
    /// that, and so there is nothing to judge.
    pub(super) fn observed(
        &self,
        component: &ComponentId,
        what: &str,
    ) -> Result<&'a Observed, Outcome> {
        let unknown = |why: &str| {
            Outcome::unclear(
                format!("{component}: {what} could not be read: {why}"),
                "dr status",
            )
        };
        let site = self.standby();
        match self.inventory {
            None => Err(Outcome::Nothing(format!(
                "{component}: {what} does not stand in a scan; dr ready without --scan asks"
            ))),
            Some(Err(why)) => Err(unknown(why)),
            Some(Ok(inventory)) => inventory.observed(component, site).ok_or_else(|| {
                let gap = inventory
                    .sites
                    .get(site)
                    .and_then(|site| site.gaps.get(component));
                unknown(gap.map_or("it was not read", |gap| gap.reason.as_str()))
            }),
        }
    }

    /// The bindings of a side, by component.
    pub(super) fn bindings(
        &self,
        side: Side,
    ) -> impl Iterator<Item = (&'a ComponentId, &'a Binding)> + use<'a> {
        let bindings = self.estate.bindings.get(self.site(side));
        bindings.into_iter().flatten()
    }

    /// The databases: what is bound on both sides, and how many nodes each has.
    pub(super) fn databases(&self) -> Vec<Database<'a>> {
        let bound = |side| {
            self.bindings(side)
                .filter_map(|(component, binding)| match binding {
                    Binding::Rds(rds) => Some((component, rds)),
                    _ => None,
                })
        };
        let primary: Vec<_> = bound(Side::Primary).collect();
        let both = bound(Side::Standby).filter_map(|(component, standby)| {
            let primary = primary.iter().find(|(other, _)| *other == component)?;
            let settings = &self.estate.component(component)?.settings;
            let Settings::Database(settings) = settings else {
                return None;
            };
            Some(Database {
                component,
                settings,
                bound: [primary.1, standby],
            })
        });
        both.collect()
    }

    /// What a rule says of each database.
    pub(super) fn of_each_database(
        &self,
        judge: fn(&Self, &Database<'a>) -> Vec<Outcome>,
    ) -> Vec<Outcome> {
        let databases = self.databases();
        if databases.is_empty() {
            return vec![Outcome::Nothing(
                "the estate binds no database on both sites".to_owned(),
            )];
        }
        databases
            .iter()
            .flat_map(|database| judge(self, database))
            .collect()
    }

    /// The instance that a database is on a side.
    pub(super) fn instance(&self, side: Side, database: &Database<'a>) -> Option<&'a Resource> {
        let bound = database.bound[side.index()];
        self.find(side, ResourceKind::RdsInstance, &bound.instance)
    }
}

/// A database of the estate that is bound on both sides.
pub(super) struct Database<'a> {
    /// Its component.
    pub(super) component: &'a ComponentId,
    /// What the estate says of it.
    pub(super) settings: &'a model::Database,
    /// What it is on the primary and on the standby.
    pub(super) bound: [&'a RdsBinding; 2],
}

impl Database<'_> {
    /// It has no instance at the standby. Another rule tells that.
    pub(super) fn unseen(&self) -> Outcome {
        Outcome::Nothing(format!("{} has no instance at the standby", self.component))
    }
}

/// The most of anything that is counted: sums and products of such numbers stay exact.
const MOST: u64 = u32::MAX as u64;

/// An attribute as a whole number, [`MOST`] where it is more; quotas are written with a fraction.
pub(super) fn number(resource: &Resource, attribute: &str) -> Option<u64> {
    let value = resource.attributes.get(attribute)?;
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a negative quota is none, and one above 2^53 is as good as that"
    )]
    let rounded = |value: f64| value.max(0.0) as u64;
    let number = value.as_u64().or_else(|| value.as_f64().map(rounded));
    Some(number?.min(MOST))
}

/// An attribute as yes or no.
pub(super) fn flag(resource: &Resource, attribute: &str) -> Option<bool> {
    resource.attributes.get(attribute)?.as_bool()
}

/// An attribute as an instant.
pub(super) fn instant(resource: &Resource, attribute: &str) -> Option<Timestamp> {
    resource.text(attribute)?.parse().ok()
}
