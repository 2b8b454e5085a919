//! The last question before a run: the name of the site that becomes primary, typed by hand.

use std::io::IsTerminal;

use dr_core::model::Direction;
use inquire::Text;

use crate::error::{Error, Result};
use crate::output::Output;

/// Refuses early what could not be confirmed later. `again` is the command that was typed.
///
/// # Errors
/// There is nobody to ask, and `--yes` was not given.
pub(crate) fn possible(yes: bool, again: &str) -> Result<()> {
    if yes || is_interactive() {
        return Ok(());
    }
    Err(
        Error::usage("nothing was done: it is not confirmed, and there is no terminal to ask at")
            .hint(format!("{again} --simulate --yes")),
    )
}

/// Lets a person confirm the direction by typing the name of the site that becomes primary.
///
/// # Errors
/// Something else was typed.
pub(crate) fn direction(out: &Output, direction: &Direction, what: &str) -> Result<()> {
    out.error(&format!(
        "\n{} {what}: {} becomes primary, {} no longer is\n",
        out.notice_style().warn("confirm"),
        out.notice_style().bold(direction.to.as_str()),
        direction.from,
    ));
    let typed = Text::new("Type the name of the site that becomes primary:")
        .prompt()
        .map_err(|error| Error::usage(format!("{what} was not confirmed")).because(&error))?;
    if typed.trim() == direction.to.as_str() {
        Ok(())
    } else {
        Err(Error::usage(format!(
            "{what} was not confirmed: \"{}\" is not {}",
            typed.trim(),
            direction.to
        )))
    }
}

/// Whether somebody can be asked.
pub(crate) fn is_interactive() -> bool {
    std::io::stdin().is_terminal() && std::io::stderr().is_terminal()
}
