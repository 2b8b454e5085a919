//! Ctrl-C: the first lets a run finish what is under way and hold, the second stops it at once.

use dr_core::runbook::host::{Stop, StopFlag};

use crate::error::{Error, Result};
use crate::exit_code::ExitCode;
use crate::output::Output;

/// What is said when a game day is stopped.
pub(crate) const ENDS: &str = "\nthe game day ends: its run holds, and the scorecard is written; Ctrl-C again ends it at once, and the last result stays";

/// Presses `stop` at each Ctrl-C, from a thread of its own that ends with the process.
///
/// # Errors
/// The signal cannot be caught.
pub(crate) fn press_on_ctrl_c(stop: StopFlag, out: Output) -> Result<()> {
    on_ctrl_c(move || {
        stop.press();
        let news = match stop.get() {
            Stop::No | Stop::Hold => {
                "finishing the steps that are under way, then the run holds; Ctrl-C again stops at once"
            }
            Stop::Now => "stopping at once: the run can be resumed",
        };
        out.notice(&format!("\n{news}"));
    })
}

/// Presses `stop` at the first Ctrl-C, so that a game day ends; at the second the process does. Nothing of the result of the
/// last game day is touched before this one has ended.
///
/// # Errors
/// The signal cannot be caught.
pub(crate) fn end_on_ctrl_c(stop: StopFlag, out: Output) -> Result<()> {
    #[expect(
        clippy::disallowed_methods,
        reason = "who presses twice does not wait for the story, and nothing is half written before it has ended"
    )]
    on_ctrl_c(move || {
        if stop.get() != Stop::No {
            std::process::exit(ExitCode::Aborted.number().into());
        }
        stop.press();
        out.notice(ENDS);
    })
}

fn on_ctrl_c(mut pressed: impl FnMut() + Send + 'static) -> Result<()> {
    let failed = |error: &std::io::Error| {
        Error::new(ExitCode::Unexpected, "cannot listen for Ctrl-C").because(error)
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_io()
        .build()
        .map_err(|error| failed(&error))?;
    std::thread::Builder::new()
        .name("ctrl-c".to_owned())
        .spawn(move || {
            while runtime.block_on(tokio::signal::ctrl_c()).is_ok() {
                pressed();
            }
        })
        .map_err(|error| failed(&error))?;
    Ok(())
}
