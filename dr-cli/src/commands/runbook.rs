//! `dr runbook`.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use dr_core::config::{Problems, Source};
use dr_core::model::Estate;
use dr_core::runbook::{Runbook, lint};

use crate::error::{Error, Result};
use crate::exit_code::ExitCode;
use crate::files;
use crate::session::Session;

/// Check runbooks before they are needed
#[derive(Debug, Subcommand)]
pub(crate) enum RunbookCommand {
    Lint(LintArgs),
    Schema(SchemaArgs),
}

/// Check runbooks against the estate and tell everything that is wrong with them
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  dr runbook lint                            Check every runbook beside the estate
  dr runbook lint failover.yaml              Check one
  dr runbook lint --output json | jq '.error.problems[] | {file, line, code}'")]
pub(crate) struct LintArgs {
    /// Check these files [default: the runbooks beside the estate]
    #[arg(value_name = "FILE")]
    files: Vec<PathBuf>,
}

/// Write the JSON Schema of runbooks, for editors
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  dr runbook schema > runbook.schema.json
  # and as the first line of failover.yaml:
  # yaml-language-server: $schema=runbook.schema.json")]
pub(crate) struct SchemaArgs {}

/// Carries out `dr runbook`.
pub(crate) fn run(command: &RunbookCommand, session: &Session) -> Result<ExitCode> {
    match command {
        RunbookCommand::Lint(args) => lint(args, session),
        RunbookCommand::Schema(_) => {
            session.out.json(&dr_core::config::runbook_schema());
            Ok(ExitCode::Done)
        }
    }
}

/// Parses and lints every runbook, and tells all of it at once.
fn lint(args: &LintArgs, session: &Session) -> Result<ExitCode> {
    let files = session.estate()?;
    let sources = if args.files.is_empty() {
        files.runbook_sources()?
    } else {
        args.files
            .iter()
            .map(|path| files::read(path))
            .collect::<Result<_>>()?
    };
    if sources.is_empty() {
        return Err(
            Error::usage(format!("there are no runbooks beside {}", files.name())).hint("dr init"),
        );
    }
    let names: Vec<String> = sources.iter().map(|source| source.name.clone()).collect();
    let problems: Vec<Problems> = sources
        .into_iter()
        .filter_map(|source| defects(source, &files.estate))
        .collect();
    if !problems.is_empty() {
        let count: usize = problems.iter().map(|problems| problems.list.len()).sum();
        let what = match count {
            1 => "1 problem".to_owned(),
            n => format!("{n} problems"),
        };
        return Err(Error::invalid(
            format!("the runbooks have {what}"),
            problems,
        ));
    }
    if session.out.is_json() {
        session
            .out
            .json(&serde_json::json!({ "valid": true, "runbooks": names }));
    } else {
        for name in names {
            session
                .out
                .line(&format!("{} {name}", session.out.style().good("✔")));
        }
    }
    Ok(ExitCode::Done)
}

/// What is wrong with one runbook, by itself or for this estate.
fn defects(source: Source, estate: &Estate) -> Option<Problems> {
    match Runbook::parse(source) {
        Err(problems) => Some(problems),
        Ok(runbook) => lint::lint(&runbook, estate).err(),
    }
}
