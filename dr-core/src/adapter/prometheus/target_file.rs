//! The target file: JSON, one group of targets, replaced in one step (Prometheus, "Configuration", `file_sd_config`).

use std::collections::BTreeSet;
use std::fs::{self, File, Permissions};
use std::io::{self, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration as Wall;

use serde_json::json;

use crate::port::ErrorClass;

/// How long the disk may take: it may be one over the network.
const PATIENCE: Wall = Wall::from_secs(5);
/// For a new file: Prometheus runs as another user.
const READABLE: u32 = 0o644;

/// A file that was not written.
#[derive(Debug)]
pub(super) struct Failed {
    pub(super) class: ErrorClass,
    pub(super) message: String,
}

/// A target file of Prometheus.
#[derive(Debug, Clone)]
pub(super) struct TargetFile {
    path: PathBuf,
    name: String,
}

impl TargetFile {
    /// The file at `path`.
    pub(super) fn new(path: &str) -> Result<Self, String> {
        let file = Path::new(path);
        let name = file.file_name().and_then(|name| name.to_str());
        let extension = file.extension().and_then(|extension| extension.to_str());
        match (name, extension) {
            (Some(name), Some("json" | "yml" | "yaml")) if file.is_absolute() => Ok(Self {
                path: file.to_owned(),
                name: name.to_owned(),
            }),
            _ => Err(
                "`targets-file` must be a whole path that ends in .json, .yml or .yaml: Prometheus reads no other"
                    .to_owned(),
            ),
        }
    }

    /// Its name without the folder.
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// Makes it name these targets; nothing is written where it does already.
    pub(super) async fn write(&self, targets: &BTreeSet<String>) -> Result<(), Failed> {
        let mut text = serde_json::to_string_pretty(&json!([{ "targets": targets }]))
            .expect("a list of words can be written as JSON");
        text.push('\n');
        let path = self.path.clone();
        let work = tokio::task::spawn_blocking(move || replace(&path, text.as_bytes()));
        match tokio::time::timeout(PATIENCE, work).await {
            Ok(Ok(result)) => result.map_err(|error| self.failed(&error)),
            Ok(Err(_)) | Err(_) => Err(Failed {
                class: ErrorClass::Indeterminate,
                message: format!(
                    "{} was not written within {} s",
                    self.path.display(),
                    PATIENCE.as_secs()
                ),
            }),
        }
    }

    fn failed(&self, error: &io::Error) -> Failed {
        let class = match error.kind() {
            io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
                ErrorClass::Denied
            }
            io::ErrorKind::NotFound => ErrorClass::NotFound,
            io::ErrorKind::NotADirectory | io::ErrorKind::IsADirectory => ErrorClass::Invalid,
            _ => ErrorClass::Transient,
        };
        Failed {
            class,
            message: format!("{}: {error}", self.path.display()),
        }
    }
}

/// Replaces a file in one step: whoever reads it, also after a crash, finds the old or the new one, whole. Its folder must be
/// there: one that is not is a wrong path, and Prometheus would never look into one made here.
fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mode = match fs::read(path) {
        Ok(found) if found == bytes => return Ok(()),
        Ok(_) => fs::metadata(path)?.permissions().mode() & 0o777,
        Err(error) if error.kind() == io::ErrorKind::NotFound => READABLE,
        Err(error) => return Err(error),
    };
    // A pattern of `file_sd_configs` ends in .json, .yml or .yaml, so it never takes the file that is not whole yet.
    let mut beside = path.as_os_str().to_owned();
    beside.push(".dr-new");
    let beside = PathBuf::from(beside);
    let written = (|| {
        let mut file = File::create(&beside)?;
        file.set_permissions(Permissions::from_mode(mode))?;
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(&beside, path)
    })();
    if written.is_err() {
        // The file itself is untouched; what is left beside it is only litter.
        let _ = fs::remove_file(&beside);
    }
    written
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::MetadataExt;

    use super::*;

    fn targets(names: &[&str]) -> BTreeSet<String> {
        names.iter().map(|&name| name.to_owned()).collect()
    }

    fn write(path: &Path, names: &[&str]) -> Result<(), Failed> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .build()
            .unwrap();
        let file = TargetFile::new(path.to_str().unwrap()).unwrap();
        runtime.block_on(file.write(&targets(names)))
    }

    #[test]
    fn a_file_names_its_targets_whole_and_leaves_nothing_beside_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("targets.json");
        fs::write(&path, "[{\"targets\": [\"old:1\"").unwrap();
        fs::set_permissions(&path, Permissions::from_mode(0o640)).unwrap();
        write(&path, &["b:1", "a:1"]).unwrap();
        let found: serde_json::Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
        assert_eq!(found, json!([{ "targets": ["a:1", "b:1"] }]));
        assert_eq!(fs::metadata(&path).unwrap().mode() & 0o777, 0o640);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_new_file_can_be_read_by_prometheus_and_one_that_is_right_already_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("targets.yml");
        write(&path, &["a:1"]).unwrap();
        let first = fs::metadata(&path).unwrap();
        assert_eq!(first.mode() & 0o777, READABLE);
        write(&path, &["a:1"]).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().ino(), first.ino());
        write(&path, &["b:1"]).unwrap();
        assert_ne!(fs::metadata(&path).unwrap().ino(), first.ino());
    }

    #[test]
    fn a_folder_that_is_not_there_is_a_wrong_path_and_is_not_made() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("missing/targets.json");
        let failed = write(&path, &["a:1"]).unwrap_err();
        assert_eq!(failed.class, ErrorClass::NotFound);
        assert!(!path.parent().unwrap().exists());
    }

    #[test]
    fn a_file_that_prometheus_would_not_read_is_refused() {
        for path in [
            "/etc/prometheus/targets",
            "/etc/targets.txt",
            "targets.json",
            "",
        ] {
            assert!(TargetFile::new(path).is_err(), "{path}");
        }
    }
}
