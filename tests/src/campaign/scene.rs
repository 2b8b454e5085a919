//! What is put to the test: each shipped runbook, in each mode and direction that it can be begun in.

use dr_core::model::{Direction, Duration, Mode};
use dr_core::runbook::host::StartOptions;
use dr_core::runbook::{RunStatus, Runbook};
use dr_core::sim::{Simulation, World};

use crate::lab::{self, Lab};

/// How many worlds there are in which service was moved away. They were made from different seeds.
const AWAY: u64 = 4;

/// A runbook in a mode and a direction, and the worlds in which it begins.
pub struct Scene {
    /// As people call it.
    pub name: &'static str,
    /// What is carried out.
    pub runbook: Runbook,
    /// Planned or unplanned.
    pub mode: Mode,
    /// From where to where.
    pub direction: Direction,
    /// Worlds in which service is away from home; none where it begins at home.
    away: Vec<World>,
}

/// Failover, switchover, failback, and a failover home after the other site was lost.
///
/// # Panics
/// When a healthy storefront cannot be switched over: its own tests say so too.
pub fn scenes() -> Vec<Scene> {
    let outward = lab::storefront().outward();
    let away: Vec<World> = (1..=AWAY).map(moved_away).collect();
    let scene = |name, runbook, mode, homeward: bool| Scene {
        name,
        runbook: lab::runbook(runbook),
        mode,
        direction: if homeward {
            outward.reversed()
        } else {
            outward.clone()
        },
        away: if homeward { away.clone() } else { Vec::new() },
    };
    vec![
        scene("failover", "failover", Mode::Unplanned, false),
        scene("switchover", "failover", Mode::Planned, false),
        scene("failback", "failback", Mode::Planned, true),
        scene("failover home", "failover", Mode::Unplanned, true),
    ]
}

fn moved_away(seed: u64) -> World {
    let lab = Lab::new(seed);
    let outward = lab.estate.outward();
    let options = StartOptions::default();
    let moved = lab
        .carry_out("failover", Mode::Planned, outward, options)
        .expect("it is begun");
    assert_eq!(moved.status(), RunStatus::Completed, "seed {seed}");
    lab.sim.advance(Duration::from_mins(5));
    lab.sim.snapshot()
}

impl Scene {
    /// The world in which the trial of a seed begins.
    pub fn world(&self, seed: u64) -> Simulation {
        if self.away.is_empty() {
            return Simulation::new(&lab::storefront(), seed);
        }
        let index = usize::try_from(seed / 4 % AWAY).expect("below four");
        Simulation::restore(self.away[index].clone())
    }
}
