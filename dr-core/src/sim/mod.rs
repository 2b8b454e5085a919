//! A deterministic world that implements the ports: two regions, a replicated database, fleets, a front door, clients that
//! write, operators that crash, and faults. It runs in virtual time, from one seed.
//!
//! - [`World`] is plain data: it can be saved, compared and continued. It knows nothing of futures.
//! - [`Simulation`] is a handle to one world with an executor in virtual time: it polls the futures that it is given, and
//!   when none of them can go on it moves the world to the next instant that matters.
//! - An [`Operator`] is one process of one person. Every call of its ports and stores goes through one gate, which gives
//!   it a number, a latency and its share of the faults, and at which the operator can be made to crash.
//! - [`Simulation::truth`] is measured by the simulated clients; nothing of it is computed from a plan.
//! - [`Simulation::violations`] lists what must never happen and did; it is checked after every event.
//!
//! What is modelled, and where the figures come from: `docs/simulator.md`.

mod calls;
mod executor;
mod fault;
mod gate;
mod invariant;
mod operator;
pub mod people;
mod ports;
mod random;
mod request;
mod simulation;
mod store;
mod story;
mod time;
mod world;

pub use calls::{Calls, LONGEST, RESOLVERS};
pub use executor::Stopped;
pub use fault::Fault;
pub use gate::{CallMade, CallOutcome};
pub use invariant::{Invariant, Violation};
pub use operator::{Moment, Operator};
pub use random::Dice;
pub use simulation::Simulation;
pub use story::LogLine;
pub use world::{DataTruth, Truth, World};

/// A column of the estate's grid: 0 is the home primary, 1 the home standby.
type Column = usize;

/// The other column.
const fn other(column: Column) -> Column {
    1 - column
}

#[cfg(test)]
mod tests;
