//! A copy of the working copy, in which bugs are put.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};

use super::Bug;

/// The files of a working copy as they stand, those left out that git ignores, in a folder of their own.
pub struct Copy {
    folder: PathBuf,
}

impl Copy {
    /// Makes the copy, or brings an earlier one up to date. What is there already is left alone, so that a build of it stays
    /// fresh.
    ///
    /// # Errors
    /// When git or the disk fails.
    pub fn of(workspace: &Path, folder: &Path) -> Result<Self> {
        let wanted = tracked(workspace)?;
        fs::create_dir_all(folder)?;
        remove_others(folder, Path::new(""), &wanted)?;
        for file in &wanted {
            let bytes = fs::read(workspace.join(file))?;
            let there = folder.join(file);
            if fs::read(&there).ok().as_deref() != Some(&bytes[..]) {
                fs::create_dir_all(there.parent().context("a file stands in a folder")?)?;
                fs::write(&there, bytes)?;
            }
        }
        Ok(Self {
            folder: folder.to_owned(),
        })
    }

    /// Where it is.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Its patch as copied: the other one may be written anew meanwhile.
    fn patch(&self, bug: &Bug) -> PathBuf {
        self.folder
            .join("tests/bugs")
            .join(format!("{}.patch", bug.name))
    }

    /// Puts a bug in.
    ///
    /// # Errors
    /// When its patch no longer applies, with what git says.
    pub fn put_in(&self, bug: &Bug) -> Result<()> {
        apply(&self.folder, &self.patch(bug), &[])
    }

    /// Takes it out again.
    ///
    /// # Errors
    /// When it is not in.
    pub fn take_out(&self, bug: &Bug) -> Result<()> {
        apply(&self.folder, &self.patch(bug), &["--reverse"])
    }
}

/// Whether a patch applies to the files below `folder`, which are not changed.
///
/// # Errors
/// What git says.
pub fn applies(folder: &Path, patch: &Path) -> Result<()> {
    apply(folder, patch, &["--check"])
}

fn apply(folder: &Path, patch: &Path, options: &[&str]) -> Result<()> {
    let output = Command::new("git")
        .arg("apply")
        .args(options)
        .arg(patch)
        .current_dir(folder)
        // The folder may be an ignored one of a repository; git would then take the paths for those of the repository.
        .env("GIT_CEILING_DIRECTORIES", folder.parent().unwrap_or(folder))
        .env_remove("GIT_DIR")
        .output()
        .context("git is started")?;
    ensure!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr).trim()
    );
    Ok(())
}

/// The files that git tracks, as far as they are there, and new ones that it does not ignore.
fn tracked(workspace: &Path) -> Result<BTreeSet<PathBuf>> {
    let output = Command::new("git")
        .args([
            "ls-files",
            "-z",
            "--cached",
            "--others",
            "--exclude-standard",
        ])
        .current_dir(workspace)
        .output()
        .context("git is started")?;
    ensure!(
        output.status.success(),
        "the copy is made of what git knows: {}",
        String::from_utf8_lossy(&output.stderr).trim()
    );
    let listed = String::from_utf8(output.stdout).context("the paths are UTF-8")?;
    let files = listed.split('\0').filter(|path| !path.is_empty());
    let there = files.filter(|path| workspace.join(path).is_file());
    Ok(there.map(PathBuf::from).collect())
}

/// Removes files that are not `wanted`: left by a file that was removed since, or by a test.
fn remove_others(folder: &Path, below: &Path, wanted: &BTreeSet<PathBuf>) -> Result<()> {
    for entry in fs::read_dir(folder.join(below))? {
        let entry = entry?;
        let path = below.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            remove_others(folder, &path, wanted)?;
        } else if !wanted.contains(&path) {
            fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}
