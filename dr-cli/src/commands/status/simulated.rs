//! What is read of the simulated estate.

use dr_core::model::Duration;
use dr_core::runbook::lock;
use dr_core::status::{LeaseSeen, LockSeen, Seen, Unread};

use super::kept::newest_of;
use super::unread::{bounded, gap};
use crate::error::Result;
use crate::simulator::SimulatedWorld;

/// How far back one looks at what clients experienced.
pub(super) const CLIENTS: Duration = Duration::from_mins(1);

/// Reads the world of the store, as an operator does who only looks. Nothing of it is kept.
///
/// # Errors
/// The simulation does not come to an end.
pub(super) fn seen(world: &SimulatedWorld) -> Result<Seen> {
    let inventory = world.inventories()?;
    let mut unread = Vec::new();
    let reader = world.simulation().operator("reader");
    let ports = reader.ports();
    let clock = &*ports.clock;
    let mut leases = Vec::new();
    if let Some(lease) = &ports.write_lease {
        match world.run(
            &reader,
            bounded(clock, "write lease", None, lease.observe()),
        )? {
            Ok(state) => leases.push(LeaseSeen {
                kept_at: None,
                state,
            }),
            Err(gap) => unread.push(gap),
        }
    }
    let clients = ports.observers.clients(CLIENTS);
    let clients = world.run(&reader, bounded(clock, "clients", None, clients))?;
    let clients = clients.map_err(|gap| unread.push(gap)).ok();
    let locks = locks(world).map_err(|gap| unread.push(gap));
    let runs = newest_of(world.store(), "runs").map_err(|gap| unread.push(gap));
    Ok(Seen {
        simulated: true,
        at: world.now(),
        inventory,
        leases,
        clients,
        locks: locks.unwrap_or_default(),
        runs: runs.unwrap_or_default(),
        // A simulated database that was set aside stands in the grid until a replica is built in its place.
        set_aside: Vec::new(),
        unread,
    })
}

fn locks(world: &SimulatedWorld) -> std::result::Result<Vec<LockSeen>, Unread> {
    let store = world.store();
    let objects = store.store();
    let holder = store
        .wait(lock::holder(&*objects, &world.estate().name))
        .map_err(|error| gap("lock", None, error.to_string()))?;
    let seen = |holder| LockSeen {
        kept_at: None,
        holder,
    };
    Ok(holder.into_iter().map(seen).collect())
}
