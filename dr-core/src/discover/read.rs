//! Reads every component on both sites, side by side.

use std::collections::BTreeMap;
use std::pin::pin;

use futures_util::future::{BoxFuture, Either, FutureExt, join, join3, select};
use futures_util::stream::{self, StreamExt};

use super::roles;
use crate::model::{
    Component, ComponentId, Duration, Estate, EstateInventory, Gap, Inventory, Kind, Observed,
    Role, SiteId, TrafficState,
};
use crate::port::{ErrorClass, PortResult, Ports};

/// How long one component on one site may take to answer, by the ports' clock.
pub const READ_TIMEOUT: Duration = Duration::from_secs(10);

/// How long a stack may take: its plan reads every resource of the site.
const STACK_TIMEOUT: Duration = Duration::from_mins(5);

/// How many components of one site are read at once, so that an inventory does not use up the site's API rate.
pub const IN_FLIGHT: usize = 16;
/// How often a reading that is refused as too many calls is asked for, and the pause after the first time, which doubles: 7.5 s in
/// all, within [`READ_TIMEOUT`].
const ATTEMPTS: u32 = 5;
const FIRST_PAUSE: Duration = Duration::from_millis(500);

/// What came of one reading.
type Reading = (ComponentId, Result<Observed, Gap>);

/// Reads the databases of both sites and nothing else: seconds, where the plan of a stack alone takes minutes.
pub async fn databases(estate: &Estate, ports: &Ports) -> EstateInventory {
    let mut databases = estate.clone();
    databases
        .components
        .retain(|_, component| component.kind() == Kind::Database);
    inventories(&databases, ports).await
}

/// Reads every component on both sites. A site that does not answer does not hold up the other.
///
/// A front door is one thing for both sites and is read once. Stacks are read last: what a stack's plan would change
/// depends on the role that its site has now, and that is learned from the databases.
pub async fn inventories(estate: &Estate, ports: &Ports) -> EstateInventory {
    let [one, other] = &estate.sites;
    let fronts = Rows::new(estate, |kind| kind == Kind::Traffic);
    let stacks = Rows::new(estate, |kind| kind == Kind::Infrastructure);
    let rest = Rows::new(estate, |kind| {
        !matches!(kind, Kind::Traffic | Kind::Infrastructure)
    });

    let (mut of_one, mut of_other, shared) = join3(
        rest.read(ports, &one.id, one.home_role),
        rest.read(ports, &other.id, other.home_role),
        fronts.read(ports, &one.id, one.home_role),
    )
    .await;
    let (one_is_silent, other_is_silent) = (is_silent(&of_one), is_silent(&of_other));
    of_one.extend(shared.iter().cloned());
    of_other.extend(shared);

    let now = roles(&side_by_side(estate, ports, &of_one, &of_other), estate);
    let (stacks_of_one, stacks_of_other) = join(
        stacks.read_unless(
            one_is_silent,
            ports,
            &one.id,
            now.of(&one.id).unwrap_or(one.home_role),
        ),
        stacks.read_unless(
            other_is_silent,
            ports,
            &other.id,
            now.of(&other.id).unwrap_or(other.home_role),
        ),
    )
    .await;
    of_one.extend(stacks_of_one);
    of_other.extend(stacks_of_other);
    side_by_side(estate, ports, &of_one, &of_other)
}

/// Whether nothing of a site answered.
fn is_silent(readings: &[Reading]) -> bool {
    !readings.is_empty() && readings.iter().all(|(_, reading)| reading.is_err())
}

/// Files the readings of both sites under observed or gap.
fn side_by_side(
    estate: &Estate,
    ports: &Ports,
    of_one: &[Reading],
    of_other: &[Reading],
) -> EstateInventory {
    let at = ports.clock.now();
    let column = |site: &SiteId, readings: &[Reading]| {
        let mut inventory = Inventory {
            site: site.clone(),
            at,
            observed: BTreeMap::new(),
            gaps: BTreeMap::new(),
        };
        for (component, reading) in readings.iter().cloned() {
            match reading {
                Ok(observed) => drop(inventory.observed.insert(component, observed)),
                Err(gap) => drop(inventory.gaps.insert(component, gap)),
            }
        }
        (site.clone(), inventory)
    };
    let [one, other] = &estate.sites;
    EstateInventory {
        sites: BTreeMap::from([column(&one.id, of_one), column(&other.id, of_other)]),
    }
}

/// Some rows of the grid.
struct Rows<'a>(Vec<&'a Component>);

impl<'a> Rows<'a> {
    fn new(estate: &'a Estate, wanted: impl Fn(Kind) -> bool) -> Self {
        let rows = estate.components.values();
        Self(rows.filter(|component| wanted(component.kind())).collect())
    }

    /// The same, unless nothing else of the site answered: a stack's plan would ask for every resource, and wait for each.
    async fn read_unless(
        &self,
        is_silent: bool,
        ports: &Ports,
        site: &SiteId,
        role: Role,
    ) -> Vec<Reading> {
        if !is_silent {
            return self.read(ports, site, role).await;
        }
        let gap = Gap {
            reason: format!("not asked: nothing else of {site} answered"),
        };
        let rows = self.0.iter();
        rows.map(|component| (component.id.clone(), Err(gap.clone())))
            .collect()
    }

    /// Reads them on one site; each has its result.
    async fn read(&self, ports: &Ports, site: &SiteId, role: Role) -> Vec<Reading> {
        // Boxed before the first is polled: a stream that makes its futures by a closure over references is not `Send` in
        // the compiler's eyes.
        let readings: Vec<BoxFuture<'_, Reading>> = self
            .0
            .iter()
            .map(|component| {
                let read = patiently(ports, component, site, role);
                let limit = limit(component.kind());
                async move { (component.id.clone(), bounded(ports, limit, read).await) }.boxed()
            })
            .collect();
        stream::iter(readings).buffered(IN_FLIGHT).collect().await
    }
}

/// Asks again where the answer is "too many calls": a region that everybody moves to says so to half of them. What is silent is
/// not asked again: waiting for it costs recovery time.
async fn patiently(
    ports: &Ports,
    component: &Component,
    site: &SiteId,
    role: Role,
) -> PortResult<Observed> {
    let mut pause = FIRST_PAUSE;
    for _ in 1..ATTEMPTS {
        match observe(ports, component, site, role).await {
            Err(error) if error.class == ErrorClass::Throttled => {}
            answer => return answer,
        }
        ports.clock.sleep(pause).await;
        pause = pause.times(2);
    }
    observe(ports, component, site, role).await
}

async fn observe(
    ports: &Ports,
    component: &Component,
    site: &SiteId,
    role: Role,
) -> PortResult<Observed> {
    let id = &component.id;
    Ok(match component.kind() {
        Kind::Database => Observed::Database(ports.database(id, site)?.observe().await?),
        Kind::Compute | Kind::Kubernetes => {
            Observed::Compute(ports.compute(id, site)?.observe().await?)
        }
        Kind::Monitoring => Observed::Monitoring(ports.monitoring(id, site)?.observe().await?),
        Kind::Repository => Observed::Repository(ports.repository(id, site)?.observe().await?),
        Kind::Network | Kind::Balancer | Kind::ObjectStore => {
            Observed::Facility(ports.facility(id, site)?.observe().await?)
        }
        Kind::Traffic => {
            let port = ports.traffic(id)?;
            let (state, concerns) = join(port.observe(), port.inspect()).await;
            Observed::Traffic(TrafficState { concerns, ..state? })
        }
        Kind::Infrastructure => Observed::Stack(ports.stack(id, site)?.observe(role).await?),
    })
}

/// How long a component of a kind may take.
fn limit(kind: Kind) -> Duration {
    match kind {
        Kind::Infrastructure => STACK_TIMEOUT,
        _ => READ_TIMEOUT,
    }
}

/// Waits for one reading, at most `limit`. Every way in which it fails is a gap.
async fn bounded(
    ports: &Ports,
    limit: Duration,
    read: impl Future<Output = PortResult<Observed>>,
) -> Result<Observed, Gap> {
    let reason = match select(pin!(read), ports.clock.sleep(limit)).await {
        Either::Left((Ok(observed), _)) => return Ok(observed),
        Either::Left((Err(error), _)) => error.to_string(),
        Either::Right(_) => format!("no answer within {limit}"),
    };
    Err(Gap { reason })
}
