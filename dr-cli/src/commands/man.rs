//! `dr man`.

use std::path::PathBuf;

use clap::{Args, CommandFactory};
use clap_mangen::Man;

use crate::app::Cli;
use crate::error::{Error, Result};
use crate::exit_code::ExitCode;
use crate::session::Session;

/// Write the manual pages
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  dr man | man -l -
  dr man ~/.local/share/man/man1")]
pub(crate) struct ManArgs {
    /// Write a page for every command into this directory, instead of the main page to stdout
    #[arg(value_name = "DIR")]
    dir: Option<PathBuf>,
}

/// Writes the pages.
pub(crate) fn run(args: &ManArgs, session: &Session) -> Result<ExitCode> {
    if let Some(dir) = &args.dir {
        std::fs::create_dir_all(dir).map_err(|e| Error::file("create", dir, &e))?;
        clap_mangen::generate_to(Cli::command(), dir)
            .map_err(|e| Error::file("write manual pages to", dir, &e))?;
        session
            .out
            .notice(&format!("wrote the manual pages to {}", dir.display()));
    } else {
        let mut page = Vec::new();
        Man::new(Cli::command())
            .render(&mut page)
            .map_err(|e| Error::new(ExitCode::Unexpected, "cannot make the page").because(&e))?;
        session.out.verbatim(&String::from_utf8_lossy(&page));
    }
    Ok(ExitCode::Done)
}
