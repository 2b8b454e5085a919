//! `dr estate from-terraform`.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};
use std::str::FromStr;
use std::time::Duration;

use clap::Args;
use dr_core::config::{BindError, Bound, StackOutputs, bind_from_terraform};
use dr_core::model::Binding;
use tokio::process::Command;

use crate::error::{Error, Result};
use crate::exit_code::ExitCode;
use crate::files;
use crate::render::diff;
use crate::session::Session;

/// How long a stack may take to tell its outputs: its state is an object in S3.
const LIMIT: Duration = Duration::from_secs(60);

/// Write which real thing stands at each place into estate.yaml, from the outputs of the Terraform stacks
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  dr estate from-terraform terraform/us-east-2 terraform/us-west-1 terraform/global
  dr estate from-terraform --write           The stacks that the estate is bound to already
  dr estate from-terraform --outputs terraform/us-east-2=ohio.json --outputs global.json")]
pub(crate) struct FromTerraformArgs {
    /// Read the outputs of these stacks, by their directories [default: those that the estate's bindings name]
    #[arg(value_name = "DIRECTORY")]
    stacks: Vec<PathBuf>,
    /// Read outputs that `terraform output -json` printed, with the directory of their stack in front
    #[arg(long, value_name = "[DIRECTORY=]FILE")]
    outputs: Vec<Saved>,
    /// Write the file instead of printing it, and show what changes
    #[arg(long)]
    write: bool,
}

/// Outputs in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Saved {
    directory: Option<PathBuf>,
    file: PathBuf,
}

impl FromStr for Saved {
    type Err = String;

    fn from_str(text: &str) -> std::result::Result<Self, String> {
        let (directory, file) = match text.split_once('=') {
            Some((directory, file)) => (Some(directory), file),
            None => (None, text),
        };
        if file.is_empty() || directory.is_some_and(str::is_empty) {
            return Err("wanted is a file, or DIRECTORY=FILE".to_owned());
        }
        Ok(Self {
            directory: directory.map(PathBuf::from),
            file: PathBuf::from(file),
        })
    }
}

/// Reads the stacks, and prints or writes the estate with its bindings.
pub(super) fn run(args: &FromTerraformArgs, session: &Session) -> Result<ExitCode> {
    let path = session.estate_file();
    let source = files::read(&path)?;
    let stacks = stacks(args, &path, session)?;
    let bound = bind_from_terraform(&source, &stacks).map_err(|error| refused(&error))?;
    tell(&bound, session);
    let changed = bound.text != source.text;
    if !args.write {
        return print(&bound, changed, session);
    }
    if changed {
        write(&path, &bound.text)?;
    }
    if session.out.is_json() {
        session.out.json(&serde_json::json!({
            "estate": bound.estate.name,
            "file": path.display().to_string(),
            "changed": changed,
            "unbound": unbound(&bound),
        }));
    } else if changed {
        let lines = diff::text(&source.text, &bound.text, session.out.style());
        session.out.result(&lines);
        session.out.notice(&format!("wrote {}", path.display()));
    } else {
        session
            .out
            .notice(&format!("{} says so already", path.display()));
    }
    Ok(ExitCode::Done)
}

fn print(bound: &Bound, changed: bool, session: &Session) -> Result<ExitCode> {
    if session.out.is_json() {
        session.out.json(&serde_json::json!({
            "estate": bound.estate.name,
            "changed": changed,
            "bindings": bound.estate.bindings,
            "unbound": unbound(bound),
        }));
    } else {
        session.out.verbatim(&bound.text);
    }
    Ok(ExitCode::Done)
}

fn unbound(bound: &Bound) -> Vec<String> {
    let places = bound.unbound.iter();
    places
        .map(|(component, site)| format!("{component}@{site}"))
        .collect()
}

/// What no stack tells, and what they tell in vain.
fn tell(bound: &Bound, session: &Session) {
    for unused in &bound.unused {
        let name = &bound.estate.name;
        session
            .out
            .notice(&format!("{unused}: {name} has no such component, left out"));
    }
    if !bound.unbound.is_empty() {
        session.out.notice(&format!(
            "no stack tells of {}: write what stands there under `bindings` (docs/estate.md)",
            unbound(bound).join(", ")
        ));
    }
}

/// The stacks that are asked for, or else those that the estate is bound to.
fn stacks(args: &FromTerraformArgs, estate: &Path, session: &Session) -> Result<Vec<StackOutputs>> {
    let mut stacks = Vec::new();
    for saved in &args.outputs {
        let json = fs::read_to_string(&saved.file)
            .map_err(|error| Error::file("read", &saved.file, &error))?;
        let directory = saved.directory.as_deref();
        stacks.push(StackOutputs {
            name: saved.file.display().to_string(),
            directory: directory.map(|directory| from_estate(directory, estate)),
            json,
        });
    }
    for directory in &args.stacks {
        stacks.push(ask(directory, from_estate(directory, estate))?);
    }
    if !stacks.is_empty() {
        return Ok(stacks);
    }
    let folder = folder(estate);
    for directory in bound_stacks(session)? {
        stacks.push(ask(&folder.join(&directory), directory)?);
    }
    if stacks.is_empty() {
        return Err(
            Error::usage("no stack is named, and the estate is bound to none yet").hint(
                "dr estate from-terraform terraform/us-east-2 terraform/us-west-1 terraform/global",
            ),
        );
    }
    Ok(stacks)
}

/// The directories of the stacks that the estate's bindings name, as they are written there.
fn bound_stacks(session: &Session) -> Result<BTreeSet<String>> {
    let estate = session.estate()?.estate;
    let bindings = estate.bindings.values().flat_map(|site| site.values());
    Ok(bindings
        .filter_map(|binding| match binding {
            Binding::Terraform(stack) => Some(stack.directory.clone()),
            _ => None,
        })
        .collect())
}

fn folder(estate: &Path) -> PathBuf {
    match estate.parent() {
        Some(parent) if parent != Path::new("") => parent.to_owned(),
        _ => PathBuf::from("."),
    }
}

/// A directory as it stands in the estate: relative ones count from the estate's.
fn from_estate(directory: &Path, estate: &Path) -> String {
    let folder = folder(estate);
    let relative = if directory.is_absolute() || folder == Path::new(".") {
        None
    } else {
        relative(directory, &folder)
    };
    let path = relative.as_deref().unwrap_or(directory);
    path.display().to_string().trim_end_matches('/').to_owned()
}

/// `directory` as seen from `folder`; both count from here. `None` where the disk must be asked.
fn relative(directory: &Path, folder: &Path) -> Option<PathBuf> {
    let (directory, folder) = match (directory.canonicalize(), folder.canonicalize()) {
        (Ok(directory), Ok(folder)) => (directory, folder),
        _ => return None,
    };
    let common = directory
        .components()
        .zip(folder.components())
        .take_while(|(a, b)| a == b)
        .count();
    let up = folder.components().skip(common).map(|_| Path::new(".."));
    let down = directory.components().skip(common);
    let mut path: PathBuf = up.collect();
    path.extend(down);
    Some(path)
}

/// Runs a program that changes nothing to its end. [`io::ErrorKind::TimedOut`] when it takes longer: then it is ended.
fn ended_within(mut command: Command, limit: Duration) -> io::Result<Output> {
    command.stdin(Stdio::null()).kill_on_drop(true);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async { tokio::time::timeout(limit, command.output()).await })?
}

/// The outputs of the stack in a directory, as Terraform tells them.
fn ask(directory: &Path, written: String) -> Result<StackOutputs> {
    let shown = directory.display().to_string();
    let failed = |why: String| {
        let mut error = Error::usage(format!("{shown} does not tell its outputs"));
        error.causes.push(why);
        error
    };
    if !directory.is_dir() {
        return Err(failed("there is no such directory".to_owned()));
    }
    let mut command = Command::new("terraform");
    command
        .args(["output", "-json", "-no-color"])
        .current_dir(directory);
    let ended = ended_within(command, LIMIT).map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => failed("there is no program `terraform`".to_owned())
            .hint("install Terraform 1.10 or newer, or save the outputs elsewhere: --outputs FILE"),
        io::ErrorKind::TimedOut => failed(format!("no answer within {} s", LIMIT.as_secs())).hint(
            "does the region answer that keeps its state? Outputs that were saved before: --outputs FILE",
        ),
        _ => failed(error.to_string()),
    })?;
    if !ended.status.success() {
        let errors = String::from_utf8_lossy(&ended.stderr);
        let lines: Vec<&str> = errors
            .lines()
            .map(|line| line.trim_matches(|c: char| "│╷╵".contains(c) || c.is_whitespace()))
            .filter(|line| !line.is_empty())
            .take(4)
            .collect();
        return Err(failed(lines.join(" ")).hint(format!("terraform -chdir={shown} init")));
    }
    Ok(StackOutputs {
        name: shown,
        directory: Some(written),
        json: String::from_utf8_lossy(&ended.stdout).into_owned(),
    })
}

/// Why nothing was bound, and what to do.
fn refused(error: &BindError) -> Error {
    let hint = match error {
        BindError::Estate(problems) => return files::invalid("the estate", problems.clone()),
        BindError::NotApplied { stack } => format!("terraform -chdir={stack} apply"),
        BindError::NoOutputs { .. } => {
            "save what `terraform output -json` prints, the whole of it".to_owned()
        }
        BindError::Missing { stack, output } => format!(
            "add the output `{output}` as in terraform/us-east-2/main.tf, then `terraform -chdir={stack} apply`"
        ),
        BindError::Shape { .. } => "terraform/modules/site/outputs.tf shows its shape".to_owned(),
        BindError::OtherEstate { .. } => {
            "name the stacks of this estate, or the other estate: --estate FILE".to_owned()
        }
        BindError::Twice { .. } => "name one stack a site, and the one of both".to_owned(),
        BindError::NotPlain { .. } => "docs/estate.md shows the plain form".to_owned(),
    };
    Error::new(
        ExitCode::Invalid,
        "the estate cannot be bound to the stacks",
    )
    .because(error)
    .hint(hint)
}

/// Writes the file whole or not at all. A link stays one: the file that it leads to is written.
fn write(path: &Path, text: &str) -> Result<()> {
    let failed = |error: io::Error| Error::file("write", path, &error);
    let path = &path.canonicalize().map_err(failed)?;
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".new");
    let new = path.with_file_name(name);
    let written = (|| {
        fs::write(&new, text)?;
        // The file's own permissions, not those of a new one.
        fs::set_permissions(&new, fs::metadata(path)?.permissions())?;
        fs::File::open(&new)?.sync_all()?;
        fs::rename(&new, path)
    })();
    written.map_err(|error| {
        let _ = fs::remove_file(&new);
        failed(error)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn saved_outputs_may_say_of_which_stack_they_are() {
        let saved: Saved = "terraform/us-east-2=ohio.json".parse().unwrap();
        assert_eq!(saved.directory, Some(PathBuf::from("terraform/us-east-2")));
        assert_eq!(saved.file, PathBuf::from("ohio.json"));
        let alone: Saved = "ohio.json".parse().unwrap();
        assert_eq!(alone.directory, None);
        for bad in ["", "=x", "x="] {
            assert!(bad.parse::<Saved>().is_err(), "{bad}");
        }
    }

    #[test]
    fn a_stack_that_never_answers_is_given_up() {
        let mut command = Command::new("sh");
        command.args(["-c", "exec sleep 600"]);
        let ended = ended_within(command, Duration::from_millis(50));
        assert_eq!(ended.unwrap_err().kind(), io::ErrorKind::TimedOut);
        let mut command = Command::new("sh");
        command.args(["-c", "echo {}; exit 3"]);
        let ended = ended_within(command, LIMIT).unwrap();
        assert_eq!(
            (ended.status.code(), &*ended.stdout),
            (Some(3), &b"{}\n"[..])
        );
    }

    #[test]
    fn a_stack_is_named_as_seen_from_the_estate() {
        let place = tempfile::tempdir().unwrap();
        let root = place.path();
        fs::create_dir_all(root.join("terraform/ohio")).unwrap();
        fs::create_dir_all(root.join("estates")).unwrap();
        let seen = relative(&root.join("terraform/ohio"), &root.join("estates"));
        assert_eq!(seen, Some(PathBuf::from("../terraform/ohio")));
        assert_eq!(
            from_estate(Path::new("terraform/ohio/"), Path::new("estate.yaml")),
            "terraform/ohio"
        );
    }
}
