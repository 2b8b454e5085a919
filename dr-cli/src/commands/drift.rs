//! `dr drift`.

use std::path::{Path, PathBuf};

use clap::Args;
use dr_core::drift::{self, Report, Verdict};
use dr_core::model::{Direction, Estate, EstateScan, SiteId};

use super::discover;
use crate::error::{Error, Result};
use crate::exit_code::ExitCode;
use crate::files;
use crate::forms::{self, FormArgs, Forms};
use crate::render;
use crate::session::Session;

/// Compare both sites, and say what differs that matters for a failover; change nothing
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  dr drift                                   Read both sites and compare them
  dr discover -o dr.json && dr drift --scan dr.json
                                             Compare what was read before, without asking anybody
  dr drift --output json | jq '.findings[] | select(.severity == \"blocking\")'
  dr drift -o drift.html                     Write a page
  dr drift --write sarif=drift.sarif --write junit=drift.xml --write markdown=drift.md
                                             In CI: text in the log, and a file for each reader
  dr drift --schema > drift-report.schema.json

Exit codes: 0 in sync, 10 something differs, 11 something could not be read, 13 something stops a failover.")]
pub(crate) struct DriftArgs {
    /// Compare what `dr discover -o FILE` kept, and ask nobody
    #[arg(long, value_name = "FILE")]
    scan: Option<PathBuf>,
    /// Compare with what was read before, and say what changed since
    #[arg(long, value_name = "FILE")]
    since: Option<PathBuf>,
    /// The site that is to take over [default: the one whose databases are replicas now]
    #[arg(long, value_name = "SITE")]
    to: Option<SiteId>,
    #[command(flatten)]
    forms: FormArgs,
    /// Print the JSON Schema of the report, and compare nothing
    #[arg(long)]
    schema: bool,
}

/// Reads, compares, shows.
pub(crate) fn run(args: &DriftArgs, session: &Session) -> Result<ExitCode> {
    if args.schema {
        session.out.json(&drift::form::report_schema());
        return Ok(ExitCode::Done);
    }
    let files = session.estate()?;
    let estate = &files.estate;
    if let Some(site) = &args.to {
        files::known_site(estate, site)?;
    }
    let scan = match &args.scan {
        Some(path) => kept(path)?,
        None => discover::scan(estate, None, session)?,
    };
    let direction = direction(estate, &scan, args.to.as_ref())?;
    let last = args.since.as_deref().map(kept).transpose()?;
    let report = drift::examine(estate, &direction, &scan, last.as_ref()).map_err(|error| {
        Error::usage("these two columns cannot be compared")
            .because(&error)
            .hint("dr discover -o dr.json")
    })?;
    let mut sheet = report.sheet();
    sheet.declared_in = files.path().and_then(forms::in_repository);
    let forms = Forms {
        report: &report,
        sheet,
        text: &|style| render::drift::text(&report, style),
    };
    args.forms.show(&forms, &session.out)?;
    Ok(exit_code(&report))
}

fn exit_code(report: &Report) -> ExitCode {
    match report.verdict {
        Verdict::InSync => ExitCode::Done,
        Verdict::Drift => ExitCode::Drift,
        Verdict::Incomplete => ExitCode::InventoryIncomplete,
        Verdict::Blocked => ExitCode::BlockingDrift,
    }
}

/// What was read before.
fn kept(path: &Path) -> Result<EstateScan> {
    let text = std::fs::read(path).map_err(|error| Error::file("read", path, &error))?;
    serde_json::from_slice(&text).map_err(|error| {
        Error::new(
            ExitCode::Invalid,
            format!("{} is nothing that dr discover wrote", path.display()),
        )
        .because(&error)
        .hint("dr discover -o dr.json")
    })
}

fn direction(estate: &Estate, scan: &EstateScan, to: Option<&SiteId>) -> Result<Direction> {
    if let Some(to) = to {
        return Ok(Direction {
            from: estate.other_site(to).id.clone(),
            to: to.clone(),
        });
    }
    let is_bound = estate
        .bindings
        .values()
        .any(|bindings| !bindings.is_empty());
    match drift::direction(estate, scan) {
        Some(direction) => Ok(direction),
        // Nothing says who takes the writes: an estate without a database is at home as far as anybody knows.
        None if !is_bound => Ok(estate.outward()),
        None => Err(
            Error::usage("what was read does not tell which site takes the writes now")
                .hint(format!("dr drift --to {}", estate.outward().to)),
        ),
    }
}
