//! A bug as it is kept: a unified diff below a few lines that say what it is about.

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use anyhow::{Context, Result, bail, ensure};

/// Which binary of a package a test is in.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Target {
    /// The tests beside the code.
    Lib,
    /// A suite: `crash_sweep`.
    Test(String),
}

/// A test as cargo finds it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct TestName {
    /// Its package: `dr-core`.
    pub package: String,
    /// The binary.
    pub target: Target,
    /// Its whole name: `runbook::journal::tests::damage::damage_names_its_line`.
    pub name: String,
}

/// A seeded bug.
#[derive(Debug, Clone)]
pub struct Bug {
    /// The name of its file, without `.patch`.
    pub name: String,
    /// The file.
    pub patch: PathBuf,
    /// The mistake.
    pub what: String,
    /// The promise that it breaks.
    pub breaks: String,
    /// The test that notices it.
    pub caught_by: TestName,
}

/// The bugs in a folder: those that share a binary together, then by name.
///
/// # Errors
/// When the folder cannot be read or a file of it is no bug.
pub fn bugs(folder: &Path) -> Result<Vec<Bug>> {
    let mut bugs = Vec::new();
    let entries = fs::read_dir(folder).with_context(|| format!("reads {}", folder.display()))?;
    for entry in entries {
        let path = entry?.path();
        if path
            .extension()
            .is_some_and(|extension| extension == "patch")
        {
            let text = fs::read_to_string(&path)?;
            bugs.push(Bug::read(&path, &text).with_context(|| path.display().to_string())?);
        }
    }
    bugs.sort_by(|a, b| (a.caught_by.binary(), &a.name).cmp(&(b.caught_by.binary(), &b.name)));
    Ok(bugs)
}

impl Bug {
    /// Reads what stands above the diff: `Bug:`, `Breaks:` and `Caught-by:`, one line each.
    ///
    /// # Errors
    /// What is missing.
    pub fn read(patch: &Path, text: &str) -> Result<Self> {
        let name = patch.file_stem().and_then(|stem| stem.to_str());
        let head: Vec<&str> = text
            .lines()
            .take_while(|line| !line.starts_with("--- "))
            .collect();
        ensure!(
            head.len() < text.lines().count(),
            "there is no diff: a line that begins with `--- `"
        );
        let said = |key: &str| {
            let mut lines = head.iter().filter_map(|line| line.strip_prefix(key));
            let text = lines.next().map(str::trim).filter(|text| !text.is_empty());
            text.with_context(|| format!("there is no line `{key} ...` above the diff"))
        };
        Ok(Self {
            name: name.context("its name is UTF-8")?.to_owned(),
            patch: patch.to_owned(),
            what: said("Bug:")?.to_owned(),
            breaks: said("Breaks:")?.to_owned(),
            caught_by: said("Caught-by:")?.parse()?,
        })
    }
}

impl TestName {
    /// The package and the binary.
    pub fn binary(&self) -> (&str, &Target) {
        (&self.package, &self.target)
    }
}

impl FromStr for TestName {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> Result<Self> {
        let words: Vec<&str> = text.split_whitespace().collect();
        let (package, target, name) = match words[..] {
            ["-p", package, "--lib", name] => (package, Target::Lib, name),
            ["-p", package, "--test", suite, name] => {
                (package, Target::Test(suite.to_owned()), name)
            }
            _ => bail!("a test is `-p PACKAGE --lib NAME` or `-p PACKAGE --test SUITE NAME`"),
        };
        Ok(Self {
            package: package.to_owned(),
            target,
            name: name.to_owned(),
        })
    }
}

impl fmt::Display for TestName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.target {
            Target::Lib => write!(f, "-p {} --lib {}", self.package, self.name),
            Target::Test(suite) => write!(f, "-p {} --test {suite} {}", self.package, self.name),
        }
    }
}
