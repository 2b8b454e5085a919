//! What failover, failback and switchover have in common: world, plan, confirmation, run.

use std::path::Path;

use dr_core::discover::{self, Roles};
use dr_core::model::{Direction, Duration, Estate, Mode};
use dr_core::runbook::host::StartOptions;
use dr_core::runbook::{Plan, Runbook, lint, plan as planner};
use dr_core::sim::Fault;

use super::options::MoveArgs;
use crate::carry;
use crate::confirm;
use crate::error::{Error, Result};
use crate::exit_code::ExitCode;
use crate::session::Session;
use crate::simulator::SimulatedWorld;
use crate::wiring::{self, Access, World};

/// How long the primary's region has been lost when a simulated failover starts.
const LOST_BEFORE: Duration = Duration::from_secs(30);
/// How long nothing has happened when a simulated planned move starts: what the run before it began has ended.
const SETTLED_FOR: Duration = Duration::from_mins(5);

/// Which command moves the primary role.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Movement {
    /// The primary is lost.
    Failover,
    /// Home again.
    Failback,
    /// The roles are exchanged.
    Switchover,
}

impl Movement {
    /// The movement of that name.
    pub(crate) fn named(name: &str) -> Option<Self> {
        [Self::Failover, Self::Failback, Self::Switchover]
            .into_iter()
            .find(|movement| movement.name() == name)
    }

    /// The command's word.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Failover => "failover",
            Self::Failback => "failback",
            Self::Switchover => "switchover",
        }
    }

    /// The runbook's name. A switchover follows the failover's, in planned mode.
    pub(crate) fn runbook(self) -> &'static str {
        match self {
            Self::Failover | Self::Switchover => "failover",
            Self::Failback => "failback",
        }
    }

    /// The mode where none is given.
    pub(crate) fn mode(self) -> Mode {
        match self {
            Self::Failover => Mode::Unplanned,
            Self::Failback | Self::Switchover => Mode::Planned,
        }
    }

    /// The direction, seen from the roles that the sites have now.
    ///
    /// # Errors
    /// The roles are not known, or the movement has been made already.
    pub(crate) fn direction(self, roles: &Roles, estate: &Estate) -> Result<Direction> {
        let direction = match roles {
            Roles::Known { .. } => roles.direction(),
            Roles::Unknown { reason } => {
                return Err(Error::new(
                    ExitCode::InventoryIncomplete,
                    format!("it is not known which site is primary: {reason}"),
                )
                .hint("dr status"));
            }
        };
        let direction =
            direction.ok_or_else(|| Error::usage("it is not known which site is primary"))?;
        if self == Self::Failback && direction.to != estate.home().id {
            return Err(Error::usage(format!(
                "{} is home and is primary already: there is nothing to take back",
                estate.home().id
            )));
        }
        Ok(direction)
    }
}

/// Moves the primary role.
pub(crate) fn run(movement: Movement, args: &MoveArgs, session: &Session) -> Result<ExitCode> {
    let given = args.plan.as_deref().map(read_plan).transpose()?;
    let operator = carry::operator_name(&args.running);
    let again = format!("dr {}", movement.name());
    let mode = args.mode.map_or_else(|| movement.mode(), Mode::from);
    let (world, plan) = match given {
        Some(plan) => {
            let world = wiring::world(
                &args.simulation,
                &plan.estate,
                Access::Move,
                &again,
                session,
            )?;
            ready(args, &again, &world)?;
            if let Some(simulated) = world.simulated() {
                set_the_scene(movement, plan.mode, simulated, session)?;
            }
            (world, plan)
        }
        None => {
            let files = session.estate()?;
            let runbook = files.runbook(movement.runbook())?;
            let world = wiring::world(
                &args.simulation,
                &files.estate,
                Access::Move,
                &again,
                session,
            )?;
            ready(args, &again, &world)?;
            if let Some(simulated) = world.simulated() {
                set_the_scene(movement, mode, simulated, session)?;
            }
            let plan = self::plan(movement, mode, &runbook, &files.estate, &world)?;
            (world, plan)
        }
    };
    announce(&plan, session);
    if !args.yes {
        let what = format!("{} of {}", movement.name(), plan.estate.name);
        confirm::direction(&session.out, &plan.direction, &what)?;
    }
    let options = start_options(args, &plan, &operator, &world)?;
    carry::start(&world, plan, options, &operator, &args.running, session)
}

/// Whether a run can be begun at all, before anything happens to the world.
fn ready(args: &MoveArgs, again: &str, world: &World) -> Result<()> {
    confirm::possible(args.yes, again)?;
    world.store().refuse_open_runs()
}

fn start_options(
    args: &MoveArgs,
    plan: &Plan,
    operator: &str,
    world: &World,
) -> Result<StartOptions> {
    let now = world.now();
    let outage_since = match (args.outage_since, plan.mode) {
        (Some(since), _) => Some(since.seen_from(now)),
        (None, Mode::Unplanned) => world.outage()?,
        (None, Mode::Planned) => None,
    };
    Ok(StartOptions {
        outage_since,
        accepted: args
            .accept
            .iter()
            .map(|acceptance| acceptance.sign(operator, now))
            .collect(),
    })
}

/// Reads a plan file.
fn read_plan(path: &Path) -> Result<Plan> {
    let bytes = std::fs::read(path).map_err(|error| Error::file("read", path, &error))?;
    Plan::from_json(&bytes).map_err(|error| {
        Error::new(
            ExitCode::Invalid,
            format!("{} cannot be run", path.display()),
        )
        .because(&error)
        .hint("dr plan failover -o plan.json")
    })
}

/// Makes the simulated world what the command is for: a failover follows the loss of the primary's region, a planned move
/// needs both regions.
fn set_the_scene(
    movement: Movement,
    mode: Mode,
    world: &SimulatedWorld,
    session: &Session,
) -> Result<()> {
    let simulation = world.simulation();
    if (movement, mode) != (Movement::Failover, Mode::Unplanned) {
        for site in simulation.dark_sites() {
            session.out.notice(&format!("simulator: {site} returns"));
            simulation.inject(Fault::RegionReturns(site));
            simulation.inject(Fault::GlobalControlUp);
        }
        simulation.advance(SETTLED_FOR);
        return Ok(());
    }
    let roles = discover::roles(&world.inventories()?, world.estate());
    if let Some(primary) = roles.primary()
        && simulation.dark_sites().is_empty()
    {
        session.out.notice(&format!(
            "simulator: {primary} and the global control plane (us-east-1) went dark {LOST_BEFORE} ago"
        ));
        simulation.inject(Fault::RegionDark(primary.clone()));
        simulation.inject(Fault::GlobalControlDown);
        simulation.advance(LOST_BEFORE);
    }
    Ok(())
}

/// Reads both sites and plans.
///
/// # Errors
/// The runbook has defects, the roles are not known, or something stands in the way.
pub(crate) fn plan(
    movement: Movement,
    mode: Mode,
    runbook: &Runbook,
    estate: &Estate,
    world: &World,
) -> Result<Plan> {
    lint::lint(runbook, estate).map_err(|problems| {
        Error::invalid(
            format!("the runbook {} is not safe to run", runbook.name),
            vec![problems],
        )
    })?;
    let inventory = world.inventories()?;
    #[cfg(feature = "real")]
    if let Some(error) = crate::real::silent(&inventory) {
        return Err(error);
    }
    let roles = discover::roles(&inventory, estate);
    let direction = movement.direction(&roles, estate)?;
    planner::plan(&planner::Request {
        estate,
        runbook,
        inventory: &inventory,
        mode,
        rehearsal: false,
        direction,
    })
    .map_err(|findings| {
        Error::refused(
            format!("the {} cannot be planned as things are", movement.name()),
            findings,
        )
    })
}

fn announce(plan: &Plan, session: &Session) {
    let rto = plan.estate.objectives.rto;
    let serving = plan.prediction.until_serving;
    session.out.notice(&format!(
        "{} {}, {}: clients served again after about {serving} (RTO {rto}), done after about {}",
        session.out.notice_style().bold(&plan.runbook),
        plan.direction,
        plan.mode,
        plan.prediction.total,
    ));
}
