//! `dr gameday`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::{Args, Subcommand};
use dr_core::config::{Source, gameday_schema};
use dr_core::gameday::{self, NobodyElse, Rehearsal, Scenario, Scorecard, Stage, Verdict};
use dr_core::sim::Simulation;

use crate::error::{Error, Result};
use crate::exit_code::ExitCode;
use crate::files::{self, EstateFiles};
use crate::render::gameday::{Onlooker, scorecard};
use crate::session::Session;
use crate::stores::RunStore;

/// Rehearse: play a disaster on the simulator and keep the score
#[derive(Debug, Subcommand)]
pub(crate) enum GamedayCommand {
    List(ListArgs),
    Run(RunArgs),
    Schema(SchemaArgs),
}

/// List the game days of the estate
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  dr gameday list")]
pub(crate) struct ListArgs {}

/// Play a game day by the real engine on the simulator, and keep the score
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  dr gameday run region-loss
  dr gameday run region-loss --seed 7 --report day.html
  dr gameday run region-loss --output json | jq .verdict
  dr gameday run gamedays/our-own.yaml")]
pub(crate) struct RunArgs {
    /// Play this game day: a name that `dr gameday list` shows, or a file
    name: String,
    /// Begin the simulator's chance here instead of where the game day says
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
    /// Write the page to this file [default: NAME.html in the store's folder of game days]
    #[arg(long, value_name = "FILE")]
    report: Option<PathBuf>,
}

/// Print the JSON Schema of a game day, for editors
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  dr gameday schema > gameday.schema.json")]
pub(crate) struct SchemaArgs {}

/// Carries the command out.
pub(crate) fn run(command: &GamedayCommand, session: &Session) -> Result<ExitCode> {
    match command {
        GamedayCommand::List(_) => list(session),
        GamedayCommand::Run(args) => play(args, session),
        GamedayCommand::Schema(_) => {
            session.out.json(&gameday_schema());
            Ok(ExitCode::Done)
        }
    }
}

fn list(session: &Session) -> Result<ExitCode> {
    let files = session.estate()?;
    let mut scenarios = Vec::new();
    for source in files.gameday_sources()? {
        scenarios.push(parse(source, &files)?);
    }
    if session.out.is_json() {
        let names: Vec<_> = scenarios
            .iter()
            .map(|scenario| {
                serde_json::json!({
                    "gameday": scenario.name, "about": scenario.about, "proves": scenario.proves,
                })
            })
            .collect();
        session.out.json(&names);
    } else {
        let widths = scenarios.iter().map(|scenario| scenario.name.len());
        let widest = widths.max().unwrap_or(0);
        for scenario in &scenarios {
            let name = session.out.style().bold(&scenario.name);
            let proves = scenario.proves.as_ref().unwrap_or(&scenario.about);
            let pad = " ".repeat(widest - scenario.name.len());
            session.out.line(&format!("{name}{pad}  {proves}"));
        }
        if scenarios.is_empty() {
            session
                .out
                .notice("no game days: they stand in the folder gamedays beside the estate");
        }
    }
    Ok(ExitCode::Done)
}

fn play(args: &RunArgs, session: &Session) -> Result<ExitCode> {
    let files = session.estate()?;
    let mut scenario = parse(source(&args.name, &files)?, &files)?;
    if let Some(seed) = args.seed {
        scenario.seed = seed;
    }
    let store = RunStore::rehearsed(session)?;
    store.clear()?;
    let stage = Stage {
        simulation: Simulation::new(&files.estate, scenario.seed),
        runbooks: runbooks(&scenario, &files)?,
        audience: Arc::new(Onlooker::new(session.out.clone())),
        team: Arc::new(NobodyElse),
    };
    let rehearsal = stage.play(&scenario).map_err(|error| {
        Error::new(ExitCode::Unexpected, "the game day could not be played").because(&error)
    })?;
    for (run, journal) in &rehearsal.journals {
        store.keep(run, journal)?;
    }
    let page = args
        .report
        .clone()
        .unwrap_or_else(|| store.root().join(format!("{}.html", scenario.name)));
    write_page(&page, &rehearsal, &files)?;
    show(&rehearsal, &page, session);
    Ok(exit_code(&rehearsal.scorecard))
}

fn parse(source: Source, files: &EstateFiles) -> Result<Scenario> {
    Scenario::parse(source, &files.estate)
        .map_err(|problems| files::invalid("the game day", problems))
}

/// The game day of that name, or of that file.
fn source(name: &str, files: &EstateFiles) -> Result<Source> {
    let path = Path::new(name);
    if path.extension().is_some() {
        return files::read(path);
    }
    files.gameday(name)
}

/// Every runbook that the story runs.
fn runbooks(
    scenario: &Scenario,
    files: &EstateFiles,
) -> Result<BTreeMap<String, dr_core::runbook::Runbook>> {
    scenario
        .runbooks()
        .into_iter()
        .map(|name| Ok((name.to_owned(), files.runbook(name)?)))
        .collect()
}

fn write_page(path: &Path, rehearsal: &Rehearsal, files: &EstateFiles) -> Result<()> {
    let page = gameday::to_html(rehearsal, files.estate.objectives);
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).map_err(|error| Error::file("create", folder, &error))?;
    }
    std::fs::write(path, page).map_err(|error| Error::file("write", path, &error))
}

fn show(rehearsal: &Rehearsal, page: &Path, session: &Session) {
    let card = &rehearsal.scorecard;
    if session.out.is_json() {
        session.out.json(card);
        return;
    }
    session.out.result(&scorecard(card, session.out.style()));
    session
        .out
        .line(&format!("  the day as a page   {}", page.display()));
    for run in &card.runs {
        session
            .out
            .line(&format!("  a run in full       dr report {}", run.run));
    }
    session.out.line(&format!(
        "  another chance      dr gameday run {} --seed {}",
        card.gameday,
        card.seed + 1
    ));
    session
        .out
        .line("  do it yourself      dr failover --simulate");
}

fn exit_code(card: &Scorecard) -> ExitCode {
    match card.verdict {
        Verdict::Met => ExitCode::Done,
        Verdict::Deviated if card.missed_steady_state() => ExitCode::SteadyStateNotMet,
        Verdict::Deviated if card.missed_objective() => ExitCode::ObjectiveMissed,
        Verdict::Deviated | Verdict::Failed => ExitCode::Unexpected,
    }
}
