//! What is read of the real estate: both sites and both stores at once, each reading bounded in time.

use std::sync::Arc;

use dr_core::adapter::local::SystemClock;
use dr_core::adapter::wire::Reached;
use dr_core::discover;
use dr_core::model::{Estate, SiteId};
use dr_core::port::{Clock, LogStore, ObjectStore};
use dr_core::runbook::journal::{self, JournalError, ObjectLog};
use dr_core::runbook::lock;
use dr_core::status::{LeaseSeen, LockSeen, RunSeen, Seen, SetAside, Unread};
use futures_util::future::{join_all, join3, join4};

use super::runs::kept_here;
use super::simulated::CLIENTS;
use super::unread::{bounded, gap, newest};
use crate::error::Result;
use crate::real::RealWorld;
use crate::session::Session;
use crate::stores::RunStore;
use crate::wiring;

/// A store of runs, locks and leases: that of a site, or the one that `--store` names.
struct Store {
    kept_at: Option<SiteId>,
    objects: Arc<dyn ObjectStore>,
}

impl Store {
    /// `runs kept at ohio`.
    fn holding(&self, what: &str) -> String {
        match &self.kept_at {
            Some(site) => format!("{what} kept at {site}"),
            None => format!("{what} kept in the store of --store"),
        }
    }
}

/// What one store held.
#[derive(Default)]
struct Held {
    leases: Vec<LeaseSeen>,
    locks: Vec<LockSeen>,
    runs: Vec<RunSeen>,
    unread: Vec<Unread>,
}

/// Reads everything. What does not answer is a gap.
///
/// # Errors
/// The bucket that `--store` names cannot be used at all.
pub(super) fn seen(world: &RealWorld, estate: &Estate, session: &Session) -> Result<Seen> {
    let reached = world.towards(&estate.outward());
    let stores = stores(&reached, session)?;
    session.out.notice("reading both sites");
    let clock = &*reached.ports.clock;
    let (inventory, held, aside, clients) = world.wait(join4(
        Box::pin(discover::inventories(estate, &reached.ports)),
        join_all(stores.iter().map(|store| look_into(store, estate, clock))),
        set_aside(&reached, clock),
        clients(&reached, estate, clock),
    ));
    let mut seen = Seen {
        simulated: false,
        at: world.now(),
        inventory,
        leases: Vec::new(),
        clients: None,
        locks: Vec::new(),
        runs: Vec::new(),
        set_aside: Vec::new(),
        unread: Vec::new(),
    };
    for held in held.into_iter().chain([here(world.store(), estate)]) {
        seen.leases.extend(held.leases);
        seen.locks.extend(held.locks);
        seen.runs.extend(held.runs);
        seen.unread.extend(held.unread);
    }
    for found in aside {
        match found {
            Ok(found) => seen.set_aside.extend(found),
            Err(gap) => seen.unread.push(gap),
        }
    }
    match clients {
        Some(Ok(view)) => seen.clients = Some(view),
        Some(Err(gap)) => seen.unread.push(gap),
        None => {}
    }
    Ok(seen)
}

fn stores(reached: &Reached, session: &Session) -> Result<Vec<Store>> {
    let of_sites = reached.stores.iter().map(|(site, objects)| Store {
        kept_at: Some(site.clone()),
        objects: objects.clone(),
    });
    Ok(of_sites.chain(named(session)?).collect())
}

/// The store that `--store` names, where it names a bucket.
fn named(session: &Session) -> Result<Option<Store>> {
    let named = wiring::named_bucket(session)?;
    Ok(named.map(|store| Store {
        kept_at: None,
        objects: store.store(),
    }))
}

/// The runs that the sites' stores keep, and the one that `--store` names.
///
/// # Errors
/// That bucket cannot be used at all.
pub(super) fn kept_at_sites(
    estate: &Estate,
    local: &RunStore,
    session: &Session,
) -> Result<(Vec<RunSeen>, Vec<Unread>)> {
    let of_sites = estate.sites.iter().filter_map(|site| {
        Some(Store {
            kept_at: Some(site.id.clone()),
            objects: crate::real::bucket_at(local, site)?,
        })
    });
    let stores: Vec<Store> = of_sites.chain(named(session)?).collect();
    let found = local.wait(join_all(
        stores.iter().map(|store| runs(store, &SystemClock)),
    ));
    let (mut seen, mut unread) = (Vec::new(), Vec::new());
    for found in found {
        match found {
            Ok(runs) => seen.extend(runs),
            Err(gap) => unread.push(gap),
        }
    }
    Ok((seen, unread))
}

async fn look_into(store: &Store, estate: &Estate, clock: &dyn Clock) -> Held {
    let site = store.kept_at.as_ref();
    let mut held = Held::default();
    let (lease, lock, runs) = join3(
        lease(store, estate, clock),
        bounded(
            clock,
            &store.holding("lock"),
            site,
            lock::holder(&*store.objects, &estate.name),
        ),
        runs(store, clock),
    )
    .await;
    match lease {
        Ok(lease) => held.leases.extend(lease),
        Err(gap) => held.unread.push(gap),
    }
    match lock {
        Ok(holder) => held.locks.extend(holder.map(|holder| LockSeen {
            kept_at: store.kept_at.clone(),
            holder,
        })),
        Err(gap) => held.unread.push(gap),
    }
    match runs {
        Ok(runs) => held.runs = runs,
        Err(gap) => held.unread.push(gap),
    }
    held
}

/// The write lease that a store keeps, where the estate has one.
async fn lease(
    store: &Store,
    estate: &Estate,
    clock: &dyn Clock,
) -> std::result::Result<Option<LeaseSeen>, Unread> {
    if estate.write_lease.is_none() {
        return Ok(None);
    }
    let read = dr_core::adapter::lease::stored(&*store.objects, &estate.name);
    let what = store.holding("write lease");
    let state = bounded(clock, &what, store.kept_at.as_ref(), read).await?;
    Ok(state.map(|state| LeaseSeen {
        kept_at: store.kept_at.clone(),
        state,
    }))
}

/// The newest runs of a store. A journal that does not answer or does not read is a run that cannot be read.
async fn runs(store: &Store, clock: &dyn Clock) -> std::result::Result<Vec<RunSeen>, Unread> {
    let log = ObjectLog::new(store.objects.clone());
    let site = store.kept_at.as_ref();
    let names = bounded(clock, &store.holding("runs"), site, log.runs()).await?;
    let read = newest(names).into_iter().map(|run| {
        let log = &log;
        async move {
            let bytes = bounded(clock, run.as_str(), site, log.read(&run)).await;
            let journal = match bytes {
                Ok(None) => return None,
                Ok(Some(bytes)) => match journal::read(&bytes) {
                    Err(JournalError::NoHeader) => return None,
                    journal => journal.map_err(|error| error.to_string()),
                },
                Err(gap) => Err(gap.reason),
            };
            Some(RunSeen {
                run,
                kept_at: site.cloned(),
                journal,
            })
        }
    });
    Ok(join_all(read).await.into_iter().flatten().collect())
}

/// What this machine keeps: copies, and the runs and the lock of a site without a store.
fn here(store: &RunStore, estate: &Estate) -> Held {
    let mut held = Held::default();
    (held.runs, held.unread) = kept_here(store);
    let objects = store.store();
    match store.wait(lock::holder(&*objects, &estate.name)) {
        Ok(holder) => held.locks.extend(holder.map(|holder| LockSeen {
            kept_at: None,
            holder,
        })),
        Err(error) => {
            let gap = gap("lock kept on this machine", None, error.to_string());
            held.unread.push(gap);
        }
    }
    held
}

/// The old primaries that were set aside, asked of each database.
async fn set_aside(
    reached: &Reached,
    clock: &dyn Clock,
) -> Vec<std::result::Result<Vec<SetAside>, Unread>> {
    let each = reached
        .databases
        .iter()
        .map(|((component, site), database)| async move {
            let what = format!("old primaries of {component}@{site}");
            let found = bounded(clock, &what, Some(site), database.retired()).await?;
            let found = found.into_iter().map(|retired| SetAside {
                component: component.clone(),
                site: site.clone(),
                id: retired.id,
                since: retired.since,
                expires: retired.expires,
            });
            Ok(found.collect())
        });
    join_all(each).await
}

/// What clients experience; `None` where the estate has no observers.
async fn clients(
    reached: &Reached,
    estate: &Estate,
    clock: &dyn Clock,
) -> Option<std::result::Result<dr_core::model::ClientView, Unread>> {
    if estate.observers.is_empty() {
        return None;
    }
    let read = reached.ports.observers.clients(CLIENTS);
    Some(bounded(clock, "clients", None, read).await)
}
