//! What an operator calls, where that goes, and what stands in its way.

use super::Column;
use super::world::change::Refusal;
use super::world::{Region, World};
use crate::adapter::technology;
use crate::model::{ComponentId, Duration, Estate, Settings};
use crate::port::{ApiCall, Effect, ErrorClass, Place, Plane};

/// What is called, and where.
pub(super) struct Request<'a> {
    /// The calls, one after another.
    pub(super) calls: &'a [ApiCall],
    /// The site that they are about; `None` where they go to no site.
    pub(super) column: Option<Column>,
    /// The component that they are about.
    pub(super) component: Option<&'a ComponentId>,
}

impl Request<'_> {
    /// Where one of its calls goes.
    pub(super) fn place(&self, call: &ApiCall, estate: &Estate) -> Place {
        match self.column {
            Some(column) => technology::place(call, &estate.sites[column].id),
            None => Place::Global,
        }
    }

    /// The call that it is named after: the first that changes something, or the first.
    pub(super) fn name(&self) -> String {
        let call = self
            .calls
            .iter()
            .find(|call| call.effect != Effect::Read)
            .or(self.calls.first());
        call.map_or_else(String::new, |call| {
            format!("{}:{}", call.service, call.call)
        })
    }

    /// The region that one of its calls goes to; `None` where it goes to no site's. Says as [`Self::place`] without naming it.
    fn region<'w>(&self, call: &ApiCall, world: &'w World) -> Option<&'w Region> {
        let column = self.column.filter(|_| technology::is_at_site(call))?;
        Some(&world.regions[column])
    }

    /// Whether everything that it calls can be reached by operators.
    pub(super) fn is_reached(&self, world: &World) -> bool {
        self.calls.iter().all(|call| {
            let open = match self.region(call, world) {
                Some(region) => region.answers_operators(),
                None => self.column.is_none() || !call.global_control || world.global_control_up,
            };
            open && !self.is_taken_away(call, world)
        })
    }

    /// Whether an operator is cut off from something that it calls.
    pub(super) fn is_cut_off(&self, world: &World, operator: &str) -> bool {
        if world.cut_off.is_empty() {
            return false;
        }
        self.calls.iter().any(|call| {
            let place = self.place(call, &world.estate);
            world.cut_off.iter().any(|(who, site, service)| {
                who == operator
                    && place == Place::Site(site.clone())
                    && service
                        .as_ref()
                        .is_none_or(|service| service == call.service)
            })
        })
    }

    /// Whether its service is down where a call goes, or the component that it is about.
    fn is_taken_away(&self, call: &ApiCall, world: &World) -> bool {
        if world.services_down.is_empty() && world.components_down.is_empty() {
            return false;
        }
        let place = self.place(call, &world.estate);
        let down = |(service, at): &(String, Place)| service == call.service && *at == place;
        world.services_down.iter().any(down) || self.is_lost(call, &place, world)
    }

    /// Whether the component that a call is about, or that keeps its state, does not answer there.
    fn is_lost(&self, call: &ApiCall, place: &Place, world: &World) -> bool {
        let (Some(component), Place::Site(site)) = (self.component, place) else {
            return false;
        };
        let keeps_state = |down: &ComponentId| {
            call.service == "s3"
                && matches!(
                    world.estate.component(component).map(|c| &c.settings),
                    Some(Settings::Infrastructure(stack)) if stack.state.as_ref() == Some(down)
                )
        };
        world
            .components_down
            .iter()
            .any(|(down, at)| at == site && (down == component || keeps_state(down)))
    }

    /// What refuses it at the door: the service, a denial, or throttling.
    pub(super) fn refusal(&self, world: &mut World) -> Option<Refusal> {
        if let Some(class) = world.refuses(self.calls) {
            return Some(Refusal {
                class,
                message: "the service refuses it".to_owned(),
            });
        }
        for call in self.calls {
            let Some(region) = self.region(call, world) else {
                continue;
            };
            if region.denies(call.service, call.call) {
                return Some(Refusal {
                    class: ErrorClass::Denied,
                    message: format!("{}:{} is not allowed", call.service, call.call),
                });
            }
            if region.throttled > 0 && world.call_dice.chance(region.throttled) {
                return Some(Refusal {
                    class: ErrorClass::Throttled,
                    message: "too many calls".to_owned(),
                });
            }
        }
        None
    }

    /// How long it takes until the answer is back. Data planes answer in 10 to 40 ms, control planes in 60 to 250 ms for a
    /// reading and 200 to 900 ms for a change: assumptions.
    pub(super) fn latency(&self, world: &mut World) -> Duration {
        let mut total = Duration::ZERO;
        for call in self.calls {
            let (low, high) = match (call.plane, call.effect) {
                (Plane::Data, _) => (10, 40),
                (Plane::Control, Effect::Read) => (60, 250),
                (Plane::Control, _) => (200, 900),
            };
            let slowness = self.region(call, world).map_or(1, |region| region.slowness);
            let once = Duration::from_millis(world.call_dice.between(low, high));
            total = total + once.times(u64::from(slowness));
        }
        total
    }
}
