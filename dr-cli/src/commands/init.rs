//! `dr init`.

use std::collections::BTreeMap;
use std::fs::{self, OpenOptions};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use clap::Args;
use dr_core::config::{Source, load_estate, template};
use dr_core::gameday::Scenario;
use dr_core::runbook::Runbook;

use crate::error::{Error, Result};
use crate::exit_code::ExitCode;
use crate::files::{self, BUILT_IN};
use crate::session::Session;

/// Write a commented estate, runbooks and game days to start from
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  dr init                                    Start here, from the built-in storefront
  dr init shop                               Start in the directory shop
  dr init shop --from ../other/estate.yaml   Start from another estate")]
pub(crate) struct InitArgs {
    /// Write into this directory
    #[arg(value_name = "DIR", default_value = ".")]
    dir: PathBuf,
    /// Start from this estate: a file, or storefront
    #[arg(long, value_name = "ESTATE", default_value = BUILT_IN)]
    from: PathBuf,
}

/// Writes the files. Never over a file that is there.
pub(crate) fn run(args: &InitArgs, session: &Session) -> Result<ExitCode> {
    let from = if args.from == Path::new(BUILT_IN) {
        None
    } else {
        let source = files::read(&args.from)?;
        if let Err(problems) = load_estate(files::read(&args.from)?) {
            return Err(Error::invalid(
                format!("{} is no estate to start from", args.from.display()),
                vec![problems],
            ));
        }
        Some(source)
    };
    let mut files = template::init_files(from.as_ref());
    files.extend(gamedays(&files));
    if let Some(there) = files
        .iter()
        .map(|(name, _)| args.dir.join(name))
        .find(|path| path.exists())
    {
        return Err(Error::usage(format!(
            "{} is there already: nothing was written",
            there.display()
        ))
        .hint("dr init DIR"));
    }
    fs::create_dir_all(&args.dir).map_err(|error| Error::file("create", &args.dir, &error))?;
    let mut written = Vec::new();
    for (name, text) in files {
        let path = args.dir.join(name);
        write_new(&path, &text)?;
        written.push(path);
    }
    tell(args, &written, session);
    Ok(ExitCode::Done)
}

/// The shipped game days that are right for the estate that is written: all of them, unless it names its components otherwise.
fn gamedays(files: &[(String, String)]) -> Vec<(String, String)> {
    let source = |(name, text): &(String, String)| Source::new(name.clone(), text.clone());
    let Some(estate) = files
        .first()
        .and_then(|file| load_estate(source(file)).ok())
    else {
        return Vec::new();
    };
    let runbooks: BTreeMap<String, Runbook> = files
        .iter()
        .skip(1)
        .filter_map(|file| Runbook::parse(source(file)).ok())
        .map(|runbook| (runbook.name.clone(), runbook))
        .collect();
    let mut gamedays = template::init_gamedays();
    gamedays.retain(|file| Scenario::parse(source(file), &estate, &runbooks).is_ok());
    gamedays
}

fn write_new(path: &Path, text: &str) -> Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(|error| Error::file("create", folder, &error))?;
    }
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .open(path)
        .map_err(|error| match error.kind() {
            ErrorKind::AlreadyExists => {
                Error::usage(format!("{} is there already", path.display()))
            }
            _ => Error::file("write", path, &error),
        })?;
    file.write_all(text.as_bytes())
        .map_err(|error| Error::file("write", path, &error))
}

fn tell(args: &InitArgs, written: &[PathBuf], session: &Session) {
    if session.out.is_json() {
        session.out.json(&serde_json::json!({ "written": written }));
        return;
    }
    let is_gameday = |path: &&PathBuf| {
        path.parent()
            .is_some_and(|folder| folder.ends_with("gamedays"))
    };
    for path in written.iter().filter(|path| !is_gameday(path)) {
        session.out.line(&format!("wrote {}", path.display()));
    }
    let gamedays = written.iter().filter(is_gameday).count();
    if gamedays > 0 {
        let folder = args.dir.join("gamedays");
        let wrote = format!("wrote {gamedays} game days in {}", folder.display());
        session.out.line(&wrote);
    }
    let estate = if args.dir == Path::new(".") {
        String::new()
    } else {
        format!(" --estate {}", args.dir.join("estate.yaml").display())
    };
    session.out.notice(&format!("next: dr estate show{estate}"));
}
