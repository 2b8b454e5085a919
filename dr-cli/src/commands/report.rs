//! `dr report`.

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use dr_core::drift::form::printable_json;
use dr_core::model::RunId;
use dr_core::report;

use crate::error::{Error, Result};
use crate::exit_code::ExitCode;
use crate::session::Session;
use crate::stores;

/// Write the report of a run, computed from its journal alone
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  dr report failover-20260101-000030-1f0c
  dr report failover-20260101-000030-1f0c -o failover.html
  dr report failover-20260101-000030-1f0c --format json | jq .recovery_time")]
pub(crate) struct ReportArgs {
    /// Report on this run
    run: RunId,
    /// Write to this file instead of stdout
    #[arg(short = 'o', long = "out", value_name = "FILE")]
    out: Option<PathBuf>,
    /// Write this format [default: by the file's name; text on stdout]
    #[arg(long, value_enum)]
    format: Option<ReportFormat>,
}

/// How a report looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum ReportFormat {
    /// One self-contained page with the timeline drawn
    Html,
    /// For programs
    Json,
    /// For a terminal
    Text,
}

/// Writes the report.
pub(crate) fn run(args: &ReportArgs, session: &Session) -> Result<ExitCode> {
    let found = stores::find(&args.run, session)?;
    let journal = &found.journal;
    let report = report::from_journal(&journal.header, &journal.records, journal.head.as_str());
    let format = args.format.unwrap_or_else(|| default_format(args, session));
    let text = match format {
        ReportFormat::Html => report::to_html(&report),
        ReportFormat::Json => printable_json(&report::to_json(&report)),
        ReportFormat::Text => report::to_text(&report),
    };
    match &args.out {
        // What is made for programs is escaped by its own rules.
        None if format == ReportFormat::Json => session.out.verbatim(&text),
        None => session.out.result(&text),
        Some(path) => {
            std::fs::write(path, text).map_err(|error| Error::file("write", path, &error))?;
            session.out.notice(&format!("wrote {}", path.display()));
        }
    }
    Ok(ExitCode::Done)
}

fn default_format(args: &ReportArgs, session: &Session) -> ReportFormat {
    let extension = args
        .out
        .as_deref()
        .and_then(Path::extension)
        .and_then(|extension| extension.to_str());
    match extension {
        Some("html" | "htm") => ReportFormat::Html,
        Some("json") => ReportFormat::Json,
        _ if session.out.is_json() => ReportFormat::Json,
        _ => ReportFormat::Text,
    }
}
