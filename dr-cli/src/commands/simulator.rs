//! `dr simulator`: the simulated estate, moved by hand.

use clap::{Args, Subcommand};
use dr_core::model::{Duration, SiteId};
use dr_core::sim::Fault;

use crate::error::{Error, Result};
use crate::exit_code::ExitCode;
use crate::render::truth;
use crate::session::Session;
use crate::simulator::{SimulatedWorld, Start};

/// Look at the simulated estate, and let things happen to it
#[derive(Debug, Subcommand)]
pub(crate) enum SimulatorCommand {
    Dark(SiteArgs),
    Return(ReturnArgs),
    Advance(AdvanceArgs),
    Log(LogArgs),
    Truth(TruthArgs),
    Reset(ResetArgs),
}

/// Let a site's region go dark: nobody reaches it
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  dr simulator dark ohio
  dr simulator dark ohio && dr simulator log | tail")]
pub(crate) struct SiteArgs {
    /// Let this site go dark
    site: SiteId,
}

/// Let a site's region return, with whatever is there
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  dr simulator return ohio
  dr run resume RUN                          Go on with the run that waited for it")]
pub(crate) struct ReturnArgs {
    /// Let this site return
    site: SiteId,
}

/// Let simulated time pass
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  dr simulator advance 10m
  dr simulator advance 1h 30m")]
pub(crate) struct AdvanceArgs {
    /// Let this much time pass
    #[arg(value_name = "DURATION", required = true, num_args = 1..)]
    duration: Vec<String>,
}

/// Write what happened in the simulated world
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  dr simulator log
  dr simulator log | grep clients")]
pub(crate) struct LogArgs {}

/// Write what clients really experienced, and what must never happen and did
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  dr simulator truth
  dr simulator truth --output json | jq .truth.lost")]
pub(crate) struct TruthArgs {}

/// Start a new world and forget the old one with its runs, whatever state they are in
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  dr simulator reset
  dr simulator reset --seed 7")]
pub(crate) struct ResetArgs {
    /// Start the new world from this seed
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
}

/// Carries out `dr simulator`.
pub(crate) fn run(command: &SimulatorCommand, session: &Session) -> Result<ExitCode> {
    match command {
        SimulatorCommand::Dark(args) => change(Fault::RegionDark, &args.site, session),
        SimulatorCommand::Return(args) => change(Fault::RegionReturns, &args.site, session),
        SimulatorCommand::Advance(args) => advance(args, session),
        SimulatorCommand::Log(_) => log(session),
        SimulatorCommand::Truth(_) => truth(session),
        SimulatorCommand::Reset(args) => {
            let files = session.estate()?;
            let world = SimulatedWorld::open(&files.estate, Start::Instead(args.seed), session)?;
            world.keep()?;
            done(&world, session)
        }
    }
}

fn open(session: &Session) -> Result<SimulatedWorld> {
    let files = session.estate()?;
    SimulatedWorld::open(&files.estate, Start::GoOn, session)
}

fn look(session: &Session) -> Result<SimulatedWorld> {
    let files = session.estate()?;
    SimulatedWorld::look(&files.estate, Start::GoOn, session)
}

/// Lets one thing happen to one site.
fn change(fault: fn(SiteId) -> Fault, site: &SiteId, session: &Session) -> Result<ExitCode> {
    let world = open(session)?;
    if world.estate().site(site).is_none() {
        let [one, other] = &world.estate().sites;
        return Err(Error::usage(format!("there is no site {site}"))
            .hint(format!("one of {}, {}", one.id, other.id)));
    }
    let fault = fault(site.clone());
    if !session.out.is_json() {
        session.out.line(&fault.to_string());
    }
    world.simulation().inject(fault);
    done(&world, session)
}

fn advance(args: &AdvanceArgs, session: &Session) -> Result<ExitCode> {
    let duration: Duration = args
        .duration
        .join(" ")
        .parse()
        .map_err(|error| Error::usage("that is no time to let pass").because(&error))?;
    let world = open(session)?;
    world.simulation().advance(duration);
    done(&world, session)
}

fn log(session: &Session) -> Result<ExitCode> {
    let log = look(session)?.simulation().log();
    if session.out.is_json() {
        session.out.json(&serde_json::json!({ "log": log }));
    } else {
        for line in log {
            session.out.line(&line.to_string());
        }
    }
    Ok(ExitCode::Done)
}

fn truth(session: &Session) -> Result<ExitCode> {
    let world = look(session)?;
    let (truth, violations) = (world.simulation().truth(), world.simulation().violations());
    if session.out.is_json() {
        session
            .out
            .json(&serde_json::json!({ "truth": truth, "violations": violations }));
    } else {
        session
            .out
            .result(&truth::text(&truth, &violations, session.out.style()));
    }
    Ok(if violations.is_empty() {
        ExitCode::Done
    } else {
        ExitCode::Unexpected
    })
}

/// Saves the world and tells its time; for programs also which sites are dark.
fn done(world: &SimulatedWorld, session: &Session) -> Result<ExitCode> {
    world.close()?;
    if session.out.is_json() {
        session.out.json(&serde_json::json!({
            "at": world.now(),
            "dark": world.simulation().dark_sites(),
        }));
    }
    session.out.notice(&format!(
        "simulator: it is {}",
        world.now().strftime("%Y-%m-%d %H:%M:%S UTC")
    ));
    Ok(ExitCode::Done)
}
