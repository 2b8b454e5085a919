//! A laboratory: one simulated estate, its runbooks, and operators who carry them out.

use std::sync::Arc;

use dr_core::campaign::{Crew, Records};
use dr_core::config::{self, builtin};
use dr_core::model::{Direction, Duration, Estate, Finding, Mode, RunId, SiteId};
use dr_core::port::{Decision, LogStore, People};
use dr_core::runbook::Runbook;
use dr_core::runbook::host::{Host, HostError, Outcome, StartOptions, run_id};
use dr_core::runbook::journal::{self, ReadJournal};
use dr_core::runbook::plan::Plan;
use dr_core::sim::{Fault, Operator, Simulation, Stopped, people::OnCall};

/// The storefront as shipped.
///
/// # Panics
/// When it is not right: its own tests say so too.
pub fn storefront() -> Estate {
    config::load_estate(builtin::storefront_estate())
        .unwrap_or_else(|problems| panic!("the shipped estate is right: {problems}"))
}

/// A shipped runbook.
///
/// # Panics
/// When there is none of that name.
pub fn runbook(name: &str) -> Runbook {
    let source = builtin::storefront_runbook(name).expect("a shipped runbook");
    Runbook::parse(source)
        .unwrap_or_else(|problems| panic!("the shipped runbook is right: {problems}"))
}

/// A simulated estate with people on call.
pub struct Lab {
    /// The estate.
    pub estate: Estate,
    /// The world.
    pub sim: Simulation,
    /// What the runs recorded.
    pub story: Arc<Records>,
}

impl Lab {
    /// A healthy storefront.
    pub fn new(seed: u64) -> Self {
        Self::of(storefront(), seed)
    }

    /// A healthy estate.
    pub fn of(estate: Estate, seed: u64) -> Self {
        let sim = Simulation::new(&estate, seed);
        Self {
            estate,
            sim,
            story: Arc::default(),
        }
    }

    /// The site of that name.
    ///
    /// # Panics
    /// When it is no name.
    pub fn site(&self, name: &str) -> SiteId {
        name.parse().expect("a site's name")
    }

    /// The lost region of the mission: the home primary and the global control plane go dark.
    pub fn lose_home(&self) {
        self.sim
            .inject(Fault::RegionDark(self.estate.home().id.clone()));
        self.sim.inject(Fault::GlobalControlDown);
    }

    /// They come back with whatever is there.
    pub fn home_returns(&self) {
        self.sim
            .inject(Fault::RegionReturns(self.estate.home().id.clone()));
        self.sim.inject(Fault::GlobalControlUp);
    }

    /// People who say yes to everything that can be approved, after 90 s.
    pub fn on_call(&self) -> Arc<dyn People> {
        Arc::new(OnCall::new(
            self.sim.clock(),
            &["ana", "ben"],
            Duration::from_secs(90),
        ))
    }

    /// One person says yes to approvals; nobody passes a gate.
    pub fn cautious(&self) -> Arc<dyn People> {
        let team = OnCall::new(self.sim.clock(), &["ana"], Duration::from_secs(90));
        Arc::new(team.deciding(Box::new(|question| {
            (question.code == "approval").then_some(Decision::Yes)
        })))
    }

    /// One person, who says yes to everything.
    pub fn one_person(&self) -> Arc<dyn People> {
        Arc::new(OnCall::new(
            self.sim.clock(),
            &["ana"],
            Duration::from_secs(90),
        ))
    }

    /// Operators of this laboratory, whose runs are kept in the home standby's site.
    fn crew(&self, people: Arc<dyn People>) -> Crew {
        Crew {
            simulation: self.sim.clone(),
            people,
            watcher: self.story.clone(),
            store_at: self.estate.sites[1].id.clone(),
        }
    }

    /// The journals, kept in the home standby's site.
    pub fn logs(&self, operator: &Operator) -> Arc<dyn LogStore> {
        self.crew(self.on_call()).logs(operator)
    }

    /// What `operator` drives runs with.
    pub fn host(&self, operator: &Operator, people: Arc<dyn People>) -> Host {
        self.crew(people).host(operator)
    }

    /// Reads both sites and plans.
    ///
    /// # Errors
    /// What speaks against it.
    ///
    /// # Panics
    /// When the simulated operator crashes, which it was not told to.
    pub fn plan(
        &self,
        runbook: &Runbook,
        mode: Mode,
        direction: Direction,
    ) -> Result<Plan, Vec<Finding>> {
        self.crew(self.on_call())
            .plan(runbook, mode, direction)
            .expect("the planner does not crash")
    }

    /// Plans and carries out a runbook by one operator who does not crash.
    ///
    /// # Errors
    /// Why it could not be begun.
    ///
    /// # Panics
    /// When it cannot be planned.
    pub fn carry_out(
        &self,
        name: &str,
        mode: Mode,
        direction: Direction,
        options: StartOptions,
    ) -> Result<Outcome, HostError> {
        let plan = self
            .plan(&runbook(name), mode, direction)
            .unwrap_or_else(|findings| panic!("it can be planned: {findings:#?}"));
        let operator = self.sim.operator("olga");
        self.start(&operator, plan, options)
            .unwrap_or_else(|stopped| panic!("the operator does not stop: {stopped:?}"))
    }

    /// Carries a plan out by `operator`, who may crash.
    ///
    /// # Errors
    /// That the operator stopped.
    pub fn start(
        &self,
        operator: &Operator,
        plan: Plan,
        options: StartOptions,
    ) -> Result<Result<Outcome, HostError>, Stopped> {
        let host = self.host(operator, self.on_call());
        let run = run_id(&plan, self.sim.now());
        self.sim.run(operator, host.start(run, plan, options))
    }

    /// Takes a run over.
    ///
    /// # Errors
    /// That the operator stopped.
    pub fn resume(
        &self,
        operator: &Operator,
        run: &RunId,
    ) -> Result<Result<Outcome, HostError>, Stopped> {
        let host = self.host(operator, self.on_call());
        self.sim.run(operator, host.resume(run))
    }

    /// A run's journal as it stands in the store.
    ///
    /// # Panics
    /// When there is none or it does not read.
    pub fn journal(&self, run: &RunId) -> ReadJournal {
        let reader = self.sim.operator("reader");
        let logs = self.logs(&reader);
        let bytes = self
            .sim
            .run(&reader, async move { logs.read(run).await })
            .expect("the reader does not crash")
            .expect("the store answers")
            .expect("the run is there");
        journal::read(&bytes).expect("the journal reads")
    }
}
