//! Ctrl-C: the first lets a run finish what is under way and hold, the second stops it at once.

use dr_core::runbook::host::{Stop, StopFlag};

use crate::error::{Error, Result};
use crate::exit_code::ExitCode;
use crate::output::Output;

/// Presses `stop` at each Ctrl-C, from a thread of its own that ends with the process.
///
/// # Errors
/// The signal cannot be caught.
pub(crate) fn press_on_ctrl_c(stop: StopFlag, out: Output) -> Result<()> {
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
                stop.press();
                let news = match stop.get() {
                    Stop::No | Stop::Hold => {
                        "finishing the steps that are under way, then the run holds; Ctrl-C again stops at once"
                    }
                    Stop::Now => "stopping at once: the run can be resumed",
                };
                out.notice(&format!("\n{news}"));
            }
        })
        .map_err(|error| failed(&error))?;
    Ok(())
}
