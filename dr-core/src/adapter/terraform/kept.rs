//! What stays on this machine as evidence: plans, variables, states. A state and a saved plan hold values that are secret
//! (Terraform, "Sensitive data in state"), so only the user of this machine can read them.

use std::fs::{self, DirBuilder, File, OpenOptions, Permissions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::Path;

/// Closes a folder to everybody else; one that is not there is made. What is below it is closed with it.
pub(super) fn close(folder: &Path) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    fs::set_permissions(folder, Permissions::from_mode(0o700))
}

/// Keeps bytes in a file of their own: whole or not at all, and so that they last. What stood there is replaced.
pub(super) fn keep(file: &Path, bytes: &[u8]) -> io::Result<()> {
    let folder = file.parent().unwrap_or(file);
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(folder)?;
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    let aside = folder.join(format!(".{name}.{}.tmp", std::process::id()));
    let written = write_aside(&aside, bytes).and_then(|()| fs::rename(&aside, file));
    if let Err(error) = written {
        // Should it stay, it is hidden, and never read.
        let _ = fs::remove_file(&aside);
        return Err(error);
    }
    // A new name lasts once its folder was written, too (fsync(2)).
    File::open(folder)?.sync_all()
}

fn write_aside(aside: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(aside)?;
    file.write_all(bytes)?;
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    #[test]
    fn what_is_kept_can_be_read_by_its_owner_only_and_leaves_nothing_beside_it() {
        let folder = tempfile::tempdir().unwrap();
        let runs = folder.path().join("states/run-1");
        let file = runs.join("converge.tfstate");
        keep(&file, b"before").unwrap();
        keep(&file, b"secret").unwrap();
        assert_eq!(fs::read(&file).unwrap(), b"secret");
        assert_eq!((mode(&file), mode(&runs)), (0o600, 0o700));
        assert_eq!(fs::read_dir(&runs).unwrap().count(), 1);
    }

    #[test]
    fn what_cannot_be_written_whole_leaves_what_was_there() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("converge.tfstate");
        fs::create_dir(&file).unwrap();
        assert!(keep(&file, b"secret").is_err());
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_folder_that_everybody_could_read_is_closed() {
        let folder = tempfile::tempdir().unwrap();
        let stack = folder.path().join("terraform/stack");
        fs::create_dir_all(&stack).unwrap();
        fs::set_permissions(&stack, Permissions::from_mode(0o755)).unwrap();
        close(&stack).unwrap();
        assert_eq!(mode(&stack), 0o700);
    }
}
