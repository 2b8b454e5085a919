//! Operators and people on call at a simulated estate, who plan runbooks and carry them out as on a real day.

use std::sync::{Arc, Mutex, PoisonError};

use jiff::Timestamp;

use crate::discover;
use crate::model::{Direction, Duration, Finding, Mode, SiteId};
use crate::port::{LogStore, People};
use crate::runbook::Runbook;
use crate::runbook::engine::RunState;
use crate::runbook::host::{Host, StopFlag, Watcher};
use crate::runbook::journal::{ObjectLog, Record};
use crate::runbook::plan::{self, Plan, Request};
use crate::sim::{Operator, Simulation, Stopped};

/// How far back an outage is looked for.
const LOOK_BACK: Duration = Duration::from_mins(120);

/// Keeps what runs record, in the order in which it became durable.
#[derive(Debug, Default)]
pub struct Records(Mutex<Vec<Record>>);

impl Records {
    /// What was recorded so far.
    pub fn so_far(&self) -> Vec<Record> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// What was recorded so far, taken out.
    pub fn take(&self) -> Vec<Record> {
        std::mem::take(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Watcher for Records {
    fn recorded(&self, _: &RunState, record: &Record) {
        let mut records = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        records.push(record.clone());
    }
}

/// What simulated operators work with.
#[derive(Clone)]
pub struct Crew {
    /// The world.
    pub simulation: Simulation,
    /// Whom runs ask.
    pub people: Arc<dyn People>,
    /// Whom runs tell.
    pub watcher: Arc<dyn Watcher>,
    /// The site in whose region journals, lock and inbox are kept: the one that runs go to.
    pub store_at: SiteId,
}

impl Crew {
    /// The journals, as `operator` reaches them.
    pub fn logs(&self, operator: &Operator) -> Arc<dyn LogStore> {
        Arc::new(ObjectLog::new(operator.store(&self.store_at)))
    }

    /// What `operator` drives runs with.
    pub fn host(&self, operator: &Operator) -> Host {
        Host {
            ports: operator.ports(),
            logs: self.logs(operator),
            opposite: None,
            store: operator.store(&self.store_at),
            people: self.people.clone(),
            watcher: self.watcher.clone(),
            operator: operator.name().to_owned(),
            stop: StopFlag::default(),
        }
    }

    /// Reads both sites and plans.
    ///
    /// # Errors
    /// [`Stopped`] when reading does not come to an end; within, what speaks against the plan.
    pub fn plan(
        &self,
        runbook: &Runbook,
        mode: Mode,
        direction: Direction,
    ) -> Result<Result<Plan, Vec<Finding>>, Stopped> {
        let operator = self.simulation.operator("planner");
        let plan = self.plan_as(&operator, runbook, mode, direction);
        self.simulation.run(&operator, plan)
    }

    /// Reads both sites as `operator` reaches them, and plans.
    ///
    /// # Errors
    /// What speaks against the plan.
    pub async fn plan_as(
        &self,
        operator: &Operator,
        runbook: &Runbook,
        mode: Mode,
        direction: Direction,
    ) -> Result<Plan, Vec<Finding>> {
        let estate = self.simulation.estate();
        let inventory = discover::inventories(estate, &operator.ports()).await;
        plan::plan(&Request {
            estate,
            runbook,
            inventory: &inventory,
            mode,
            rehearsal: false,
            direction,
        })
    }

    /// Since when clients are not served, as seen from outside; `None` while they are.
    ///
    /// # Errors
    /// [`Stopped`] when reading does not come to an end.
    pub fn outage(&self) -> Result<Option<Timestamp>, Stopped> {
        let reader = self.simulation.operator("reader");
        let ports = reader.ports();
        let read = ports.observers.clients(LOOK_BACK);
        let seen = self.simulation.run(&reader, read)?;
        Ok(seen
            .ok()
            .and_then(|view| view.outage)
            .filter(|outage| outage.until.is_none())
            .map(|outage| outage.from))
    }
}
