//! `dr completions`.

use clap::{Args, CommandFactory};
use clap_complete::Shell;

use crate::app::Cli;
use crate::error::Result;
use crate::exit_code::ExitCode;
use crate::session::Session;

/// Write a shell's completion script to stdout
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  dr completions bash > ~/.local/share/bash-completion/completions/dr
  dr completions zsh > ~/.zfunc/_dr
  dr completions fish > ~/.config/fish/completions/dr.fish")]
pub(crate) struct CompletionsArgs {
    /// Write for this shell
    shell: Shell,
}

/// Writes the script.
pub(crate) fn run(args: &CompletionsArgs, session: &Session) -> Result<ExitCode> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "dr", &mut script);
    session.out.verbatim(&String::from_utf8_lossy(&script));
    Ok(ExitCode::Done)
}
