//! `cargo seeded-bugs`: puts the bugs of `tests/bugs` into a copy of the working copy, one after the other, and demands that
//! the suite notices each.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use dr_tests::seeded::{self, Bug, Cargo, Copy, Trial, Verdict};

const USAGE: &str = "\
Usage: cargo seeded-bugs [--list] [--only NAME]...

  --list       tells the bugs and the tests that catch them, and tries none
  --only NAME  tries the bugs whose name begins with NAME: `--only 07`

Exit status: 0 when every bug that was tried is caught, 1 otherwise, 2 for a wrong command line.
";

/// What was asked for.
#[derive(Default)]
struct Options {
    list: bool,
    only: Vec<String>,
}

fn main() -> ExitCode {
    let options = match options(std::env::args().skip(1)) {
        Ok(Some(options)) => options,
        Ok(None) => {
            let _ = io::stdout().write_all(USAGE.as_bytes());
            return ExitCode::SUCCESS;
        }
        Err(error) => {
            let _ = write!(io::stderr(), "seeded-bugs: {error}\n\n{USAGE}");
            return ExitCode::from(2);
        }
    };
    match go(&options) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            let _ = writeln!(io::stderr(), "seeded-bugs: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// The options; `None` where help is asked for.
fn options(mut arguments: impl Iterator<Item = String>) -> Result<Option<Options>> {
    let mut options = Options::default();
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--list" => options.list = true,
            "--only" => options
                .only
                .push(arguments.next().context("`--only` needs a name")?),
            "--help" | "-h" => return Ok(None),
            other => bail!("`{other}` is no option"),
        }
    }
    Ok(Some(options))
}

/// Whether all is as it should be.
fn go(options: &Options) -> Result<bool> {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR"));
    let workspace = workspace.parent().context("the package is in a folder")?;
    let mut bugs = seeded::bugs(&workspace.join("tests/bugs"))?;
    if !options.only.is_empty() {
        let wanted = |bug: &Bug| options.only.iter().any(|name| bug.name.starts_with(name));
        bugs.retain(wanted);
    }
    if bugs.is_empty() {
        bail!("there is no such bug; `cargo seeded-bugs --list` tells their names");
    }
    if options.list {
        list(&bugs)?;
        return Ok(true);
    }
    try_all(workspace, &bugs)
}

fn list(bugs: &[Bug]) -> Result<()> {
    let mut out = io::stdout();
    for bug in bugs {
        let Bug {
            name, what, breaks, ..
        } = bug;
        writeln!(out, "{name}\n  bug:       {what}\n  breaks:    {breaks}")?;
        writeln!(out, "  caught by: {}", bug.caught_by)?;
    }
    writeln!(out, "{} bugs", bugs.len())?;
    Ok(())
}

/// Below the folder that this program was built into, so that a second time begins with what the first one built.
fn place() -> Result<PathBuf> {
    let program = std::env::current_exe()?;
    let target = program.parent().and_then(Path::parent);
    Ok(target
        .context("it stands in a folder of a build")?
        .join("seeded-bugs"))
}

#[expect(
    clippy::disallowed_methods,
    reason = "how long people wait is measured by the clock on the wall"
)]
fn try_all(workspace: &Path, bugs: &[Bug]) -> Result<bool> {
    let mut out = io::stdout();
    let began = Instant::now();
    let place = place()?;
    fs::create_dir_all(&place)?;
    let lock = File::create(place.join("lock"))?;
    lock.try_lock()
        .context("another `cargo seeded-bugs` is at work here")?;
    let copy = Copy::of(workspace, &place.join("copy"))?;
    let cargo = Cargo {
        folder: copy.folder().to_owned(),
        target: place.join("build"),
    };
    let mut tell = |line: &str| {
        let _ = writeln!(io::stdout(), "{line}");
    };
    let pass = seeded::untouched(&cargo, bugs, &mut tell)?;
    let (count, took) = (pass.len(), seconds(began.elapsed()));
    writeln!(out, "{count} of them pass, as they must, after {took}")?;
    let mut trials = Vec::new();
    for (number, bug) in (1..).zip(bugs) {
        let began = Instant::now();
        let verdict = if pass.contains(&bug.caught_by) {
            seeded::try_bug(&cargo, &copy, bug)?
        } else {
            Verdict::FailsAnyway
        };
        let took = began.elapsed();
        let word = verdict.word();
        let count = format!("{number}/{}", bugs.len());
        writeln!(
            out,
            "{count:>7}  {word:<11}  {:>7}  {}",
            seconds(took),
            bug.name
        )?;
        trials.push(Trial {
            bug: bug.clone(),
            verdict,
            took,
        });
    }
    conclude(&mut out, &trials, began.elapsed())?;
    Ok(trials.iter().all(|trial| trial.verdict == Verdict::Caught))
}

/// The table, the sum, and what to do about the rest.
fn conclude(out: &mut impl io::Write, trials: &[Trial], took: Duration) -> Result<()> {
    let mut by_name: Vec<&Trial> = trials.iter().collect();
    by_name.sort_by(|a, b| a.bug.name.cmp(&b.bug.name));
    writeln!(out)?;
    for trial in by_name {
        let Bug { name, what, .. } = &trial.bug;
        writeln!(out, "{:<11}  {name}: {what}", trial.verdict.word())?;
    }
    let caught = trials
        .iter()
        .filter(|trial| trial.verdict == Verdict::Caught);
    let (caught, all) = (caught.count(), trials.len());
    writeln!(out, "\n{caught} of {all} bugs caught, {}", seconds(took))?;
    for trial in trials {
        if let Some(advice) = trial.verdict.advice(&trial.bug) {
            writeln!(out, "\n{advice}")?;
        }
    }
    Ok(())
}

fn seconds(took: Duration) -> String {
    format!("{:.1} s", took.as_secs_f64())
}
