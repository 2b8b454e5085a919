//! `exec`: runs the estate's own command.
//!
//! With an `observe` command it is run only where that says that it is needed, and checked afterwards. Without one it must be
//! safe to repeat, because after a crash it is.

use async_trait::async_trait;

use super::calls::CallList;
use super::{Action, Before, Context, Observation, Output, StepError, Undo, UndoError};
use crate::adapter::technology::{EXEC, EXEC_READ};
use crate::model::{Direction, Duration, Estate, Exec as Command, Finding, Mode, Verb};
use crate::port::{CallSpec, CommandOutput, PortResult};

/// Runs a command.
pub(super) struct Exec;

fn command(verb: &Verb) -> &Command {
    match verb {
        Verb::Exec(command) => command,
        _ => unreachable!("the registry pairs this action with `exec`"),
    }
}

/// Whether the command has been carried out already, where it has an `observe`.
async fn is_done(cx: &Context<'_>) -> PortResult<Option<bool>> {
    match &command(cx.verb).observe {
        None => Ok(None),
        Some(argv) => {
            let output = cx.ports.commands.run(argv, cx.timeout, None).await?;
            Ok(Some(output.status == 0))
        }
    }
}

fn failed(code: &str, what: &str, output: &CommandOutput) -> StepError {
    StepError::NotMet {
        code: code.to_owned(),
        message: format!(
            "{what} ended with status {}: {}",
            output.status,
            output.tail.trim()
        ),
    }
}

#[async_trait]
impl Action for Exec {
    fn calls(
        &self,
        estate: &Estate,
        direction: &Direction,
        mode: Mode,
        verb: &Verb,
    ) -> Vec<CallSpec> {
        let list = CallList::new(estate, direction, mode).loose(EXEC, &direction.to, true);
        match command(verb).observe {
            Some(_) => list.loose(EXEC_READ, &direction.to, true),
            None => list,
        }
        .done()
    }

    fn undoable(&self, verb: &Verb) -> Undo {
        match command(verb).undo {
            Some(_) => Undo::Restores,
            None => Undo::Impossible,
        }
    }

    fn expected(&self, _: &Estate, _: &Direction, _: &Verb) -> Duration {
        Duration::from_secs(10)
    }

    async fn preflight(&self, _: &Context<'_>) -> Vec<Finding> {
        Vec::new()
    }

    async fn observe(&self, cx: &Context<'_>) -> Observation {
        match is_done(cx).await {
            Ok(Some(true)) => Observation::Done(Output::said("carried out already")),
            Ok(Some(false) | None) => Observation::NotDone(Before::default()),
            Err(error) => Observation::Unknown(error),
        }
    }

    async fn apply(&self, cx: &Context<'_>, _: &Before) -> Result<Output, StepError> {
        if is_done(cx).await? == Some(true) {
            return Ok(Output::said("carried out already"));
        }
        let argv = &command(cx.verb).command;
        let output = cx
            .ports
            .commands
            .run(argv, cx.timeout, Some(cx.permit))
            .await?;
        if output.status != 0 {
            return Err(failed("command-failed", &argv.join(" "), &output));
        }
        if is_done(cx).await? == Some(false) {
            return Err(StepError::NotMet {
                code: "command-without-effect".to_owned(),
                message: format!(
                    "{} succeeded, and its observe command finds it not carried out",
                    argv.join(" ")
                ),
            });
        }
        Ok(Output::said(format!("{} succeeded", argv.join(" "))))
    }

    async fn undo(&self, cx: &Context<'_>, _: &Before) -> Result<String, UndoError> {
        let Some(argv) = &command(cx.verb).undo else {
            return Err(UndoError {
                message: "the step declares no undo".to_owned(),
                retryable: false,
            });
        };
        if is_done(cx).await? == Some(false) {
            return Ok("it was not carried out".to_owned());
        }
        let output = cx
            .ports
            .commands
            .run(argv, cx.timeout, Some(cx.permit))
            .await?;
        if output.status == 0 {
            Ok(format!("{} succeeded", argv.join(" ")))
        } else {
            Err(failed("undo-failed", &argv.join(" "), &output).into())
        }
    }
}
