//! Carries a run out, in this process, until it rests; then says how it stands.

use std::sync::Arc;

#[cfg(feature = "real")]
use dr_core::gameday;
#[cfg(feature = "real")]
use dr_core::model::Direction;
use dr_core::model::{Duration, RunId};
use dr_core::port::People;
use dr_core::report;
use dr_core::runbook::Plan;
use dr_core::runbook::host::{Host, HostError, StartOptions, StopFlag, run_id};
use dr_core::runbook::lock::{self, LockError};
use dr_core::runbook::replay::replay;
use dr_core::sim::Operator;
use dr_core::sim::people::OnCall;

use crate::commands::options::RunningArgs;
use crate::confirm;
use crate::error::{Error, Result};
use crate::exit_code::ExitCode;
use crate::interrupt;
use crate::people::{AtTerminal, Nobody, PeopleChoice};
#[cfg(feature = "real")]
use crate::real::RealWorld;
use crate::render::duration::short;
use crate::render::progress::Progress;
use crate::render::{lacking, runs, summary};
use crate::session::Session;
use crate::simulator::{SimulatedWorld, Start};
use crate::stores::{self, FoundRun, RunStore};
#[cfg(not(feature = "real"))]
use crate::wiring;
use crate::wiring::World;

/// How long a simulated person takes to answer.
const ANSWER_AFTER: Duration = Duration::from_secs(60);
/// The simulated people on call.
const ON_CALL: [&str; 3] = ["ada", "grace", "edsger"];

/// Starts a run of `plan`.
///
/// # Errors
/// The run could not be begun, or not be carried on.
pub(crate) fn start(
    world: &World,
    plan: Plan,
    options: StartOptions,
    operator: &str,
    running: &RunningArgs,
    session: &Session,
) -> Result<ExitCode> {
    match world {
        World::Simulated(world) => {
            start_simulated(world, plan, options, operator, running, session)
        }
        #[cfg(feature = "real")]
        World::Real(world) => {
            refuse_rehearsal(&plan)?;
            let store = world.store_of(&plan.direction, &session.out);
            let host = real_host(world, &store, &plan.direction, operator, running, session)?;
            let run = unused(&run_id(&plan, world.now()), &store)?;
            let outcome = world.wait(host.start(run.clone(), plan, options));
            rest(&run, outcome.map(|_| ()), &store, Vec::new(), session)
        }
    }
}

fn start_simulated(
    world: &SimulatedWorld,
    plan: Plan,
    options: StartOptions,
    operator: &str,
    running: &RunningArgs,
    session: &Session,
) -> Result<ExitCode> {
    let process = world.simulation().operator(operator);
    let host = host(world, &process, running, session)?;
    world.keep()?;
    outlast_dead_holder(world, session)?;
    let run = unused(&run_id(&plan, world.now()), world.store())?;
    let outcome = world.run(&process, host.start(run.clone(), plan, options))?;
    come_to_rest(&run, outcome.map(|_| ()), world, session)
}

/// Goes on with a run; only until its former primary is fenced, where that is asked for.
///
/// # Errors
/// The run could not be taken over, or not be carried on.
pub(crate) fn resume(
    found: &FoundRun,
    until_fenced: bool,
    running: &RunningArgs,
    session: &Session,
) -> Result<ExitCode> {
    let header = &found.journal.header;
    let estate = &header.plan.estate;
    let operator = operator_name(running);
    if !found.store.simulated {
        return resume_real(found, until_fenced, &operator, running, session);
    }
    let world = SimulatedWorld::open(estate, Start::GoOn, session)?;
    catch_up(&world, found, session)?;
    let process = world.simulation().operator(&operator);
    let mut host = host(&world, &process, running, session)?;
    if until_fenced {
        host = host.until_fenced();
    }
    world.keep()?;
    let outcome = world.run(&process, host.resume(&header.run))?;
    come_to_rest(&header.run, outcome.map(|_| ()), &world, session)
}

#[cfg(feature = "real")]
fn resume_real(
    found: &FoundRun,
    until_fenced: bool,
    operator: &str,
    running: &RunningArgs,
    session: &Session,
) -> Result<ExitCode> {
    let header = &found.journal.header;
    let direction = &header.plan.direction;
    refuse_rehearsal(&header.plan)?;
    let world = RealWorld::reach(&header.plan.estate, session)?;
    let mut host = real_host(&world, &found.store, direction, operator, running, session)?;
    if until_fenced {
        host = host.until_fenced();
    }
    let outcome = world.wait(host.resume(&header.run));
    rest(
        &header.run,
        outcome.map(|_| ()),
        &found.store,
        Vec::new(),
        session,
    )
}

#[cfg(not(feature = "real"))]
fn resume_real(
    found: &FoundRun,
    _: bool,
    _: &str,
    _: &RunningArgs,
    _: &Session,
) -> Result<ExitCode> {
    Err(wiring::no_adapters(&found.journal.header.plan.estate))
}

/// Refuses a rehearsal that would touch a site that is not marked for it.
///
/// # Errors
/// The sites.
#[cfg(feature = "real")]
pub(crate) fn refuse_rehearsal(plan: &Plan) -> Result<()> {
    match gameday::refusals(plan) {
        refusals if refusals.is_empty() => Ok(()),
        refusals => {
            let message = "a rehearsal touches no site that is not marked for it";
            Err(Error::refused(message, refusals))
        }
    }
}

#[cfg(feature = "real")]
fn real_host(
    world: &RealWorld,
    store: &RunStore,
    direction: &Direction,
    operator: &str,
    running: &RunningArgs,
    session: &Session,
) -> Result<Host> {
    let stop = StopFlag::default();
    interrupt::press_on_ctrl_c(stop.clone(), session.out.clone())?;
    let (logs, objects) = store.parts();
    let people: Arc<dyn People> = match running.people {
        Some(PeopleChoice::Simulated) => {
            return Err(
                Error::usage("simulated people do not decide about a real run")
                    .hint("--people ask, or --people none"),
            );
        }
        Some(PeopleChoice::None) => Arc::new(Nobody),
        None if !confirm::is_interactive() => Arc::new(Nobody),
        _ => Arc::new(AtTerminal::beside(session.out.clone(), operator.to_owned())),
    };
    Ok(Host {
        ports: world.towards(direction).ports,
        logs,
        opposite: world.journals_at(&direction.from),
        store: objects,
        people,
        watcher: Arc::new(Progress::new(session.out.clone())),
        operator: operator.to_owned(),
        stop,
    })
}

/// Brings a world up to its journals: after a crash the saved world is as old as its last change, and the dead process may
/// still hold the lease. Nobody else moves this world, so time is all that has to pass.
fn catch_up(world: &SimulatedWorld, found: &FoundRun, session: &Session) -> Result<()> {
    let simulation = world.simulation();
    if let Some(last) = found.journal.records.last() {
        simulation.advance(Duration::between(world.now(), last.at));
    }
    outlast_dead_holder(world, session)
}

/// Lets the lease of an operator who died holding it run out. Only this process moves the world, so whoever else holds the
/// lock is dead.
fn outlast_dead_holder(world: &SimulatedWorld, session: &Session) -> Result<()> {
    let simulation = world.simulation();
    let estate = &world.estate().name;
    let store = world.store();
    let holder = store
        .wait(lock::holder(&*store.store(), estate))
        .map_err(|error| {
            Error::new(ExitCode::Unexpected, "cannot read the estate's lock").because(&error)
        })?;
    if let Some(holder) = holder.filter(|holder| holder.until > world.now()) {
        let rest = Duration::between(world.now(), holder.until) + Duration::from_millis(1);
        session.out.notice(&format!(
            "simulator: waiting {} until the lease of {} has run out, who died holding it",
            short(rest),
            holder.who
        ));
        simulation.advance(rest);
    }
    Ok(())
}

/// The name with a number behind it where it is taken: a run that is begun in the same second of the same world.
fn unused(run: &RunId, store: &RunStore) -> Result<RunId> {
    let taken = store.runs()?;
    let numbered = (2..=u32::MAX).filter_map(|number| format!("{run}-{number}").parse().ok());
    std::iter::once(run.clone())
        .chain(numbered)
        .find(|name| !taken.contains(name))
        .ok_or_else(|| {
            Error::new(
                ExitCode::Unexpected,
                format!("every name like {run} is taken"),
            )
        })
}

fn host(
    world: &SimulatedWorld,
    process: &Operator,
    running: &RunningArgs,
    session: &Session,
) -> Result<Host> {
    let stop = StopFlag::default();
    interrupt::press_on_ctrl_c(stop.clone(), session.out.clone())?;
    let progress = Arc::new(Progress::new(session.out.clone()));
    if let Some(factor) = running.speed {
        let progress = Arc::clone(&progress);
        world.pace(factor, Box::new(move |now| progress.tick(now)));
    }
    Ok(Host {
        ports: process.ports(),
        logs: world.store().logs(),
        opposite: None,
        store: world.store().objects(),
        people: people(world, process.name(), running, session)?,
        watcher: progress,
        operator: process.name().to_owned(),
        stop,
    })
}

fn people(
    world: &SimulatedWorld,
    operator: &str,
    running: &RunningArgs,
    session: &Session,
) -> Result<Arc<dyn People>> {
    match running.people.unwrap_or(PeopleChoice::Simulated) {
        PeopleChoice::Simulated => Ok(Arc::new(OnCall::new(
            world.simulation().clock(),
            &ON_CALL,
            ANSWER_AFTER,
        ))),
        PeopleChoice::None => Ok(Arc::new(Nobody)),
        PeopleChoice::Ask if confirm::is_interactive() => Ok(Arc::new(AtTerminal::new(
            session.out.clone(),
            operator.to_owned(),
        ))),
        PeopleChoice::Ask => Err(Error::usage("there is no terminal to ask people at")
            .hint("--people none, and answer with `dr run approve`")),
    }
}

/// In whose name a simulated run is carried out: as said, by the login name, or just as the operator.
pub(crate) fn operator_name(running: &RunningArgs) -> String {
    #[expect(
        clippy::disallowed_methods,
        reason = "the login name is the user's environment, and the CLI is where that is read"
    )]
    let login = || {
        ["USER", "LOGNAME"]
            .iter()
            .find_map(|name| std::env::var(name).ok())
    };
    running
        .who
        .clone()
        .or_else(login)
        .map(|name| name.trim().to_owned())
        .filter(|name| !name.is_empty())
        .unwrap_or_else(|| "operator".to_owned())
}

/// Says how the run stands, by its journal.
fn come_to_rest(
    run: &RunId,
    outcome: std::result::Result<(), HostError>,
    world: &SimulatedWorld,
    session: &Session,
) -> Result<ExitCode> {
    world.close()?;
    let dark = world.simulation().dark_sites();
    let returns = dark
        .iter()
        .map(|site| format!("dr simulator return {site}"));
    let code = rest(run, outcome, world.store(), returns.collect(), session);
    tell_violations(world, session);
    code
}

/// Says how the run stands, by its journal. `first` is what to type before what the run itself waits for.
fn rest(
    run: &RunId,
    outcome: std::result::Result<(), HostError>,
    store: &RunStore,
    first: Vec<String>,
    session: &Session,
) -> Result<ExitCode> {
    outcome.map_err(|error| failed(run, error))?;
    let Some(journal) = store.read(run)? else {
        return Err(Error::new(
            ExitCode::JournalUnreadable,
            format!("the journal of {run} is gone"),
        ));
    };
    let state = replay(&journal).map_err(|error| {
        Error::new(ExitCode::JournalUnreadable, "cannot read the journal").because(&error)
    })?;
    let report = report::from_journal(&journal.header, &journal.records, journal.head.as_str());
    let mut next: Vec<String> = Vec::new();
    if !state.status.is_over() {
        next.extend(first);
    }
    next.extend(runs::next_commands(run, &state));
    let next: Vec<String> = next.iter().map(|next| session.out.command(next)).collect();
    if session.out.is_json() {
        session.out.json_line(&summary::json(&report, &next));
    } else {
        let style = session.out.style();
        let mut text = summary::text(&report, &next, style);
        text.push_str(&lacking::text(&lacking::of(&state), style));
        session.out.result(&text);
    }
    Ok(summary::exit_code(&report))
}

/// What must never happen and did: a defect of `dr`, or of the simulator.
fn tell_violations(world: &SimulatedWorld, session: &Session) {
    for violation in world.simulation().violations() {
        let style = session.out.notice_style();
        session.out.error(&format!(
            "{} {violation}\n",
            style.bad("simulator: violated")
        ));
    }
}

/// Why a run could not be begun or gone on with, and what to type.
pub(crate) fn failed(run: &RunId, error: HostError) -> Error {
    let resume = format!("dr run resume {run}");
    match error {
        HostError::Refused(findings) => Error::refused(
            "the preflight refused the run: nothing was changed",
            findings,
        ),
        HostError::OpenRun { run, .. } => stores::open_run(&run),
        HostError::Over { ref run, .. } => {
            Error::usage(format!("run {run} is over")).hint(format!("dr run show {run}"))
        }
        HostError::NoRun(run) => Error::usage(format!("there is no run {run}")).hint("dr run list"),
        HostError::Fenced => Error::new(
            ExitCode::AnotherRun,
            format!("another operator took {run} over: this one changed nothing more"),
        )
        .hint(format!("dr run show {run}")),
        HostError::Stopped => Error::new(
            ExitCode::Held,
            format!("{run} was stopped at once: what was under way is in doubt"),
        )
        .hint(resume),
        HostError::Lock(ref error @ LockError::Held { .. }) => Error::new(
            ExitCode::AnotherRun,
            "another operator holds the estate's lock",
        )
        .because(error)
        .hint("dr run list"),
        HostError::Journal(_) | HostError::Replay(_) => Error::new(
            ExitCode::JournalUnreadable,
            format!("{run} cannot be gone on with"),
        )
        .because(&error),
        HostError::Lock(_) | HostError::Append(_) | HostError::Store(_) | HostError::Illegal(_) => {
            Error::new(
                ExitCode::Unexpected,
                format!("{run} could not be carried on"),
            )
            .because(&error)
            .hint(resume)
        }
    }
}
