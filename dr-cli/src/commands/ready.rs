//! `dr ready`.

mod history;

use clap::Args;
use dr_core::adapter::local::SystemClock;
use dr_core::model::{EstateInventory, EstateScan};
use dr_core::port::Clock as _;
use dr_core::readiness::{self, Answer, Facts, Report};

use super::compared::{self, ComparedArgs};
use crate::error::Result;
use crate::exit_code::ExitCode;
use crate::render;
use crate::session::Session;

/// Say whether the standby could take over now, rule by rule; change nothing
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  dr ready                                   Read both sites, and ask every rule
  dr discover -o dr.json && dr ready --scan dr.json
                                             Judge what was read before; lag, locks and mirrors are not in it
  dr ready --output json | jq '.rules[] | select(.standing == \"blocks\")'
  dr ready --schema > ready-report.schema.json
                                             The form of the report
  dr explain type-not-offered                What a rule looks for, and why

Exit codes: 0 ready, 10 something adds minutes or is worth knowing, 11 something could not be read that can stop a
failover, 13 something stops a failover.")]
pub(crate) struct ReadyArgs {
    #[command(flatten)]
    compared: ComparedArgs,
    #[arg(long, hide = true)]
    simulate: bool,
    /// Print the JSON Schema of the report, and look at nothing
    #[arg(long)]
    schema: bool,
}

/// Reads, asks the rules, shows.
pub(crate) fn run(args: &ReadyArgs, session: &Session) -> Result<ExitCode> {
    if args.schema {
        session.out.json(&readiness::report_schema());
        return Ok(ExitCode::Done);
    }
    if args.simulate {
        return Err(compared::not_simulated("dr ready"));
    }
    let (_, report) = judge(&args.compared, "dr ready", session)?;
    if session.out.is_json() {
        session.out.json(&report);
    } else {
        session
            .out
            .result(&render::ready::text(&report, session.out.style()));
    }
    Ok(exit_code(&report))
}

/// Reads, and asks the rules; `again` is the command, for hints.
pub(crate) fn judge(
    compared: &ComparedArgs,
    again: &str,
    session: &Session,
) -> Result<(EstateScan, Report)> {
    let files = session.judged_estate()?;
    let estate = &files.estate;
    let (scan, direction) = compared.read(estate, again, session)?;
    let seen = look(compared, &files, session);
    let history = history::read(&files, &direction, &seen, session);
    // A kept scan is judged as of its own day: what was fresh then is not stale for having been kept.
    let at = scan.parts().map(|part| part.at).max().unwrap_or_default();
    let inventory = seen.inventory.as_ref();
    let inventory = inventory.map(|seen| seen.as_ref().map_err(String::as_str));
    let facts = Facts::new(estate, &direction, &scan, at, &history, inventory)
        .map_err(|error| compared::unreadable(&error))?;
    let report = readiness::examine(&facts.as_of(SystemClock.now()));
    Ok((scan, report))
}

/// What is read beside the scan.
pub(crate) struct Seen {
    /// What readers of the components found; `None` where nobody was asked, `Err`: why nobody could be.
    inventory: Option<std::result::Result<EstateInventory, String>>,
    #[cfg(feature = "real")]
    world: Option<Box<crate::real::RealWorld>>,
}

/// Asks the components of the estate, where nothing kept is judged.
#[cfg(feature = "real")]
fn look(compared: &ComparedArgs, files: &crate::files::EstateFiles, session: &Session) -> Seen {
    if compared.is_kept() {
        return Seen {
            inventory: None,
            world: None,
        };
    }
    match crate::real::RealWorld::reach(&files.estate, session) {
        Ok(world) => Seen {
            inventory: Some(Ok(world.inventories())),
            world: Some(Box::new(world)),
        },
        Err(error) => Seen {
            inventory: Some(Err(error.message)),
            world: None,
        },
    }
}

/// This build reaches nothing: whoever comes here judges what was kept.
#[cfg(not(feature = "real"))]
fn look(compared: &ComparedArgs, _: &crate::files::EstateFiles, _: &Session) -> Seen {
    let unreachable = || Err("this build reaches no real site".to_owned());
    Seen {
        inventory: (!compared.is_kept()).then(unreachable),
    }
}

pub(super) fn exit_code(report: &Report) -> ExitCode {
    match report.verdict {
        Answer::Ready => ExitCode::Done,
        Answer::Impaired => ExitCode::Drift,
        Answer::Unknown => ExitCode::InventoryIncomplete,
        Answer::Blocked => ExitCode::BlockingDrift,
    }
}
