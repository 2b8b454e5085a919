//! The world: plain data that goes from event to event.

mod accept;
mod accept_database;
pub(super) mod change;
mod check;
mod clients;
mod copy;
pub(super) mod database;
mod event;
mod fleet;
mod front_door;
mod furnish;
mod happen;
mod inject;
mod lease;
mod read;
mod region;
pub(super) mod stack;
mod timeline;
mod truth;

pub(super) use front_door::RESOLVERS;
pub use truth::{DataTruth, Truth};

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use self::change::Order;
use self::clients::{Record, Turn};
use self::database::DataSet;
use self::event::{Event, Queue};
use self::fleet::Fleet;
use self::front_door::FrontDoor;
use self::lease::Lease;
pub(super) use self::region::Region;
use self::stack::{Git, Monitor, Stack, Store};
use super::Column;
use super::fault::Fault;
use super::invariant::{Audit, LOCKS, Violation};
use super::random::Dice;
use super::story::LogLine;
use super::time::{SimTime, Skew};
use crate::model::{ComponentId, Duration, Epoch, Estate, Exec, SiteId};
use crate::port::{ApiCall, ErrorClass, Place};

/// How long a new world has been running when it is handed out.
const WARM_UP: Duration = Duration::from_mins(10);

/// Everything that there is in a simulated estate, at one instant. Two equal worlds go on alike.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct World {
    pub(super) estate: Estate,
    pub(super) now: SimTime,
    /// Decides what happens by itself.
    dice: Dice,
    /// Decides latencies and refusals of calls, so that more calls do not change what happens by itself.
    pub(super) call_dice: Dice,
    queue: Queue,
    pub(super) regions: [Region; 2],
    partitioned: bool,
    pub(super) global_control_up: bool,
    /// Services that do not answer operators, and where.
    #[serde(default)]
    pub(super) services_down: BTreeSet<(String, Place)>,
    /// Components about which nobody gets an answer, and where.
    #[serde(default)]
    pub(super) components_down: BTreeSet<(ComponentId, SiteId)>,
    mirrors_stopped: bool,
    /// Whether what monitoring on each site scrapes answers it.
    blind: [bool; 2],
    /// The call whose next answer is lost.
    pub(super) lose_answer_of: Option<String>,
    /// The call that is refused, how, and how many times yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    refusing: Option<(String, ErrorClass, u32)>,
    /// The operators whose clocks are wrong.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    clocks: BTreeMap<String, Skew>,
    /// The operators who do not reach a site, or a service of it.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub(super) cut_off: BTreeSet<(String, SiteId, Option<String>)>,
    /// Until when an operator's machines stand still.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    paused: BTreeMap<String, SimTime>,
    /// Writes of each client in a second.
    #[serde(default = "one")]
    load: u64,
    data: BTreeMap<ComponentId, DataSet>,
    fleets: BTreeMap<ComponentId, [Fleet; 2]>,
    doors: BTreeMap<ComponentId, FrontDoor>,
    monitors: BTreeMap<ComponentId, Monitor>,
    stacks: BTreeMap<ComponentId, [Stack; 2]>,
    servers: BTreeMap<ComponentId, Git>,
    pub(super) lease: Option<Lease>,
    pub(super) stores: [Store; 2],
    /// Counts the writes to the stores.
    pub(super) store_writes: u64,
    /// The estate's own commands that the world was told of, and whether each is carried out.
    commands: Vec<(Exec, bool)>,
    /// The highest epoch of each lock under which a change was asked for.
    epochs_seen: [Epoch; LOCKS],
    /// The fleets without which a site serves nobody.
    serving_fleets: Vec<ComponentId>,
    /// Whether a client that comes to each site is served, the write lease aside. Follows from the rest.
    serving: [bool; 2],
    /// The last second for which clients, replicas and the lease have done their part.
    settled: u64,
    clients: Record,
    audit: Audit,
    violations: Vec<Violation>,
    story: Vec<LogLine>,
}

/// The write load of a quiet day: each client writes once a second.
const fn one() -> u64 {
    1
}

impl World {
    /// A healthy estate: home roles, replicas that follow, clients that write; ten minutes old.
    pub(super) fn new(estate: &Estate, seed: u64) -> Self {
        let mut dice = Dice::new(seed);
        let call_dice = Dice::new(dice.next());
        let mut world = Self {
            estate: estate.clone(),
            now: SimTime::default(),
            dice,
            call_dice,
            queue: Queue::default(),
            regions: [Region::healthy(), Region::healthy()],
            partitioned: false,
            global_control_up: true,
            services_down: BTreeSet::new(),
            components_down: BTreeSet::new(),
            mirrors_stopped: false,
            blind: [false, false],
            lose_answer_of: None,
            refusing: None,
            clocks: BTreeMap::new(),
            cut_off: BTreeSet::new(),
            paused: BTreeMap::new(),
            load: one(),
            data: BTreeMap::new(),
            fleets: BTreeMap::new(),
            doors: BTreeMap::new(),
            monitors: BTreeMap::new(),
            stacks: BTreeMap::new(),
            servers: BTreeMap::new(),
            lease: estate.write_lease.map(Lease::new),
            stores: [Store::default(), Store::default()],
            store_writes: 0,
            commands: Vec::new(),
            epochs_seen: [Epoch::default(); LOCKS],
            serving_fleets: furnish::serving_fleets(estate),
            serving: [false, false],
            settled: 0,
            clients: Record::default(),
            audit: Audit::default(),
            violations: Vec::new(),
            story: Vec::new(),
        };
        world.furnish(estate);
        world.refresh();
        world.advance_to(SimTime::default().plus(WARM_UP));
        world
    }

    /// Lets everything happen that happens until `instant`, that instant included.
    pub(super) fn advance_to(&mut self, instant: SimTime) {
        while let Some((at, event)) = self.queue.pop_due(instant) {
            self.settle(at);
            self.now = self.now.max(at);
            self.happen(event);
            self.refresh();
        }
        self.settle(instant);
        self.now = self.now.max(instant);
    }

    /// Lets clients, replicas and the write lease do their part in every second up to `instant`. Between two events
    /// nothing else changes, so this is all that time does.
    fn settle(&mut self, instant: SimTime) {
        while self.settled < instant.second() {
            self.settled += 1;
            self.second(self.settled);
        }
    }

    /// One second: the lease is renewed, each client writes once, each replica applies.
    fn second(&mut self, second: u64) {
        let connected = self.is_connected();
        if let Some(lease) = &mut self.lease {
            let holder = lease.holder;
            let protected = self
                .data
                .values()
                .all(|set| set.follows(super::other(holder)));
            lease.renew(second, !self.regions[holder].dark, connected, protected);
        }
        let served = [0, 1].map(|column| self.serving[column] && self.may_write(column, second));
        let (mut tried, mut by) = (0, [0, 0]);
        for door in self.doors.values_mut() {
            for resolver in &mut door.resolvers {
                let column = resolver.resolve(second, door.answers, door.ttl_s);
                tried += self.load;
                by[column] += self.load * u64::from(served[column]);
            }
        }
        for set in self.data.values_mut() {
            for (column, count) in by.into_iter().enumerate() {
                if count > 0 {
                    set.write(column, second, count);
                }
            }
            set.replicate(second, connected);
        }
        if by[0] > 0 && by[1] > 0 || !self.audit.two_writers.is_empty() {
            self.check_writers(SimTime::of_second(second));
        }
        match self.clients.second(second, tried, by) {
            None => {}
            Some(Turn::Down) => {
                self.tell_at(SimTime::of_second(second), "clients: an outage begins");
            }
            Some(Turn::Up(seconds)) => {
                let lasted = Duration::from_secs(seconds);
                let text = format!("clients: served again after {lasted}");
                self.tell_at(SimTime::of_second(second), text);
            }
        }
    }

    /// Lets a fault happen, now.
    pub(super) fn inject_now(&mut self, fault: Fault) {
        self.inject(fault);
        self.refresh();
    }

    /// Lets a fault happen later.
    pub(super) fn inject_after(&mut self, after: Duration, fault: Fault) {
        self.queue.push(self.now.plus(after), Event::Fault(fault));
    }

    /// Lets a change arrive whose sender will have given up.
    pub(super) fn arrives_late(&mut self, at: SimTime, order: Order) {
        self.queue.push(at, Event::Arrives(order));
    }

    /// Tells the world of a command.
    pub(super) fn teach(&mut self, exec: &Exec) {
        self.commands.push((exec.clone(), false));
    }

    /// Runs a command: what it is to others follows from what the world was told of it.
    fn run_command(&mut self, argv: &[String]) {
        for (exec, done) in &mut self.commands {
            if exec.command == argv {
                *done = true;
            } else if exec.undo.as_deref() == Some(argv) {
                *done = false;
            }
        }
    }

    /// Whether the command that `argv` observes is carried out.
    pub(super) fn command_is_done(&self, argv: &[String]) -> bool {
        self.commands
            .iter()
            .any(|(exec, done)| *done && exec.observe.as_deref() == Some(argv))
    }

    /// Whether the application at `column` holds the write lease in `second`, where there is one.
    fn may_write(&self, column: Column, second: u64) -> bool {
        self.lease
            .as_ref()
            .is_none_or(|lease| lease.permits(column, second))
    }

    /// Whether the sites reach each other.
    fn is_connected(&self) -> bool {
        !self.partitioned && !self.regions[0].dark && !self.regions[1].dark
    }

    /// Works out anew what follows from the rest, and checks what must never happen.
    fn refresh(&mut self) {
        self.serving = [0, 1].map(|column| {
            !self.regions[column].dark
                && self
                    .serving_fleets
                    .iter()
                    .all(|id| self.fleets[id][column].healthy(self.now) > 0)
                && self
                    .data
                    .values()
                    .all(|set| set.copies[column].is_writable())
        });
        self.check();
    }

    /// The estate that it was made from.
    pub fn estate(&self) -> &Estate {
        &self.estate
    }

    /// The sites whose regions are dark.
    pub(super) fn dark_sites(&self) -> Vec<SiteId> {
        [0, 1]
            .into_iter()
            .filter(|column| self.regions[*column].dark)
            .map(|column| self.site(column).clone())
            .collect()
    }

    /// The site of a column.
    pub(super) fn site(&self, column: Column) -> &SiteId {
        &self.estate.sites[column].id
    }

    /// The column of a site; `None` for a site of another estate.
    pub(super) fn column(&self, site: &SiteId) -> Option<Column> {
        self.estate.sites.iter().position(|s| s.id == *site)
    }

    /// What an operator's clock shows.
    pub(super) fn clock_of(&self, operator: &str) -> jiff::Timestamp {
        let right = self.now.timestamp();
        self.clocks
            .get(operator)
            .map_or(right, |skew| skew.shown(right))
    }

    /// Lets an operator's machines stand still from now on.
    pub(super) fn pause(&mut self, operator: &str, lasts: Duration) {
        let until = self.now.plus(lasts);
        let paused = self.paused.entry(operator.to_owned()).or_default();
        *paused = until.max(*paused);
    }

    /// Until when an operator's machines stand still; `None` when they do not.
    pub(super) fn wakes(&self, operator: &str) -> Option<SimTime> {
        let until = self.paused.get(operator).copied();
        until.filter(|until| *until > self.now)
    }

    /// How a request of these calls is refused because one of them is; counts it.
    pub(super) fn refuses(&mut self, calls: &[ApiCall]) -> Option<ErrorClass> {
        let (name, class, times) = self.refusing.as_mut()?;
        let named = name.split_once(':')?;
        if !calls.iter().any(|call| named == (call.service, call.call)) {
            return None;
        }
        let class = *class;
        *times -= 1;
        if *times == 0 {
            self.refusing = None;
        }
        Some(class)
    }

    /// The column whose data counts: that of the promotion accepted last.
    fn primary(&self) -> Column {
        self.data
            .values()
            .next()
            .map_or(0, |set| set.histories.get(set.histories.newest()).column)
    }

    /// Adds a line to the story.
    pub(super) fn tell(&mut self, text: impl Into<String>) {
        self.tell_at(self.now, text);
    }

    fn tell_at(&mut self, at: SimTime, text: impl Into<String>) {
        self.story.push(LogLine {
            at: at.timestamp(),
            text: text.into(),
        });
    }
}
