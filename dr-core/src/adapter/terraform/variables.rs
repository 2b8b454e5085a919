//! A file of variables that `dr` writes into.

use std::io;
use std::path::Path;

use serde_json::{Map, Value};

/// Puts variables into a file; others that stand there stay.
///
/// # Errors
/// That the file cannot be read or written, or holds no JSON: then it is left as it is.
pub(in crate::adapter) fn merge(file: &Path, variables: &Map<String, Value>) -> io::Result<()> {
    let mut values = match std::fs::read(file) {
        Ok(bytes) => serde_json::from_slice::<Map<String, Value>>(&bytes)?,
        Err(error) if error.kind() == io::ErrorKind::NotFound => Map::new(),
        Err(error) => return Err(error),
    };
    values.extend(variables.clone());
    write(file, &values)
}

/// Replaces a file in one step, so that a crash leaves the old one or the new one.
pub(super) fn write(file: &Path, values: &Map<String, Value>) -> io::Result<()> {
    let mut text = serde_json::to_string_pretty(values)?;
    text.push('\n');
    if let Some(folder) = file.parent() {
        std::fs::create_dir_all(folder)?;
    }
    let beside = file.with_extension("json.new");
    std::fs::write(&beside, text)?;
    std::fs::rename(&beside, file)
}
