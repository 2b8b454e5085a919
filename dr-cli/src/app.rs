//! The command line.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::error::ErrorKind;
use clap::{Args, Parser, Subcommand};

use crate::commands;
use crate::error::{Error, Result};
use crate::exit_code::ExitCode;
use crate::output::{Color, Format, Output};
use crate::render;
use crate::session::{DEFAULT_STORE, Session};

/// What a new user types first.
const START_HERE: &str = "\
Start here:
  dr failover --simulate         Watch a region fail and the failover, simulated
  dr init && dr estate show      Describe your own two sites
  dr plan failover --simulate    See what a failover would do and how long it would take
";

/// The table of exit codes.
fn exit_codes() -> String {
    ExitCode::ALL
        .iter()
        .fold("Exit codes:\n".to_owned(), |text, code| {
            text + &format!("  {:<4} {}\n", code.number(), code.meaning())
        })
}

/// The version, and whether this build reaches real sites.
const VERSION: &str = if cfg!(feature = "real") {
    env!("CARGO_PKG_VERSION")
} else {
    concat!(env!("CARGO_PKG_VERSION"), " (simulator only)")
};

/// Move a service from its primary site to its standby site and back, proven beforehand
#[derive(Debug, Parser)]
#[command(
    name = "dr",
    version = VERSION,
    subcommand_required = true,
    arg_required_else_help = true,
    max_term_width = 100,
    after_help = START_HERE,
    after_long_help = format!("{START_HERE}\n{}", exit_codes())
)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) globals: Globals,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// What every command takes.
#[derive(Debug, Args)]
#[command(next_help_heading = "Global options")]
pub(crate) struct Globals {
    /// Read the estate from this file [default: estate.yaml; the built-in storefront estate where there is none]
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) estate: Option<PathBuf>,
    /// Keep journals, the lock and plans here: a directory, or s3://BUCKET[/PREFIX] in the region of AWS_REGION
    #[arg(long, global = true, value_name = "PLACE", default_value = DEFAULT_STORE)]
    pub(crate) store: PathBuf,
    /// Write the result as text for people, or as json for programs: one document; of a run one JSON object a line, the end last
    #[arg(
        long,
        global = true,
        value_enum,
        value_name = "FORMAT",
        hide_possible_values = true,
        default_value = "text"
    )]
    pub(crate) output: Format,
    /// Use colours: auto (at a terminal, unless NO_COLOR is set), always or never
    #[arg(
        long,
        global = true,
        value_enum,
        value_name = "WHEN",
        hide_possible_values = true,
        default_value = "auto"
    )]
    pub(crate) color: Color,
    /// Write results and errors only, no progress and no notices
    #[arg(long, short, global = true)]
    pub(crate) quiet: bool,
}

/// What `dr` does.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Init(commands::init::InitArgs),
    #[command(subcommand)]
    Estate(commands::estate::EstateCommand),
    #[command(subcommand)]
    Runbook(commands::runbook::RunbookCommand),
    Discover(commands::discover::DiscoverArgs),
    Drift(commands::drift::DriftArgs),
    Ready(commands::ready::ReadyArgs),
    Explain(commands::explain::ExplainArgs),
    Watch(commands::watch::WatchArgs),
    Status(commands::status::StatusArgs),
    Observe(commands::observe::ObserveArgs),
    Plan(commands::plan::PlanArgs),
    Failover(commands::failover::FailoverArgs),
    Failback(commands::failback::FailbackArgs),
    Switchover(commands::switchover::SwitchoverArgs),
    #[command(subcommand)]
    Run(commands::run::RunCommand),
    Report(commands::report::ReportArgs),
    #[command(subcommand)]
    Iam(commands::iam::IamCommand),
    #[command(subcommand)]
    Gameday(commands::gameday::GamedayCommand),
    Prove(commands::prove::ProveArgs),
    Simulate(commands::simulate::SimulateArgs),
    #[command(subcommand)]
    Simulator(commands::simulator::SimulatorCommand),
    Completions(commands::completions::CompletionsArgs),
    Man(commands::man::ManArgs),
}

/// Parses the command line, carries it out, and shows what went wrong.
pub(crate) fn main(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let cli = match Cli::try_parse_from(arguments) {
        Ok(cli) => cli,
        Err(error) => {
            // A closed pipe is no reason to complain about help.
            let _ = error.print();
            return match error.kind() {
                ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => ExitCode::Done,
                _ => ExitCode::Usage,
            };
        }
    };
    #[expect(
        clippy::disallowed_methods,
        reason = "NO_COLOR is the user's environment, and the CLI is where that is read"
    )]
    let no_color = std::env::var("NO_COLOR").is_ok_and(|value| !value.is_empty());
    let out = Output::new(
        cli.globals.output,
        cli.globals.color,
        cli.globals.quiet,
        no_color,
    )
    .with_options(&given(&cli.globals));
    let session = Session::new(out.clone(), cli.globals.estate, cli.globals.store);
    let done = carry_out(cli.command, &session).and_then(|code| match out.failure() {
        None => Ok(code),
        Some(error) => {
            Err(Error::new(ExitCode::Unexpected, "cannot write the result").because(&error))
        }
    });
    done.unwrap_or_else(|error| {
        render::error::show(&error, &out);
        error.kind
    })
}

/// The options that say which estate and which store, as they were typed.
fn given(globals: &Globals) -> String {
    let store = Some(&globals.store).filter(|store| !store.as_os_str().eq(DEFAULT_STORE));
    let given = [("--estate", globals.estate.as_ref()), ("--store", store)];
    let given = given.into_iter().filter_map(|(option, path)| {
        let path = path?.display().to_string();
        let is_plain = path
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || "/._-:+@%=,".contains(c));
        Some(if is_plain {
            format!(" {option} {path}")
        } else {
            format!(" {option} '{}'", path.replace('\'', r"'\''"))
        })
    });
    given.collect()
}

fn carry_out(command: Command, session: &Session) -> Result<ExitCode> {
    match command {
        Command::Init(args) => commands::init::run(&args, session),
        Command::Estate(command) => commands::estate::run(&command, session),
        Command::Runbook(command) => commands::runbook::run(&command, session),
        Command::Discover(args) => commands::discover::run(&args, session),
        Command::Drift(args) => commands::drift::run(&args, session),
        Command::Ready(args) => commands::ready::run(&args, session),
        Command::Explain(args) => commands::explain::run(&args, session),
        Command::Watch(args) => commands::watch::run(&args, session),
        Command::Status(args) => commands::status::run(&args, session),
        Command::Observe(args) => commands::observe::run(&args, session),
        Command::Plan(args) => commands::plan::run(&args, session),
        Command::Failover(args) => commands::failover::run(&args, session),
        Command::Failback(args) => commands::failback::run(&args, session),
        Command::Switchover(args) => commands::switchover::run(&args, session),
        Command::Run(command) => commands::run::run(&command, session),
        Command::Report(args) => commands::report::run(&args, session),
        Command::Iam(command) => commands::iam::run(&command, session),
        Command::Gameday(command) => commands::gameday::run(&command, session),
        Command::Prove(args) => commands::prove::run(&args, session),
        Command::Simulate(args) => commands::simulate::run(&args, session),
        Command::Simulator(command) => commands::simulator::run(&command, session),
        Command::Completions(args) => commands::completions::run(&args, session),
        Command::Man(args) => commands::man::run(&args, session),
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn every_command_that_does_something_shows_examples() {
        fn check(command: &clap::Command, path: &str) {
            if command.has_subcommands() {
                for sub in command.get_subcommands() {
                    check(sub, &format!("{path} {}", sub.get_name()));
                }
            } else {
                let help = command
                    .get_after_long_help()
                    .map(ToString::to_string)
                    .unwrap_or_default();
                assert!(help.starts_with("Examples:\n"), "{path} has no examples");
                assert!(
                    help.contains(path),
                    "{path}: its examples show another command"
                );
            }
        }
        check(&Cli::command(), "dr");
    }

    #[test]
    fn help_is_imperative_and_ends_without_a_full_stop() {
        fn check(command: &clap::Command) {
            let texts = command
                .get_about()
                .into_iter()
                .chain(command.get_arguments().filter_map(clap::Arg::get_help));
            for text in texts {
                assert!(!text.to_string().ends_with('.'), "{text}");
            }
            command.get_subcommands().for_each(check);
        }
        check(&Cli::command());
    }
}
