//! Builds and runs tests of the copy.

use std::io::Read;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result};
use rustix::process::{Pid, Signal, kill_process_group};

use super::{Target, TestName};

/// Builds in one folder, into another.
pub struct Cargo {
    /// Where the workspace is.
    pub folder: PathBuf,
    /// Where the build goes.
    pub target: PathBuf,
}

/// What came of running tests that were built.
pub(super) enum Ran {
    /// They ended; what was printed, and whether the exit status says success.
    Ended { output: String, success: bool },
    /// They were ended by force.
    TooLong,
}

impl Cargo {
    fn command(&self, test: (&str, &Target)) -> Command {
        let (package, target) = test;
        let mut command = Command::new("cargo");
        command
            .args(["test", "--locked", "--offline", "--no-default-features"])
            // Each bug is built once and one test is run: what optimising costs is never earned back.
            .args(["--config", "profile.dev.package.dr-core.opt-level=0"])
            .args(["--config", "profile.dev.debug=false"])
            .args(["--package", package])
            .current_dir(&self.folder)
            .env("CARGO_TARGET_DIR", &self.target)
            // A golden file that differs is a failure, and nothing to be reviewed.
            .env("INSTA_UPDATE", "no")
            .stdin(Stdio::null());
        match target {
            Target::Lib => command.arg("--lib"),
            Target::Test(suite) => command.args(["--test", suite]),
        };
        command
    }

    /// Builds the binary that a test is in; the end of what the compiler says when it does not build.
    pub(super) fn build(&self, binary: (&str, &Target)) -> Result<Result<(), String>> {
        let output = self.command(binary).arg("--no-run").output();
        let output = output.context("cargo is started")?;
        if output.status.success() {
            return Ok(Ok(()));
        }
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        let errors = said.lines().skip_while(|line| !line.starts_with("error"));
        Ok(Err(errors.take(20).collect::<Vec<_>>().join("\n")))
    }

    /// Runs tests of one binary, for at most `limit`.
    pub(super) fn run(
        &self,
        binary: (&str, &Target),
        names: &[&TestName],
        limit: Duration,
    ) -> Result<Ran> {
        let mut command = self.command(binary);
        command.args(["--", "--exact"]);
        command.args(names.iter().map(|test| &test.name));
        // A group of its own, so that the test ends with the cargo that started it.
        command.process_group(0);
        command.stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn().context("cargo is started")?;
        let mut stdout = child.stdout.take().context("its output is a pipe")?;
        let (send, printed) = mpsc::channel();
        let reader = thread::spawn(move || {
            let mut output = Vec::new();
            let read = stdout.read_to_end(&mut output);
            let _ = send.send(read.map(|_| output));
        });
        let Ok(output) = printed.recv_timeout(limit) else {
            end_group(&mut child)?;
            let _ = reader.join();
            return Ok(Ran::TooLong);
        };
        let output = String::from_utf8_lossy(&output?).into_owned();
        let success = child.wait()?.success();
        Ok(Ran::Ended { output, success })
    }
}

fn end_group(child: &mut Child) -> Result<()> {
    let id = i32::try_from(child.id()).ok().and_then(Pid::from_raw);
    kill_process_group(id.context("a process has a number")?, Signal::KILL)?;
    child.wait()?;
    Ok(())
}
