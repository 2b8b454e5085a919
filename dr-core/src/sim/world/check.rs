//! Checks what must never happen, after every event.

use super::World;
use crate::model::ComponentId;
use crate::sim::Column;
use crate::sim::invariant::{Invariant, Violation};
use crate::sim::time::SimTime;

impl World {
    /// Checks the rules that a state can break.
    pub(super) fn check(&mut self) {
        self.check_writers(self.now);
        self.check_writes();
    }

    /// At most one writable primary of a data set is reached by clients: its region is open, its fleet serves, and a
    /// resolver sends clients there.
    pub(super) fn check_writers(&mut self, at: SimTime) {
        let second = at.second();
        let reached = [0, 1].map(|column| {
            self.serving[column] && self.may_write(column, second) && self.is_resolved(column)
        });
        if !(reached[0] && reached[1]) {
            self.audit.two_writers.clear();
            return;
        }
        let new: Vec<ComponentId> = self
            .data
            .keys()
            .filter(|id| !self.audit.two_writers.contains(id))
            .cloned()
            .collect();
        for id in new {
            let detail = format!(
                "clients reach a writable primary of {id} at {} and at {}",
                self.site(0),
                self.site(1)
            );
            self.audit.two_writers.push(id);
            self.violate(at, Invariant::OneWriter, detail);
        }
    }

    /// Whether some resolver sends clients to `column`.
    fn is_resolved(&self, column: Column) -> bool {
        self.doors
            .values()
            .flat_map(|door| &door.resolvers)
            .any(|resolver| resolver.answer == column)
    }

    /// Every acknowledged write is held by some copy, unless a fault destroyed it.
    fn check_writes(&mut self) {
        let vanished: Vec<ComponentId> = self
            .data
            .iter()
            .filter(|(_, set)| !set.holds_every_write())
            .map(|(id, _)| id.clone())
            .collect();
        for id in &vanished {
            if !self.audit.vanished.contains(id) {
                let detail = format!("no copy of {id} holds every acknowledged write");
                self.violate(self.now, Invariant::WritesAreHeld, detail);
            }
        }
        self.audit.vanished = vanished;
    }

    /// Writes a violation down.
    pub(super) fn violate(&mut self, at: SimTime, invariant: Invariant, detail: String) {
        self.tell_at(at, format!("INVARIANT BROKEN: {detail}"));
        self.violations.push(Violation {
            at: at.timestamp(),
            invariant,
            detail,
        });
    }
}
