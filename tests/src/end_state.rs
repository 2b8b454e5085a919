//! What an estate has come to, without what differs from run to run: times, lags and positions.

use dr_core::discover;
use dr_core::model::{DatabaseRole, Observed};

use crate::lab::Lab;

/// The estate as a reader finds it, one line a placement, and what clients can write to.
///
/// # Panics
/// When the reader crashes, which it was not told to.
pub fn end_state(lab: &Lab) -> Vec<String> {
    let reader = lab.sim.operator("reader");
    let ports = reader.ports();
    let inventory = lab
        .sim
        .run(&reader, discover::inventories(&lab.estate, &ports))
        .expect("the reader does not crash");
    let mut lines = Vec::new();
    for (site, column) in &inventory.sites {
        for (component, observed) in &column.observed {
            lines.push(format!("{component}@{site}: {}", timeless(observed)));
        }
        for component in column.gaps.keys() {
            lines.push(format!("{component}@{site}: unreadable"));
        }
    }
    for (data_set, sites) in lab.sim.truth().writable_primaries {
        lines.push(format!("{data_set} is written at {sites:?}"));
    }
    lines
}

fn timeless(observed: &Observed) -> String {
    match observed {
        Observed::Database(state) => {
            let role = match &state.role {
                DatabaseRole::Replica { source } => format!("replica of {source}"),
                role => format!("{role:?}"),
            };
            format!(
                "{role}, {:?}, writable {}, fenced {}",
                state.status, state.writable, state.fenced
            )
        }
        Observed::Compute(state) => format!("{} of {} healthy", state.healthy, state.desired),
        Observed::Traffic(state) => {
            let asked_for = state.switched_to.as_ref().map(ToString::to_string);
            let asked_for = asked_for.unwrap_or_else(|| "what is not known".to_owned());
            format!("answers {}, asked for {asked_for}", state.answers)
        }
        Observed::Monitoring(state) => {
            format!("watches {}, {} up", state.watches, state.targets_up)
        }
        Observed::Stack(state) => format!(
            "applied as {}, locked by {:?}, pending {:?}",
            state.applied_role, state.locked_by, state.pending
        ),
        Observed::Repository(state) => format!("running {}", state.running),
        // A bucket tells how many objects it holds, and a crash leaves one journal record more.
        Observed::Facility(state) if state.detail.ends_with(" objects") => {
            format!("ready {}", state.ready)
        }
        Observed::Facility(state) => format!("ready {}, {}", state.ready, state.detail),
    }
}
