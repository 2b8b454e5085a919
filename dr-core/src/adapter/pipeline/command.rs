//! A command of the estate's own applies a stack.

use std::collections::VecDeque;
use std::io;
use std::path::PathBuf;
use std::process::{ExitStatus, Stdio};
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use futures_util::future::{Either, join, select};
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, BufReader};
use tokio::process::{Child, Command};

use crate::adapter::Here;
use crate::adapter::terraform::{Applier, Folders, Interrupt, Order};
use crate::model::{CommandBinding, Duration};
use crate::port::{ErrorClass, Narrator, Permit, PortError, PortResult};

/// How often the permit is looked at while it runs.
const LOOK: Duration = Duration::from_secs(5);
/// How long an interrupted command may take to end by itself: Terraform below it saves its state and lets its lock go.
const GRACE: Duration = Duration::from_secs(60);
/// How long the rest of its output is waited for once it has ended: a child of its own may hold the pipe open for ever.
const DRAIN: Duration = Duration::from_millis(200);
/// How many of its last lines an error tells.
const TAIL: usize = 12;
/// A longer line is told in pieces, bytes.
const LINE: u64 = 4096;

/// Applies a stack by a program and its arguments, never by a shell.
///
/// It is run in the estate's directory, with nothing on standard input. It finds the run, the step, the epoch and the token of
/// its permit in `DR_RUN`, `DR_STEP`, `DR_EPOCH` and `DR_TOKEN`. Its exit status says whether it succeeded; it returns when the
/// stack is applied, and is safe to be run again with the same request.
pub struct CommandApplier {
    here: Here,
    binding: CommandBinding,
    directory: PathBuf,
    narrator: Arc<dyn Narrator>,
}

impl CommandApplier {
    /// The command of a stack.
    pub fn new(
        here: Here,
        binding: CommandBinding,
        folders: &Folders,
        narrator: Arc<dyn Narrator>,
    ) -> Self {
        Self {
            here,
            binding,
            directory: folders.estate.clone(),
            narrator,
        }
    }

    fn error(&self, class: ErrorClass, message: impl Into<String>) -> PortError {
        self.here.error(class, "exec:Run", message)
    }

    /// The program and its arguments, with what the placeholders stand for.
    fn filled(&self, order: &Order<'_>, permit: &Permit) -> Vec<String> {
        let values = [
            order.site.to_string(),
            order.role.to_string(),
            order.request(permit),
            order.variables_file.display().to_string(),
        ];
        let fill = |word: &String| fill(word, &values);
        self.binding.apply.iter().map(fill).collect()
    }

    fn start(&self, argv: &[String], permit: &Permit) -> PortResult<Child> {
        let Some((program, arguments)) = argv.split_first() else {
            return Err(self.error(ErrorClass::Invalid, "there is no program to run"));
        };
        let mut command = Command::new(program);
        command
            .args(arguments)
            .current_dir(&self.directory)
            .env("DR_RUN", permit.run.as_str())
            .env("DR_STEP", permit.step.as_str())
            .env("DR_EPOCH", permit.epoch.to_string())
            .env("DR_TOKEN", &permit.token)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            // A Ctrl-C at the terminal is for dr, which lets running steps finish.
            .process_group(0);
        command.spawn().map_err(|cause| match cause.kind() {
            io::ErrorKind::NotFound => self.error(
                ErrorClass::Invalid,
                format!("there is no program `{program}`: install it, or write its whole path"),
            ),
            io::ErrorKind::PermissionDenied => self.error(
                ErrorClass::Denied,
                format!("`{program}` may not be run: is it executable?"),
            ),
            _ => self.error(ErrorClass::Transient, cause.to_string()),
        })
    }

    /// Waits for its end; `None` when it took too long or the lease ended: then it has been made to end.
    async fn until_given_up(
        &self,
        child: &mut Child,
        told: &Told<'_>,
        permit: &Permit,
        guard: &mut Interrupt,
    ) -> Option<io::Result<ExitStatus>> {
        let limit = self.binding.timeout.unwrap_or(CommandBinding::TIMEOUT);
        let clock = &self.here.clock;
        let last = limit.after(clock.now());
        let mut output = Box::pin(join(
            told.follow(child.stdout.take()),
            told.follow(child.stderr.take()),
        ));
        let mut ended = Box::pin(async {
            // Read while it runs, or a full pipe would stop it.
            let status = match select(Box::pin(child.wait()), &mut output).await {
                Either::Left((status, _)) => status,
                Either::Right((_, wait)) => return wait.await,
            };
            let _ = select(&mut output, clock.sleep(DRAIN)).await;
            status
        });
        loop {
            match select(ended, clock.sleep(LOOK)).await {
                Either::Left((status, _)) => return Some(status),
                Either::Right(((), rest)) => ended = rest,
            }
            let now = clock.now();
            if now < last && !permit.deadline.has_passed(now) {
                continue;
            }
            guard.interrupt();
            if let Either::Right(((), rest)) = select(ended, clock.sleep(GRACE)).await {
                guard.kill();
                let _ = rest.await;
            }
            return None;
        }
    }
}

/// A word with what its placeholders stand for. What is filled in is not looked at again.
fn fill(word: &str, values: &[String; CommandBinding::PLACEHOLDERS.len()]) -> String {
    let mut filled = String::new();
    let mut rest = word;
    while let Some(start) = rest.find('{') {
        filled.push_str(&rest[..start]);
        rest = &rest[start..];
        let mut known = CommandBinding::PLACEHOLDERS.iter().zip(values);
        match known.find(|(placeholder, _)| rest.starts_with(**placeholder)) {
            Some((placeholder, value)) => {
                filled.push_str(value);
                rest = &rest[placeholder.len()..];
            }
            None => {
                filled.push('{');
                rest = &rest[1..];
            }
        }
    }
    filled + rest
}

#[async_trait]
impl Applier for CommandApplier {
    async fn apply(&self, order: &Order<'_>, permit: &Permit) -> PortResult<()> {
        if permit.deadline.has_passed(self.here.clock.now()) {
            let message = "not started: the lease of the estate's lock has ended";
            return Err(self.error(ErrorClass::Conflict, message));
        }
        let argv = self.filled(order, permit);
        let mut child = self.start(&argv, permit)?;
        let mut guard = Interrupt::of(&child);
        let told = Told::new(&*self.narrator, self.here.to_string());
        let ended = self
            .until_given_up(&mut child, &told, permit, &mut guard)
            .await;
        guard.leave();
        let Some(status) = ended else {
            let message = format!(
                "`{}` was interrupted: it took too long, or the lease ended{}",
                argv[0],
                told.tail()
            );
            return Err(self.error(ErrorClass::Indeterminate, message));
        };
        let status =
            status.map_err(|cause| self.error(ErrorClass::Indeterminate, cause.to_string()))?;
        if status.success() {
            return Ok(());
        }
        // Its owner mends it: to run it again by itself would only fail again. What it changed is read before it is.
        let message = format!("`{}` failed ({status}){}", argv[0], told.tail());
        Err(self.error(ErrorClass::Invalid, message))
    }
}

/// Tells the lines of a command as they come, and keeps the last ones.
struct Told<'a> {
    narrator: &'a dyn Narrator,
    place: String,
    last: Mutex<VecDeque<String>>,
}

impl<'a> Told<'a> {
    fn new(narrator: &'a dyn Narrator, place: String) -> Self {
        Self {
            narrator,
            place,
            last: Mutex::default(),
        }
    }

    async fn follow(&self, stream: Option<impl AsyncRead + Unpin>) {
        let Some(stream) = stream else { return };
        let mut stream = BufReader::new(stream);
        let mut line = Vec::new();
        while let Ok(1..) = (&mut stream).take(LINE).read_until(b'\n', &mut line).await {
            let text = String::from_utf8_lossy(&line);
            let text = text.trim_end();
            if !text.is_empty() {
                self.narrator.line(&self.place, text);
                let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
                last.push_back(text.to_owned());
                if last.len() > TAIL {
                    last.pop_front();
                }
            }
            line.clear();
        }
    }

    /// The last lines, to be put behind a sentence.
    fn tail(&self) -> String {
        let last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        last.iter().fold(String::new(), |mut text, line| {
            text.push_str(if text.is_empty() {
                "; it said last: "
            } else {
                " / "
            });
            text.push_str(line);
            text
        })
    }
}

#[cfg(test)]
mod tests;
