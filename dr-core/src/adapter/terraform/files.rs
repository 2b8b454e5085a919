//! The files of one plan. Whoever plans has a folder of its own, so that nobody replaces what another is about to apply.

use std::fs::{self, DirBuilder, File};
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

/// The folder of one plan, removed when it is over: a saved plan holds values that are secret.
#[derive(Debug)]
pub(super) struct Files {
    folder: PathBuf,
    /// Locked while the folder is in use: what is left of a process that was killed is not.
    _in_use: File,
}

impl Files {
    /// A new folder below `folder`. Those that nobody uses any more are removed.
    pub(super) fn below(folder: &Path) -> io::Result<Self> {
        fs::create_dir_all(folder)?;
        let gate = File::create(folder.join("lock"))?;
        // Held for as long as it takes to make and to remove some folders.
        gate.lock()?;
        let mut number = 0_u64;
        loop {
            let place = folder.join(number.to_string());
            if place.exists() {
                remove_unless_used(&place)?;
            }
            if !place.exists() {
                return Self::at(place);
            }
            number += 1;
        }
    }

    fn at(folder: PathBuf) -> io::Result<Self> {
        DirBuilder::new().mode(0o700).create(&folder)?;
        let in_use = File::create(folder.join("lock"))?;
        in_use.lock()?;
        Ok(Self {
            folder,
            _in_use: in_use,
        })
    }

    /// Where the plan is saved.
    pub(super) fn plan(&self) -> PathBuf {
        self.folder.join("plan.tfplan")
    }

    /// Where its variables are written.
    pub(super) fn variables(&self) -> PathBuf {
        self.folder.join("roles.tfvars.json")
    }
}

impl Drop for Files {
    fn drop(&mut self) {
        // What cannot be removed now is removed by the next plan.
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// Removes a folder whose process has ended.
fn remove_unless_used(folder: &Path) -> io::Result<()> {
    let is_used = File::open(folder.join("lock")).is_ok_and(|lock| lock.try_lock().is_err());
    if is_used {
        return Ok(());
    }
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_plans_at_once_do_not_share_a_file_and_leave_none() {
        let folder = tempfile::tempdir().unwrap();
        let one = Files::below(folder.path()).unwrap();
        let other = Files::below(folder.path()).unwrap();
        assert_ne!(one.plan(), other.plan());
        assert_ne!(one.variables(), other.variables());
        std::fs::write(one.plan(), "secret").unwrap();
        let place = one.plan();
        drop(one);
        assert!(!place.exists());
        assert!(other.plan().parent().unwrap().exists());
    }

    #[test]
    fn what_a_killed_process_left_is_removed_by_the_next_plan() {
        let folder = tempfile::tempdir().unwrap();
        let left = folder.path().join("0");
        std::fs::create_dir(&left).unwrap();
        std::fs::write(left.join("lock"), "").unwrap();
        std::fs::write(left.join("plan.tfplan"), "secret").unwrap();
        let files = Files::below(folder.path()).unwrap();
        assert!(!files.plan().exists());
        assert_eq!(files.plan(), left.join("plan.tfplan"));
    }
}
