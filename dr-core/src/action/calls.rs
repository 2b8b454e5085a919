//! Collects the calls that an action may make.

use crate::adapter::technology::{self, call_specs, endpoint_specs};
use crate::model::{ComponentId, Direction, Estate, Kind, Mode, SiteId};
use crate::port::{ApiCall, CallSpec, Operation};

/// A list of calls in the making. Calls towards the site that loses the role are not required in mode unplanned.
pub(super) struct CallList<'a> {
    estate: &'a Estate,
    direction: &'a Direction,
    mode: Mode,
    calls: Vec<CallSpec>,
}

impl<'a> CallList<'a> {
    pub(super) fn new(estate: &'a Estate, direction: &'a Direction, mode: Mode) -> Self {
        Self {
            estate,
            direction,
            mode,
            calls: Vec::new(),
        }
    }

    fn is_required(&self, site: &SiteId) -> bool {
        self.mode == Mode::Planned || *site != self.direction.from
    }

    /// The calls of `operations` of a component at `site`; none for a component that the estate does not have.
    ///
    /// What is read of a fleet's room in the account goes with every reading of it. Nothing needs [`Operation::Inspect`].
    pub(super) fn add(mut self, id: &ComponentId, site: &SiteId, operations: &[Operation]) -> Self {
        let Some(component) = self.estate.component(id) else {
            return self;
        };
        let site = technology::call_site(self.estate, component, site);
        let reads = operations.contains(&Operation::Observe);
        let beside = (reads && component.kind() == Kind::Compute).then_some(Operation::Inspect);
        for operation in operations.iter().copied().chain(beside) {
            let required = operation != Operation::Inspect && self.is_required(site);
            self.calls
                .extend(call_specs(component, operation, site, required));
            self.calls.extend(endpoint_specs(
                self.estate,
                component,
                operation,
                site,
                required,
            ));
        }
        self
    }

    /// The same for each component of the kinds.
    pub(super) fn add_kinds(self, kinds: &[Kind], site: &SiteId, operations: &[Operation]) -> Self {
        let estate = self.estate;
        estate
            .components
            .values()
            .filter(|component| kinds.contains(&component.kind()))
            .fold(self, |list, component| {
                list.add(&component.id, site, operations)
            })
    }

    /// A call of no component, about `site`.
    pub(super) fn loose(mut self, call: ApiCall, site: &SiteId, required: bool) -> Self {
        self.calls
            .push(technology::loose_call(call, site, required));
        self
    }

    /// The calls of the write lease, which is kept in the surviving site; none where the estate has none.
    pub(super) fn lease(self, calls: &[ApiCall]) -> Self {
        if self.estate.write_lease.is_none() {
            return self;
        }
        let site = self.direction.to.clone();
        calls
            .iter()
            .fold(self, |list, call| list.loose(*call, &site, true))
    }

    /// The list: sorted, each call once; required where any of its uses is.
    pub(super) fn done(mut self) -> Vec<CallSpec> {
        fn key(call: &CallSpec) -> impl Ord + '_ {
            (
                &call.component,
                &call.place,
                &call.service,
                &call.call,
                call.effect,
                call.plane,
            )
        }
        self.calls
            .sort_by(|a, b| key(a).cmp(&key(b)).then(b.required.cmp(&a.required)));
        self.calls.dedup_by(|a, b| key(a) == key(b));
        self.calls
    }
}
