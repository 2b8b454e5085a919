//! A world to try one action on, and how it is looked at.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use dr_core::action::{
    Before, Context, History, Observation, Output, StepError, UndoError, for_verb,
};
use dr_core::config::builtin::storefront_estate;
use dr_core::config::load_estate;
use dr_core::model::{
    Direction, Duration, Epoch, Estate, Finding, Mode, Role, RunId, SiteId, StepId, Verb,
};
use dr_core::port::{Effect, LeaseDeadline, Permit, PortResult, Ports};
use dr_core::sim::{CallMade, Operator, Simulation, World};

/// Longer than any step of the storefront takes.
const TIMEOUT: Duration = Duration::from_mins(60);

/// The shipped estate.
pub(crate) fn storefront() -> Estate {
    load_estate(storefront_estate()).expect("the shipped estate is right")
}

/// One operator in a world, with what its run has recorded so far.
pub(crate) struct Bench {
    pub(crate) estate: Estate,
    pub(crate) direction: Direction,
    pub(crate) mode: Mode,
    pub(crate) sim: Simulation,
    pub(crate) history: History,
    /// Counts the runs.
    run: u32,
    operator: Operator,
    changes: Arc<AtomicU64>,
}

impl Bench {
    /// A healthy storefront.
    pub(crate) fn new(mode: Mode, seed: u64) -> Self {
        Self::of(mode, seed, |_| {})
    }

    /// A healthy storefront that is not quite the shipped one.
    pub(crate) fn of(mode: Mode, seed: u64, change: impl FnOnce(&mut Estate)) -> Self {
        let mut estate = storefront();
        change(&mut estate);
        let sim = Simulation::new(&estate, seed);
        Self::around(estate, mode, sim, History::default())
    }

    fn around(estate: Estate, mode: Mode, sim: Simulation, history: History) -> Self {
        let changes = Arc::new(AtomicU64::new(0));
        let counter = Arc::clone(&changes);
        sim.on_change(Box::new(move |_| {
            counter.fetch_add(1, Ordering::Relaxed);
        }));
        Self {
            direction: estate.outward(),
            operator: sim.operator("ada"),
            estate,
            mode,
            sim,
            history,
            run: 1,
            changes,
        }
    }

    /// The same world, run and records, to go on with on its own.
    pub(crate) fn fork(&self) -> Self {
        self.resume_from(self.sim.snapshot())
    }

    /// The same run and records in another world.
    pub(crate) fn resume_from(&self, world: World) -> Self {
        let mut fork = Self::around(
            self.estate.clone(),
            self.mode,
            Simulation::restore(world),
            self.history.clone(),
        );
        fork.direction = self.direction.clone();
        fork.run = self.run;
        fork
    }

    /// A new run, the other way.
    pub(crate) fn turn_back(&mut self) {
        self.direction = self.direction.reversed();
        self.history = History::default();
        self.run += 1;
    }

    /// A new process of the same run in the same world.
    pub(crate) fn restart(&mut self) {
        self.operator = self.sim.operator("ada");
    }

    pub(crate) fn operator(&self) -> &Operator {
        &self.operator
    }

    /// How many changes the world has accepted.
    pub(crate) fn changes(&self) -> u64 {
        self.changes.load(Ordering::Relaxed)
    }

    /// The calls made since `from`.
    pub(crate) fn calls_since(&self, from: usize) -> Vec<CallMade> {
        self.sim.calls().split_off(from)
    }

    pub(crate) fn calls_made(&self) -> usize {
        self.sim.calls().len()
    }

    pub(crate) fn preflight(&self, verb: &Verb) -> Vec<Finding> {
        self.preflight_wired(verb, |_| {})
    }

    /// The same in a world that is wired otherwise.
    pub(crate) fn preflight_wired(
        &self,
        verb: &Verb,
        wire: impl FnOnce(&mut Ports),
    ) -> Vec<Finding> {
        let mut scene = self.scene(verb);
        wire(&mut scene.ports);
        let preflight = async { for_verb(verb).preflight(&scene.context(self, verb)).await };
        self.sim
            .run(&self.operator, preflight)
            .expect("it does not crash")
    }

    pub(crate) fn observe(&self, verb: &Verb) -> Observation {
        let scene = self.scene(verb);
        let observe = async { for_verb(verb).observe(&scene.context(self, verb)).await };
        self.sim
            .run(&self.operator, observe)
            .expect("it does not crash")
    }

    /// What a host does first: it reads, and records what was there.
    pub(crate) fn begin(&mut self, verb: &Verb) -> Option<Before> {
        match self.observe(verb) {
            Observation::Done(_) => None,
            Observation::NotDone(before) | Observation::Partial(before) => {
                let recorded = self.history.before.entry(step(verb)).or_insert(before);
                Some(recorded.clone())
            }
            Observation::Unknown(error) => panic!("{verb}: {error}"),
        }
    }

    pub(crate) fn apply(&self, verb: &Verb, before: &Before) -> Result<Output, StepError> {
        self.try_apply(verb, before).expect("it does not crash")
    }

    /// `None` when the operator crashed on the way.
    pub(crate) fn try_apply(
        &self,
        verb: &Verb,
        before: &Before,
    ) -> Option<Result<Output, StepError>> {
        let scene = self.scene(verb);
        let cx = scene.context(self, verb);
        self.sim
            .run(&self.operator, for_verb(verb).apply(&cx, before))
            .ok()
    }

    pub(crate) fn undo(&self, verb: &Verb, before: &Before) -> String {
        self.try_undo(verb, before)
            .unwrap_or_else(|error| panic!("undo {verb}: {error}"))
    }

    pub(crate) fn try_undo(&self, verb: &Verb, before: &Before) -> Result<String, UndoError> {
        let scene = self.scene(verb);
        let cx = scene.context(self, verb);
        self.sim
            .run(&self.operator, for_verb(verb).undo(&cx, before))
            .expect("it does not crash")
    }

    /// Carries a step out as a host does, and records what came of it.
    pub(crate) fn carry_out(&mut self, verb: &Verb) -> Output {
        let output = match self.begin(verb) {
            None => match self.observe(verb) {
                Observation::Done(output) => output,
                other => panic!("{verb}: {other:?}"),
            },
            Some(before) => self
                .apply(verb, &before)
                .unwrap_or_else(|error| panic!("{verb}: {error}")),
        };
        self.history.outputs.push((step(verb), output.clone()));
        output
    }

    fn scene(&self, verb: &Verb) -> Scene {
        let run: RunId = format!("contract-{}", self.run).parse().expect("a name");
        Scene {
            ports: self.operator.ports(),
            step: step(verb),
            permit: Permit {
                token: format!("{run}-{}", step(verb)),
                run,
                step: step(verb),
                epoch: Epoch(1),
                deadline: LeaseDeadline::new(Duration::from_mins(60 * 24).after(self.sim.now())),
            },
        }
    }

    /// What matters of the world, read by somebody else: everything but what time changes by itself.
    pub(crate) fn look(&self) -> BTreeMap<String, String> {
        let reader = self.sim.operator("reader");
        let ports = reader.ports();
        self.sim
            .run(&reader, look(&ports, &self.estate))
            .expect("it does not crash")
    }
}

/// What a context borrows.
struct Scene {
    ports: Ports,
    permit: Permit,
    step: StepId,
}

impl Scene {
    fn context<'a>(&'a self, bench: &'a Bench, verb: &'a Verb) -> Context<'a> {
        Context {
            estate: &bench.estate,
            direction: &bench.direction,
            mode: bench.mode,
            step: &self.step,
            verb,
            timeout: TIMEOUT,
            ports: &self.ports,
            permit: &self.permit,
            history: &bench.history,
        }
    }
}

/// The step that carries a verb out.
pub(crate) fn step(verb: &Verb) -> StepId {
    let name: String = verb
        .to_string()
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() { c } else { '-' })
        .collect();
    name.trim_matches('-').parse().expect("a name")
}

/// The calls of one operator that change something.
pub(crate) fn changing(calls: &[CallMade]) -> Vec<String> {
    calls
        .iter()
        .filter(|call| &*call.operator == "ada" && call.effect != Effect::Read)
        .map(|call| format!("{}:{} at {}", call.service, call.call, call.place))
        .collect()
}

/// What was read, or why it could not be.
fn told<T>(read: PortResult<T>, say: impl FnOnce(T) -> String) -> String {
    read.map_or_else(|error| error.to_string(), say)
}

async fn look(ports: &Ports, estate: &Estate) -> BTreeMap<String, String> {
    let mut seen = BTreeMap::new();
    let mut put = |id: &(dyn Display + Sync), site: &(dyn Display + Sync), text: String| {
        seen.insert(format!("{id}@{site}"), text);
    };
    for ((id, site), port) in &ports.databases {
        let text = told(port.observe().await, |s| {
            let (role, status) = (s.role, s.status);
            format!(
                "{role:?} {status:?} writable={} fenced={}",
                s.writable, s.fenced
            )
        });
        put(id, site, text);
    }
    for ((id, site), port) in &ports.computes {
        let text = told(port.observe().await, |s| format!("desired={}", s.desired));
        put(id, site, text);
    }
    for ((id, site), port) in &ports.monitorings {
        let text = told(port.observe().await, |s| format!("watches={}", s.watches));
        put(id, site, text);
    }
    for ((id, site), port) in &ports.stacks {
        let text = told(port.observe(Role::Primary).await, |s| {
            format!("{} locked={:?}", s.applied_role, s.locked_by)
        });
        put(id, site, text);
    }
    for ((id, site), port) in &ports.repositories {
        let text = told(port.observe().await, |s| format!("running={}", s.running));
        put(id, site, text);
    }
    for (id, port) in &ports.traffics {
        let text = told(port.observe().await, |s| {
            let switched_to = s.switched_to.map(|site| site.to_string());
            let switched_to = switched_to.as_deref().unwrap_or("unread");
            format!("{} switched={switched_to}", s.answers)
        });
        put(id, &"both", text);
    }
    if let Some(lease) = &ports.write_lease {
        let text = told(lease.observe().await, |s| {
            format!("{} renewable={}", s.holder, s.renewable)
        });
        put(&"write-lease", &estate.name, text);
    }
    seen
}

/// The home primary.
pub(crate) fn ohio() -> SiteId {
    "ohio".parse().expect("a name")
}

/// The home standby.
pub(crate) fn california() -> SiteId {
    "california".parse().expect("a name")
}
