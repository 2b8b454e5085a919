//! `dr drift`.

use std::path::{Path, PathBuf};

use clap::Args;
use dr_core::adapter::local::SystemClock;
use dr_core::drift::{self, Report, Verdict};
use dr_core::port::Clock as _;

use super::compared::{self, ComparedArgs};
use crate::error::Result;
use crate::exit_code::ExitCode;
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
    #[command(flatten)]
    compared: ComparedArgs,
    /// Compare with what `dr discover -o FILE` kept before, and say what is new, what is gone and which site changed
    #[arg(long, value_name = "FILE")]
    since: Option<PathBuf>,
    #[command(flatten)]
    forms: FormArgs,
    #[arg(long, hide = true)]
    simulate: bool,
    /// Print the JSON Schema of the report, and compare nothing
    #[arg(long)]
    schema: bool,
}

/// Reads, compares, shows.
pub(crate) fn run(args: &DriftArgs, session: &Session) -> Result<ExitCode> {
    if args.schema {
        let schema = drift::form::report_schema();
        return args
            .forms
            .instead(&schema, &session.out)
            .map(|()| ExitCode::Done);
    }
    if args.simulate {
        return Err(compared::not_simulated("dr drift"));
    }
    let files = session.judged_estate()?;
    let estate = &files.estate;
    let read = [
        files.path(),
        args.compared.scan.as_deref(),
        args.since.as_deref(),
    ];
    let read: Vec<&Path> = read.into_iter().flatten().collect();
    args.forms.check(&read, &session.out)?;
    let (scan, direction) = args.compared.read(estate, "dr drift", session)?;
    let last = args.since.as_deref();
    let last = last.map(|path| compared::earlier(path, estate, &scan));
    let last = last.transpose()?;
    let now = SystemClock.now();
    let examine = |scan, last| {
        drift::examine_as_of(estate, &direction, scan, last, now)
            .map_err(|error| compared::unreadable(&error))
    };
    let mut report = examine(&scan, last.as_ref())?;
    if let Some(last) = &last {
        report = report.since(&examine(last, None)?);
    }
    let mut sheet = report.sheet();
    sheet.declared_in = files.path().and_then(forms::in_repository);
    let forms = Forms {
        report: &report,
        sheet,
        text: &|style| render::drift::text(&report, style),
    };
    let code = exit_code(&report);
    let shown = args.forms.show(&forms, &session.out);
    shown.map_err(|error| {
        error.hint(format!(
            "the report itself ends with {}, {}",
            code.number(),
            code.name()
        ))
    })?;
    Ok(code)
}

pub(super) fn exit_code(report: &Report) -> ExitCode {
    match report.verdict {
        Verdict::InSync => ExitCode::Done,
        Verdict::Drift => ExitCode::Drift,
        Verdict::Incomplete => ExitCode::InventoryIncomplete,
        Verdict::Blocked => ExitCode::BlockingDrift,
    }
}
