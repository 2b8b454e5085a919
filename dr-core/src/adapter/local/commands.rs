//! The estate's own commands, as child processes.

use std::future::Future;
use std::io;
use std::os::unix::process::ExitStatusExt;
use std::path::PathBuf;
use std::process::{ExitStatus, Stdio};
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use futures_util::future::{Either, select};
use rustix::process::{Pid, Signal, kill_process_group};
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::process::{Child, Command};

use crate::model::Duration;
use crate::port::{Clock, CommandOutput, Commands, ErrorClass, Permit, PortError, PortResult};

/// How much of a command's output is kept, from its end.
const TAIL: usize = 4096;
/// How long the rest of its output is waited for once it has ended: a child of its own may hold the pipe open for ever.
const DRAIN: Duration = Duration::from_millis(200);

/// Runs programs on this machine: an argument list, never a shell, nothing on standard input.
///
/// A command that changes the world finds the run, the step, the epoch and the token of its permit in `DR_RUN`, `DR_STEP`,
/// `DR_EPOCH` and `DR_TOKEN`.
#[derive(Clone)]
pub struct LocalCommands {
    clock: Arc<dyn Clock>,
    directory: PathBuf,
}

impl LocalCommands {
    /// Commands that are run in `directory`, the estate's.
    pub fn new(clock: Arc<dyn Clock>, directory: impl Into<PathBuf>) -> Self {
        Self {
            clock,
            directory: directory.into(),
        }
    }

    fn start(
        &self,
        program: &str,
        arguments: &[String],
        permit: Option<&Permit>,
    ) -> io::Result<Child> {
        let mut command = Command::new(program);
        command
            .args(arguments)
            .current_dir(&self.directory)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            // A group of its own: a Ctrl-C at the terminal is for dr, which lets running steps finish.
            .process_group(0)
            .kill_on_drop(true);
        if let Some(permit) = permit {
            command
                .env("DR_RUN", permit.run.as_str())
                .env("DR_STEP", permit.step.as_str())
                .env("DR_EPOCH", permit.epoch.to_string())
                .env("DR_TOKEN", &permit.token);
        }
        command.spawn()
    }

    /// What `work` gives, or `None` when that takes longer than `limit`.
    async fn within<T>(&self, limit: Duration, work: impl Future<Output = T> + Send) -> Option<T> {
        match select(Box::pin(work), self.clock.sleep(limit)).await {
            Either::Left((value, _)) => Some(value),
            Either::Right(((), _)) => None,
        }
    }
}

#[async_trait]
impl Commands for LocalCommands {
    async fn run(
        &self,
        argv: &[String],
        timeout: Duration,
        permit: Option<&Permit>,
    ) -> PortResult<CommandOutput> {
        let Some((program, arguments)) = argv.split_first() else {
            return Err(failure(
                "",
                ErrorClass::Invalid,
                "there is no program to run",
            ));
        };
        if permit.is_some_and(|permit| permit.deadline.has_passed(self.clock.now())) {
            let message = "not started: the lease's deadline has passed";
            return Err(failure(program, ErrorClass::Denied, message));
        }
        let mut child = self
            .start(program, arguments, permit)
            .map_err(|error| not_started(program, &error))?;
        let group = Group::of(&child);
        let tail = Tail::default();
        let output = futures_util::future::join(
            tail.follow(child.stdout.take()),
            tail.follow(child.stderr.take()),
        );
        let mut output = Box::pin(output);
        let ended = async {
            // Read while it runs, or a full pipe would stop it.
            match select(Box::pin(child.wait()), &mut output).await {
                Either::Left((status, _)) => (status, true),
                Either::Right((_, wait)) => (wait.await, false),
            }
        };
        let Some((status, more_to_read)) = self.within(timeout, ended).await else {
            drop(group);
            let _ = child.wait().await;
            // What it had written before its end says most about why it hung.
            let _ = self.within(DRAIN, output).await;
            return Err(timed_out(program, timeout, permit.is_some(), &tail.text()));
        };
        let status = status
            .map_err(|error| failure(program, ErrorClass::Indeterminate, &error.to_string()))?;
        group.leave();
        if more_to_read {
            let _ = self.within(DRAIN, output).await;
        }
        Ok(CommandOutput {
            status: code(status),
            tail: tail.text(),
        })
    }
}

/// The processes that a command started, as far as they did not leave its group. They are ended by force when this is dropped:
/// past its time, or when the step was given up, nothing of a command may go on changing the world.
struct Group(Option<Pid>);

impl Group {
    fn of(child: &Child) -> Self {
        let id = child.id().and_then(|id| i32::try_from(id).ok());
        Self(id.and_then(Pid::from_raw))
    }

    /// The command has ended by itself: what it left running is meant to run.
    fn leave(mut self) {
        self.0 = None;
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        if let Some(leader) = self.0 {
            let _ = kill_process_group(leader, Signal::KILL);
        }
    }
}

/// The last bytes of what a command wrote, both streams as they came.
#[derive(Default)]
struct Tail(Mutex<Vec<u8>>);

impl Tail {
    async fn follow(&self, stream: Option<impl AsyncRead + Unpin>) {
        let Some(mut stream) = stream else { return };
        let mut chunk = [0; 1024];
        while let Ok(count @ 1..) = stream.read(&mut chunk).await {
            let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            kept.extend_from_slice(&chunk[..count]);
            let surplus = kept.len().saturating_sub(TAIL);
            kept.drain(..surplus);
        }
    }

    /// As text of at most [`TAIL`] bytes; what is not UTF-8 is replaced, which makes it longer.
    fn text(&self) -> String {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let text = String::from_utf8_lossy(&kept);
        let mut start = text.len().saturating_sub(TAIL);
        while !text.is_char_boundary(start) {
            start += 1;
        }
        text[start..].trim_end().to_owned()
    }
}

/// The exit status; 128 and the signal's number where one ended it, as shells have it.
fn code(status: ExitStatus) -> i32 {
    status
        .code()
        .or_else(|| status.signal().map(|signal| 128 + signal))
        .unwrap_or(-1)
}

fn failure(program: &str, class: ErrorClass, message: &str) -> PortError {
    PortError {
        class,
        operation: "exec".to_owned(),
        place: program.to_owned(),
        message: message.to_owned(),
    }
}

fn not_started(program: &str, error: &io::Error) -> PortError {
    match error.kind() {
        io::ErrorKind::NotFound => failure(
            program,
            ErrorClass::Invalid,
            "there is no such program: install it, or write its whole path",
        ),
        io::ErrorKind::PermissionDenied => failure(
            program,
            ErrorClass::Denied,
            "it may not be run: is it executable?",
        ),
        _ => failure(program, ErrorClass::Transient, &error.to_string()),
    }
}

/// Of a command that changes the world it is not known how far it came.
fn timed_out(program: &str, timeout: Duration, changes: bool, tail: &str) -> PortError {
    let class = if changes {
        ErrorClass::Indeterminate
    } else {
        ErrorClass::Transient
    };
    let mut message = format!("ended by force after {timeout}");
    if let Some(last) = tail.lines().last() {
        message.push_str("; its last line was: ");
        message.push_str(last);
    }
    failure(program, class, &message)
}

#[cfg(test)]
mod tests;
