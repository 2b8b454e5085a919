//! `dr gameday`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::{Args, Subcommand, ValueEnum};
use dr_core::config::{Problems, Source, gameday_schema};
use dr_core::gameday::{self, NobodyElse, Rehearsal, Scenario, Scorecard, Stage, Team, Verdict};
use dr_core::runbook::Runbook;
use dr_core::runbook::host::{Stop, StopFlag};
use dr_core::sim::Simulation;

use super::options;
use crate::confirm;
use crate::error::{Error, Evidence, Result};
use crate::exit_code::ExitCode;
use crate::files::{self, EstateFiles};
use crate::interrupt;
use crate::rehearsal::AtTable;
use crate::render::gameday::{Onlooker, scorecard, verdict};
use crate::session::Session;
use crate::simulator;
use crate::stores::RunStore;

/// The folder of the store with the results of game days.
const RESULTS: &str = "gameday-results";
/// A file in the store of a game day's runs that tells whether it can be written.
const DRIVER: &str = "driver.lock";

/// Rehearse: play a disaster on the simulator and keep the score
#[derive(Debug, Subcommand)]
pub(crate) enum GamedayCommand {
    List(ListArgs),
    Run(RunArgs),
    Report(ReportArgs),
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
  dr gameday run gamedays/our-own.yaml
  dr gameday run two-operators --speed 60")]
pub(crate) struct RunArgs {
    /// Play this game day: a name that `dr gameday list` shows, or a file
    name: String,
    /// Begin the simulator's chance here instead of where the game day says
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
    /// Let this many simulated seconds pass in a real one [default: as fast as possible]
    #[arg(long, value_name = "FACTOR", value_parser = options::speed)]
    speed: Option<f64>,
    /// Let these people answer [default: those at this terminal with --speed, otherwise those of the story]
    #[arg(long, value_enum, value_name = "WHO")]
    people: Option<Table>,
    /// Write the page to this file [default: NAME.html in the store's folder of game day results]
    #[arg(long, value_name = "FILE")]
    report: Option<PathBuf>,
}

/// Who answers in a rehearsal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Table {
    /// The simulated people of the story
    Simulated,
    /// Whoever sits at this terminal; needs --speed
    Ask,
}

/// Show the scorecard of the last time that a game day was played
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  dr gameday report
  dr gameday report region-loss
  dr gameday report region-loss --html day.html")]
pub(crate) struct ReportArgs {
    /// The game day; every one that was played, in a line each, when none is named
    name: Option<String>,
    /// Write the page to this file
    #[arg(long, value_name = "FILE", requires = "name")]
    html: Option<PathBuf>,
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
        GamedayCommand::Report(args) => report(args, session),
        GamedayCommand::Schema(_) => {
            session.out.json(&gameday_schema());
            Ok(ExitCode::Done)
        }
    }
}

fn list(session: &Session) -> Result<ExitCode> {
    let files = session.estate()?;
    let runbooks = files.runbooks()?;
    let mut scenarios = Vec::new();
    for source in files.gameday_sources()? {
        scenarios.push(parse(source, &files, &runbooks)?);
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
            session.out.notice(&format!(
                "no game days: they stand in the folder gamedays beside {}. Those of the built-in estate: dr gameday list --estate {}",
                files.name(),
                files::BUILT_IN
            ));
        }
    }
    Ok(ExitCode::Done)
}

fn play(args: &RunArgs, session: &Session) -> Result<ExitCode> {
    let files = session.estate()?;
    let runbooks = files.runbooks()?;
    let mut scenario = parse(source(&args.name, &files)?, &files, &runbooks)?;
    if let Some(seed) = args.seed {
        scenario.seed = seed;
    }
    let simulation = Simulation::new(&files.estate, scenario.seed);
    let stop = StopFlag::default();
    let team = team(args, &scenario, &simulation, &stop, session)?;
    if let Some(factor) = args.speed {
        simulation.pace(Box::new(move |jump| {
            simulator::pause(jump.as_secs_f64() / factor);
        }));
    }
    let store = RunStore::rehearsed(session)?;
    let page = args
        .report
        .clone()
        .unwrap_or_else(|| kept(&scenario.name, "html", session));
    for file in [&page, &kept(&scenario.name, "json", session)] {
        files::writable(file)?;
    }
    files::writable(&store.root().join(DRIVER))?;
    interrupt::end_on_ctrl_c(stop.clone(), session.out.clone())?;
    let stage = Stage {
        simulation,
        runbooks: runbooks.0,
        audience: Arc::new(Onlooker::new(session.out.clone())),
        team,
        stop: stop.clone(),
    };
    let rehearsal = stage.play(&scenario).map_err(|error| {
        Error::new(ExitCode::Unexpected, "the game day could not be played").because(&error)
    })?;
    // The journals of the last one stay until there are new ones.
    store.clear()?;
    for (run, journal) in &rehearsal.journals {
        store.keep(run, journal)?;
    }
    write_page(&page, &rehearsal, &files)?;
    keep(&rehearsal, session)?;
    show(&rehearsal, &page, session);
    if stop.get() == Stop::No {
        return Ok(exit_code(&rehearsal.scorecard));
    }
    session.out.notice(
        "stopped by a person: scorecard, page and journals tell what was played until then",
    );
    Ok(ExitCode::Aborted)
}

/// Runbooks by their names, and what is wrong with the files that are none.
type Runbooks = (BTreeMap<String, Runbook>, Vec<Problems>);

/// A game day that names runbooks which cannot be read is told what is wrong with them, too.
fn parse(source: Source, files: &EstateFiles, runbooks: &Runbooks) -> Result<Scenario> {
    let (runbooks, wrong) = runbooks;
    Scenario::parse(source, &files.estate, runbooks).map_err(|problems| {
        let mut error = files::invalid("the game day", problems);
        if let Evidence::Problems(all) = &mut error.evidence {
            all.extend(wrong.iter().cloned());
        }
        error
    })
}

/// The game day of that name, or of that file.
fn source(name: &str, files: &EstateFiles) -> Result<Source> {
    let path = Path::new(name);
    if path.extension().is_some() {
        return files::read(path);
    }
    files.gameday(name)
}

/// Who answers: those of the story, or those at this terminal.
fn team(
    args: &RunArgs,
    scenario: &Scenario,
    simulation: &Simulation,
    stop: &StopFlag,
    session: &Session,
) -> Result<Arc<dyn Team>> {
    let at_terminal = match args.people {
        Some(table) => table == Table::Ask,
        None => args.speed.is_some() && confirm::is_interactive() && !session.out.is_json(),
    };
    if !at_terminal {
        return Ok(Arc::new(NobodyElse));
    }
    if args.speed.is_none() {
        return Err(Error::usage(
            "people cannot answer a story that is over at once: it needs a speed",
        )
        .hint("--speed 60 lets a minute pass in a second, --speed 1 is as in earnest"));
    }
    if !confirm::is_interactive() {
        return Err(Error::usage("there is no terminal to ask people at")
            .hint("--people simulated lets the people of the story answer"));
    }
    let who = scenario.people.names.first().cloned().unwrap_or_default();
    let clock = simulation.clock();
    Ok(Arc::new(AtTable::new(
        session.out.clone(),
        clock,
        who,
        stop.clone(),
    )))
}

/// Where the result of a game day is kept until it is played again.
fn kept(name: &str, ending: &str, session: &Session) -> PathBuf {
    session.store.join(RESULTS).join(format!("{name}.{ending}"))
}

fn keep(rehearsal: &Rehearsal, session: &Session) -> Result<()> {
    let path = kept(&rehearsal.scorecard.gameday, "json", session);
    let bytes = serde_json::to_vec(rehearsal).map_err(|error| {
        Error::new(ExitCode::Unexpected, "the result cannot be written down").because(&error)
    })?;
    write(&path, &bytes)
}

fn read_result(path: &Path) -> Result<Rehearsal> {
    let bytes = std::fs::read(path).map_err(|error| Error::file("read", path, &error))?;
    serde_json::from_slice(&bytes).map_err(|error| {
        Error::new(
            ExitCode::Unexpected,
            format!(
                "{} is not the result of a game day of this dr",
                path.display()
            ),
        )
        .because(&error)
        .hint("play the game day again")
    })
}

fn report(args: &ReportArgs, session: &Session) -> Result<ExitCode> {
    let Some(name) = &args.name else {
        return results(session);
    };
    let path = kept(name, "json", session);
    if !path.exists() {
        return Err(Error::usage(format!("{name} was not played yet"))
            .hint(format!("dr gameday run {name}")));
    }
    let rehearsal = read_result(&path)?;
    if let Some(page) = &args.html {
        write_page(page, &rehearsal, &session.estate()?)?;
    }
    let card = &rehearsal.scorecard;
    if session.out.is_json() {
        session.out.json(card);
    } else {
        session.out.result(&scorecard(card, session.out.style()));
    }
    Ok(exit_code(card))
}

/// Every game day that was played, in a line each.
fn results(session: &Session) -> Result<ExitCode> {
    let folder = session.store.join(RESULTS);
    let entries = match std::fs::read_dir(&folder) {
        Ok(entries) => entries.collect(),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Vec::new(),
        Err(error) => return Err(Error::file("list", &folder, &error)),
    };
    let mut paths: Vec<PathBuf> = entries
        .into_iter()
        .filter_map(|entry| entry.ok().map(|entry| entry.path()))
        .filter(|path| path.extension().is_some_and(|end| end == "json"))
        .collect();
    paths.sort();
    let mut cards = Vec::new();
    for path in paths {
        cards.push(read_result(&path)?.scorecard);
    }
    if session.out.is_json() {
        let rows: Vec<_> = cards
            .iter()
            .map(|card| {
                serde_json::json!({
                    "gameday": card.gameday, "seed": card.seed, "verdict": card.verdict,
                    "exit": exit_code(card).number(),
                })
            })
            .collect();
        session.out.json(&rows);
    } else {
        for card in &cards {
            session.out.line(&verdict(card, session.out.style()));
        }
        if cards.is_empty() {
            let list = session.out.command("dr gameday list");
            session
                .out
                .notice(&format!("no game day was played yet: {list}"));
        }
    }
    Ok(ExitCode::Done)
}

fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).map_err(|error| Error::file("create", folder, &error))?;
    }
    std::fs::write(path, bytes).map_err(|error| Error::file("write", path, &error))
}

fn write_page(path: &Path, rehearsal: &Rehearsal, files: &EstateFiles) -> Result<()> {
    let page = gameday::to_html(rehearsal, files.estate.objectives);
    write(path, page.as_bytes())
}

fn show(rehearsal: &Rehearsal, page: &Path, session: &Session) {
    let card = &rehearsal.scorecard;
    if session.out.is_json() {
        session.out.json(card);
        return;
    }
    session.out.result(&scorecard(card, session.out.style()));
    let out = &session.out;
    out.line(&format!("  the day as a page   {}", page.display()));
    let tell = |what: &str, command: String| {
        out.line(&format!("  {what:<19} {}", out.command(&command)));
    };
    for run in &card.runs {
        tell("a run in full", format!("dr report {}", run.run));
    }
    let (name, seed) = (&card.gameday, card.seed + 1);
    tell(
        "another chance",
        format!("dr gameday run {name} --seed {seed}"),
    );
    tell("do it yourself", "dr failover --simulate".to_owned());
}

fn exit_code(card: &Scorecard) -> ExitCode {
    match card.verdict {
        Verdict::Met => ExitCode::Done,
        Verdict::Deviated if card.missed_steady_state() => ExitCode::SteadyStateNotMet,
        Verdict::Deviated if card.missed_objective() => ExitCode::ObjectiveMissed,
        Verdict::Deviated | Verdict::Failed => ExitCode::Unexpected,
    }
}
