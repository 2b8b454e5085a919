//! `dr estate`.

mod from_terraform;

use clap::{Args, Subcommand};

use self::from_terraform::FromTerraformArgs;
use crate::error::Result;
use crate::exit_code::ExitCode;
use crate::render::grid;
use crate::session::Session;

/// Look at the estate: what is protected, on which two sites; bind it to what really stands there
#[derive(Debug, Subcommand)]
pub(crate) enum EstateCommand {
    Check(CheckArgs),
    Show(ShowArgs),
    FromTerraform(FromTerraformArgs),
    Schema(SchemaArgs),
}

/// Check the estate and tell everything that is wrong with it
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  dr estate check
  dr estate check --estate sites/shop.yaml
  dr estate check --output json | jq '.error.problems[] | {line, message}'")]
pub(crate) struct CheckArgs {}

/// Show the estate as a grid: components down, the two sites across
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  dr estate show
  dr estate show --output json | jq .components")]
pub(crate) struct ShowArgs {}

/// Write the JSON Schema of estate.yaml, for editors
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  dr estate schema > estate.schema.json
  # and as the first line of estate.yaml:
  # yaml-language-server: $schema=estate.schema.json")]
pub(crate) struct SchemaArgs {}

/// Carries out `dr estate`.
pub(crate) fn run(command: &EstateCommand, session: &Session) -> Result<ExitCode> {
    match command {
        EstateCommand::Check(_) => check(session),
        EstateCommand::Show(_) => show(session),
        EstateCommand::FromTerraform(args) => from_terraform::run(args, session),
        EstateCommand::Schema(_) => {
            session.out.json(&dr_core::config::estate_schema());
            Ok(ExitCode::Done)
        }
    }
}

fn check(session: &Session) -> Result<ExitCode> {
    let files = session.judged_estate()?;
    let estate = &files.estate;
    if session.out.is_json() {
        session.out.json(&serde_json::json!({
            "estate": estate.name,
            "file": files.name(),
            "valid": true,
        }));
    } else {
        session.out.line(&format!(
            "{} {}: {} components on {} and {}",
            session.out.style().good("✔"),
            files.name(),
            estate.components.len(),
            estate.sites[0].id,
            estate.sites[1].id,
        ));
    }
    Ok(ExitCode::Done)
}

fn show(session: &Session) -> Result<ExitCode> {
    let files = session.estate()?;
    if session.out.is_json() {
        session.out.json(&files.estate);
    } else {
        session
            .out
            .result(&grid::estate(&files.estate, session.out.style()));
    }
    Ok(ExitCode::Done)
}
