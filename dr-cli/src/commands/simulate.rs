//! `dr simulate`.

use std::path::{Path, PathBuf};

use clap::Args;
use dr_core::campaign::{self, Campaign, Distribution, Draw, Setting, SettingError, Trial};
use dr_core::config::{Source, builtin, disasters_schema};
use dr_core::model::Mode;
use dr_core::runbook::Runbook;

use super::move_primary::Movement;
use super::options::ModeChoice;
use crate::error::{Error, Result};
use crate::exit_code::ExitCode;
use crate::files::{self, EstateFiles};
use crate::render::simulate as render;
use crate::session::Session;
use crate::side_by_side::side_by_side;

/// The file beside an estate that declares what may go wrong.
const DISASTERS: &str = "disasters.yaml";

/// Play many different disasters on the simulator; say how often, how fast and how safely a runbook recovers
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  dr simulate failover --seeds 1000                  A thousand disasters, and what they say together
  dr simulate failover --seeds 1000 --html out.html  The same as a page with histograms
  dr simulate failover --seed 42                     The story of one of them
  dr simulate failback --seeds 200                   The planned way home
  dr simulate failover --output json | jq .recovery
  dr simulate --schema > disasters.schema.json")]
pub(crate) struct SimulateArgs {
    /// Put this to the test: failover, failback, switchover, or a runbook's file
    #[arg(value_name = "RUNBOOK", required_unless_present = "schema")]
    what: Option<String>,
    /// Play so many trials
    #[arg(long, value_name = "N", default_value_t = 200, value_parser = clap::value_parser!(u64).range(1..))]
    seeds: u64,
    /// Begin at this seed
    #[arg(long, value_name = "N", default_value_t = 1)]
    from: u64,
    /// Play the trial of this seed alone, and tell its story
    #[arg(long, value_name = "N", conflicts_with_all = ["seeds", "from", "html"])]
    seed: Option<u64>,
    /// Play what this file says goes wrong: a draw as --output json writes it
    #[arg(long, value_name = "FILE", conflicts_with_all = ["seeds", "from", "seed", "html"])]
    replay: Option<PathBuf>,
    /// Draw from this declaration [default: disasters.yaml beside the estate, or the built-in one]
    #[arg(long, value_name = "FILE")]
    disasters: Option<PathBuf>,
    /// Play so many trials side by side [default: one a processor]
    #[arg(long, value_name = "N")]
    jobs: Option<std::num::NonZeroUsize>,
    /// Ask for the objectives to be met in so many of a hundred trials
    #[arg(long, value_name = "N", default_value_t = 95, value_parser = clap::value_parser!(u32).range(0..=100))]
    percent: u32,
    /// Write the page to this file
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
    /// Say whether both sites are there to be asked [default: unplanned for failover, planned otherwise]
    #[arg(long, value_enum)]
    mode: Option<ModeChoice>,
    /// Print the JSON Schema of a declaration of disasters, for editors
    #[arg(long)]
    schema: bool,
}

/// Carries the command out.
pub(crate) fn run(args: &SimulateArgs, session: &Session) -> Result<ExitCode> {
    let Some(what) = args.what.as_deref().filter(|_| !args.schema) else {
        session.out.json(&disasters_schema());
        return Ok(ExitCode::Done);
    };
    let files = session.estate()?;
    if let Some(path) = &args.html {
        files::writable(path)?;
    }
    let (runbook, mode, homeward) = procedure(what, args.mode, &files)?;
    let distribution = declaration(args.disasters.as_deref(), &files, session)?;
    let setting = Setting::new(files.estate.clone(), runbook, mode, homeward, distribution)
        .map_err(|error| impossible(&error))?;
    match (&args.replay, args.seed) {
        (Some(file), _) => one(&setting, &draw_of(file)?, session),
        (None, Some(seed)) => one(&setting, &setting.draw(seed), session),
        (None, None) => many(args, &setting, what, session),
    }
}

/// The runbook, its mode, and whether service is away when it begins.
///
/// # Errors
/// There is none of that name, or it is wrong.
pub(super) fn procedure(
    what: &str,
    mode: Option<ModeChoice>,
    files: &EstateFiles,
) -> Result<(Runbook, Mode, bool)> {
    let movement = Movement::named(what);
    let runbook = match movement {
        Some(movement) => files.runbook(movement.runbook())?,
        None if Path::new(what).extension().is_some() => files.runbook_file(what.as_ref())?,
        None => files.runbook(what)?,
    };
    let planned_only = runbook.only == Some(dr_core::runbook::Only::Planned);
    let usual = match movement {
        Some(movement) => movement.mode(),
        None if planned_only => Mode::Planned,
        None => Mode::Unplanned,
    };
    let mode = mode.map_or(usual, Into::into);
    Ok((runbook, mode, movement == Some(Movement::Failback)))
}

/// What may go wrong: as declared in a file, beside the estate, or built in.
fn declaration(
    given: Option<&Path>,
    files: &EstateFiles,
    session: &Session,
) -> Result<Distribution> {
    let source: Source = match (given, files.beside(DISASTERS)) {
        (Some(path), _) => files::read(path)?,
        (None, Some(path)) if path.exists() => files::read(&path)?,
        (None, _) => {
            session.out.notice(&format!(
                "no {DISASTERS} beside the estate: drawing from the built-in one"
            ));
            builtin::disasters()
        }
    };
    Distribution::parse(source)
        .map_err(|problems| files::invalid("the declaration of disasters", problems))
}

fn draw_of(path: &Path) -> Result<Draw> {
    let source = files::read(path)?;
    serde_json::from_str(&source.text).map_err(|error| {
        Error::new(
            ExitCode::Invalid,
            format!("{} is no draw of this dr", path.display()),
        )
        .because(&error)
        .hint("dr simulate RUNBOOK --output json | jq .story.shrunk > draw.json")
    })
}

/// A runbook that cannot be put to the test.
pub(super) fn impossible(error: &SettingError) -> Error {
    match error {
        SettingError::NoPlan(findings) => Error::refused(error.to_string(), findings.clone()),
        _ => Error::new(
            ExitCode::Unexpected,
            "the runbook cannot be put to the test",
        )
        .because(error),
    }
}

fn one(setting: &Setting, draw: &Draw, session: &Session) -> Result<ExitCode> {
    let played = setting.play(draw).map_err(|error| impossible(&error))?;
    if session.out.is_json() {
        session.out.json(&serde_json::json!({
            "draw": draw,
            "trial": played.trial,
            "story": played.story,
        }));
    } else {
        session
            .out
            .result(&render::story(setting, draw, &played, session.out.style()));
    }
    Ok(if played.trial.violations.is_empty() {
        ExitCode::Done
    } else {
        ExitCode::PromiseBroken
    })
}

/// The runbook with the options that decide how a trial goes, to be typed again.
fn asked(args: &SimulateArgs, what: &str) -> String {
    let mut asked = what.to_owned();
    if let Some(mode) = args.mode {
        asked.push_str(&format!(" --mode {}", Mode::from(mode)));
    }
    if let Some(file) = &args.disasters {
        asked.push_str(&format!(" --disasters {}", file.display()));
    }
    asked
}

fn many(args: &SimulateArgs, setting: &Setting, what: &str, session: &Session) -> Result<ExitCode> {
    let seeds: Vec<u64> = (0..args.seeds).map(|n| args.from.wrapping_add(n)).collect();
    let played = side_by_side(&seeds, args.jobs, "trials", &session.out, |seed| {
        setting.trial(*seed)
    });
    let trials: Vec<Trial> = played
        .into_iter()
        .collect::<std::result::Result<_, _>>()
        .map_err(|error| impossible(&error))?;
    let mut campaign = Campaign::of(setting, &trials);
    if let Some(worst) = &campaign.worst {
        session.out.notice(&format!(
            "looking for the least that makes seed {} as bad as it is",
            worst.seed
        ));
        let shrunk = campaign::shrink(setting, &setting.draw(worst.seed));
        campaign.story = Some(shrunk.map_err(|error| impossible(&error))?);
    }
    if let Some(path) = &args.html {
        std::fs::write(path, campaign::to_html(&campaign))
            .map_err(|error| Error::file("write", path, &error))?;
        session.out.notice(&format!("wrote {}", path.display()));
    }
    if session.out.is_json() {
        session.out.json(&campaign);
    } else {
        session.out.result(&render::campaign(
            &campaign,
            &asked(args, what),
            args.percent,
            &session.out,
        ));
    }
    Ok(if !campaign.is_sound() {
        ExitCode::PromiseBroken
    } else if campaign.meets(args.percent) {
        ExitCode::Done
    } else {
        ExitCode::ObjectiveMissed
    })
}
