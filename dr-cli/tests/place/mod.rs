//! Where the tests of the command line call `dr`.

#![allow(dead_code, reason = "each test uses a part of it")]

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

use assert_cmd::cargo::cargo_bin;
use serde_json::Value;
use tempfile::TempDir;

/// A directory of its own for `dr`, without a user's environment and without a terminal.
pub(crate) struct Place(TempDir);

/// What a command left.
pub(crate) struct Ended {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Ended {
    pub(crate) fn of(output: Output) -> Self {
        let text = |bytes| String::from_utf8(bytes).unwrap();
        Self {
            code: output.status.code().expect("it was not killed"),
            stdout: text(output.stdout),
            stderr: text(output.stderr),
        }
    }

    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|e| panic!("{e}: {}", self.stdout))
    }
}

impl Place {
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub(crate) fn command(&self, line: &str) -> Command {
        let mut command = Command::new(cargo_bin("dr"));
        command
            .args(line.split_whitespace())
            .env_clear()
            .current_dir(self.0.path())
            .stdin(Stdio::null());
        command
    }

    pub(crate) fn dr(&self, line: &str) -> Ended {
        Ended::of(self.command(line).output().unwrap())
    }

    /// Runs a command that must end with this code.
    #[track_caller]
    pub(crate) fn ends(&self, line: &str, code: i32) -> Ended {
        let ended = self.dr(line);
        assert_eq!(
            ended.code, code,
            "dr {line}: {}\n{}",
            ended.stdout, ended.stderr
        );
        ended
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        fs::write(self.0.path().join(name), text).unwrap();
    }

    pub(crate) fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap()
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// The name of the only open run.
    #[track_caller]
    pub(crate) fn open_run(&self) -> String {
        let list = self.ends("run list --output json", 0).json();
        let open = list["runs"].as_array().unwrap().iter();
        let mut open = open.filter(|run| run["status"] == "held" || run["status"] == "running");
        open.next().expect("a run is open")["run"]
            .as_str()
            .unwrap()
            .to_owned()
    }
}
