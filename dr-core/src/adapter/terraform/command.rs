//! One call of the `terraform` program.

use std::path::PathBuf;
use std::process::{ExitStatus, Stdio};
use std::sync::Arc;

use futures_util::future::{Either, join, select};
use rustix::process::{Pid, Signal, kill_process_group};
use secrecy::{ExposeSecret, SecretString};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, BufReader};
use tokio::process::{Child, ChildStdout, Command};

use super::Account;
use crate::model::Duration;
use crate::port::{Clock, ErrorClass, Narrator, Permit, PortError, PortResult};

/// How long a call that only reads may take: a plan refreshes every resource.
const READING: Duration = Duration::from_mins(10);
/// How often the permit is looked at while a call changes something.
const LOOK: Duration = Duration::from_secs(5);
/// How long an interrupted call may take to save its state and let its lock go.
const GRACE: Duration = Duration::from_secs(60);

/// Variables that name a profile. What `dr` hands over stands in other variables, and nothing may compete with it.
const PROFILES: [&str; 2] = ["AWS_PROFILE", "AWS_DEFAULT_PROFILE"];

/// The program, in the working directory of one stack.
pub(super) struct Program {
    pub(super) directory: PathBuf,
    /// Its own files: plugins, the backend's configuration. Not in the user's directory.
    pub(super) data: PathBuf,
    pub(super) environment: Vec<(String, String)>,
    pub(super) account: Arc<dyn Account>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) narrator: Arc<dyn Narrator>,
    pub(super) place: String,
}

/// How a process ended, where that is known.
type Exit = std::io::Result<ExitStatus>;

/// What is called.
pub(super) struct Invocation<'a> {
    arguments: Vec<String>,
    permit: Option<&'a Permit>,
}

impl<'a> Invocation<'a> {
    pub(super) fn reading(arguments: &[&str]) -> Self {
        Self {
            arguments: arguments.iter().map(|&text| text.to_owned()).collect(),
            permit: None,
        }
    }

    pub(super) fn changing(arguments: &[&str], permit: &'a Permit) -> Self {
        Self {
            permit: Some(permit),
            ..Self::reading(arguments)
        }
    }

    pub(super) fn with(mut self, argument: String) -> Self {
        self.arguments.push(argument);
        self
    }
}

/// What came of it.
pub(super) struct Ended {
    pub(super) status: i32,
    pub(super) output: Vec<u8>,
    pub(super) errors: String,
}

impl Ended {
    pub(super) fn success(&self) -> bool {
        self.status == 0
    }

    /// The first error in one line.
    pub(super) fn complaint(&self) -> String {
        let lines = self
            .errors
            .lines()
            .map(|line| line.trim_start_matches(['│', '╷', '╵', '|', ' ']).trim());
        let lines: Vec<&str> = lines
            .filter(|line| !line.is_empty())
            .skip_while(|line| !line.starts_with("Error"))
            .take(4)
            .collect();
        if lines.is_empty() {
            format!("terraform ended with status {}", self.status)
        } else {
            lines.join(" ")
        }
    }
}

impl Program {
    fn error(&self, class: ErrorClass, operation: &str, message: impl Into<String>) -> PortError {
        PortError {
            class,
            operation: format!("terraform:{operation}"),
            place: self.place.clone(),
            message: message.into(),
        }
    }

    fn start(
        &self,
        invocation: &Invocation<'_>,
        credentials: &[(&str, SecretString)],
    ) -> PortResult<Child> {
        let mut command = Command::new("terraform");
        command
            .args(&invocation.arguments)
            .current_dir(&self.directory)
            .env("TF_DATA_DIR", &self.data)
            .envs(self.environment.iter().map(|(key, value)| (key, value)))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            // A Ctrl-C at the terminal is for dr, which lets running steps finish.
            .process_group(0);
        if !credentials.is_empty() {
            for profile in PROFILES {
                command.env_remove(profile);
            }
        }
        for (name, value) in credentials {
            command.env(name, value.expose_secret());
        }
        command.spawn().map_err(|cause| {
            let message = match cause.kind() {
                std::io::ErrorKind::NotFound if self.directory.is_dir() => {
                    "there is no program `terraform`: install 1.10 or newer".to_owned()
                }
                std::io::ErrorKind::NotFound => {
                    format!("there is no directory {}", self.directory.display())
                }
                _ => cause.to_string(),
            };
            self.error(ErrorClass::Invalid, &invocation.arguments[0], message)
        })
    }

    /// Runs it to its end. One that changes something is interrupted when its permit ends; so is any that is given up.
    pub(super) async fn run(&self, invocation: Invocation<'_>) -> PortResult<Ended> {
        let operation = invocation.arguments[0].clone();
        if let Some(permit) = invocation.permit
            && permit.deadline.has_passed(self.clock.now())
        {
            let message = "not started: the lease of the estate's lock has ended";
            return Err(self.error(ErrorClass::Conflict, &operation, message));
        }
        let credentials = self.account.credentials().await?;
        let mut child = self.start(&invocation, &credentials)?;
        let mut guard = Interrupt::of(&child);
        let is_told = invocation.permit.is_some();
        let ended = self
            .until_given_up(
                Box::pin(self.follow(&mut child, is_told)),
                invocation.permit,
                &mut guard,
            )
            .await;
        guard.leave();
        let Some((output, errors, status)) = ended else {
            let class = if is_told {
                ErrorClass::Indeterminate
            } else {
                ErrorClass::Transient
            };
            return Err(self.error(
                class,
                &operation,
                "interrupted: it took too long, or the lease ended",
            ));
        };
        let status = status.map_err(|cause| {
            self.error(ErrorClass::Indeterminate, &operation, cause.to_string())
        })?;
        Ok(Ended {
            status: status.code().unwrap_or(-1),
            output,
            errors,
        })
    }

    /// What it prints, what it complains of, and how it ends. Where that `is_told`, each line of progress is, too.
    async fn follow(&self, child: &mut Child, is_told: bool) -> (Vec<u8>, String, Exit) {
        let output = child.stdout.take();
        let errors = child.stderr.take();
        let read_output = async {
            let mut bytes = Vec::new();
            match output {
                Some(output) if is_told => self.narrate(output, &mut bytes).await,
                Some(mut output) => _ = output.read_to_end(&mut bytes).await,
                None => {}
            }
            bytes
        };
        let read_errors = async {
            let mut text = String::new();
            if let Some(mut errors) = errors {
                let _ = errors.read_to_string(&mut text).await;
            }
            text
        };
        let (output, errors) = join(read_output, read_errors).await;
        (output, errors, child.wait().await)
    }

    /// Keeps what is printed, and tells it line by line.
    async fn narrate(&self, output: ChildStdout, bytes: &mut Vec<u8>) {
        let mut lines = BufReader::new(output).lines();
        // What follows `Outputs:` is the whole of them, each time.
        let mut is_told = true;
        while let Ok(Some(line)) = lines.next_line().await {
            is_told &= line.trim() != "Outputs:";
            if is_told && !line.trim().is_empty() {
                self.narrator.line(&self.place, line.trim());
            }
            bytes.extend_from_slice(line.as_bytes());
            bytes.push(b'\n');
        }
    }

    /// What `work` gives; `None` when it had to be interrupted.
    async fn until_given_up<T>(
        &self,
        mut work: std::pin::Pin<Box<dyn Future<Output = T> + Send + '_>>,
        permit: Option<&Permit>,
        guard: &mut Interrupt,
    ) -> Option<T> {
        let began = self.clock.now();
        loop {
            match select(work, self.clock.sleep(LOOK)).await {
                Either::Left((value, _)) => return Some(value),
                Either::Right(((), rest)) => work = rest,
            }
            let now = self.clock.now();
            let is_over = match permit {
                Some(permit) => permit.deadline.has_passed(now),
                None => Duration::between(began, now) > READING,
            };
            if is_over {
                guard.interrupt();
                // It saves its state and lets the lock go; what it did is read afterwards.
                let _ = select(work, self.clock.sleep(GRACE)).await;
                return None;
            }
        }
    }
}

/// Interrupts a program and what it started when this is dropped: it then finishes what it is doing, saves its state and lets its
/// lock go. It is interrupted once: a second time would make Terraform give up at once.
pub(in crate::adapter) struct Interrupt {
    group: Option<Pid>,
    is_asked: bool,
}

impl Interrupt {
    /// Of a child that leads a group of its own.
    pub(in crate::adapter) fn of(child: &Child) -> Self {
        let id = child.id().and_then(|id| i32::try_from(id).ok());
        Self {
            group: id.and_then(Pid::from_raw),
            is_asked: false,
        }
    }

    /// Asks it to end.
    pub(in crate::adapter) fn interrupt(&mut self) {
        if let (Some(group), false) = (self.group, self.is_asked) {
            self.is_asked = true;
            let _ = kill_process_group(group, Signal::INT);
        }
    }

    /// Ends it by force.
    pub(in crate::adapter) fn kill(&mut self) {
        if let Some(group) = self.group {
            let _ = kill_process_group(group, Signal::KILL);
        }
    }

    /// It has ended by itself: what it left running is meant to run.
    pub(in crate::adapter) fn leave(&mut self) {
        self.group = None;
    }
}

impl Drop for Interrupt {
    fn drop(&mut self) {
        self.interrupt();
    }
}
