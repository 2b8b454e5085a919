//! The two streams: stdout is the result, stderr is everything else.

use std::io::{self, IsTerminal, Write};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use clap::ValueEnum;
use dr_core::drift::form::printable_json;
use serde::Serialize;

use crate::render::style::Style;

/// The form of the result.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For people.
    Text,
    /// For programs: one JSON document, or one JSON object a line where results come one after another.
    Json,
}

/// When to use colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Color {
    /// At a terminal, unless `NO_COLOR` is set.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// Where results and notices go. Cloned into whatever shows something while a run goes on.
///
/// Writing never fails a command: a run must not stop because `head` closed the pipe or a terminal went away. A failure
/// other than a closed pipe is kept and reported when the command ends.
#[derive(Debug, Clone)]
pub(crate) struct Output {
    format: Format,
    quiet: bool,
    stdout_style: Style,
    stderr_style: Style,
    live: bool,
    /// The global options that were given, to be typed again: ` --store here`.
    options: Arc<str>,
    failure: Arc<Mutex<Option<io::Error>>>,
    /// The one document of the result is written.
    ended: Arc<AtomicBool>,
}

impl Output {
    /// An output for the two standard streams.
    pub(crate) fn new(format: Format, color: Color, quiet: bool, no_color: bool) -> Self {
        let wanted = |is_terminal: bool| match color {
            Color::Always => true,
            Color::Never => false,
            Color::Auto => is_terminal && !no_color,
        };
        Self {
            format,
            quiet,
            stdout_style: Style::new(wanted(io::stdout().is_terminal())),
            stderr_style: Style::new(wanted(io::stderr().is_terminal())),
            live: io::stderr().is_terminal(),
            options: Arc::from(""),
            failure: Arc::default(),
            ended: Arc::default(),
        }
    }

    /// The same, with the global options that were given: commands that it shows have them, too.
    #[must_use]
    pub(crate) fn with_options(self, options: &str) -> Self {
        Self {
            options: options.into(),
            ..self
        }
    }

    /// A command as it is to be typed here: with the global options of this one. What is no command stays as it is.
    pub(crate) fn command(&self, command: &str) -> String {
        let writes_an_estate = command.starts_with("dr init");
        if self.options.is_empty() || !command.starts_with("dr ") || writes_an_estate {
            return command.to_owned();
        }
        if command.contains(['|', '&', '>']) {
            // Each `dr` of a line has them.
            return command.replace("dr sim", &format!("dr{} sim", self.options));
        }
        format!("{command}{}", self.options)
    }

    /// Whether the result is for programs.
    pub(crate) fn is_json(&self) -> bool {
        self.format == Format::Json
    }

    /// Whether a view on stderr may be painted over.
    pub(crate) fn is_live(&self) -> bool {
        self.live && !self.quiet && !self.is_json()
    }

    /// How text on stdout is dressed.
    pub(crate) fn style(&self) -> Style {
        self.stdout_style
    }

    /// How text on stderr is dressed.
    pub(crate) fn notice_style(&self) -> Style {
        self.stderr_style
    }

    /// Writes a part of the result. Nothing in it steers a display but line ends and colours.
    pub(crate) fn result(&self, text: &str) {
        self.verbatim(&self.stdout_style.guarded(text));
    }

    /// Writes a part of the result byte for byte: what this program makes for another one to read as it is.
    pub(crate) fn verbatim(&self, text: &str) {
        self.keep(write_to(&mut io::stdout().lock(), text));
    }

    /// Writes a line of the result.
    pub(crate) fn line(&self, text: &str) {
        self.result(&format!("{text}\n"));
    }

    /// Writes the result as one JSON document.
    pub(crate) fn json(&self, value: &impl Serialize) {
        self.write_json(serde_json::to_string_pretty(value));
    }

    /// Writes one JSON object of many, on a line of its own.
    pub(crate) fn json_line(&self, value: &impl Serialize) {
        self.write_json(serde_json::to_string(value));
    }

    /// The same with `--quiet`.
    #[cfg(feature = "watch")]
    pub(crate) fn quietly(&self) -> Self {
        Self {
            quiet: true,
            ..self.clone()
        }
    }

    /// Tells something that is not the result, unless `--quiet`.
    pub(crate) fn notice(&self, text: &str) {
        if !self.quiet {
            self.error(&format!("{text}\n"));
        }
    }

    /// Shows how something goes on, unless `--quiet`.
    pub(crate) fn progress(&self, text: &str) {
        if !self.quiet && !text.is_empty() {
            // A view that is painted over moves the cursor.
            let _ = write_to(&mut io::stderr().lock(), text);
        }
    }

    /// Writes to stderr, quiet or not. Nothing in it steers a display but line ends and colours. A stderr that is gone is no
    /// reason to stop.
    pub(crate) fn error(&self, text: &str) {
        let _ = write_to(&mut io::stderr().lock(), &self.stderr_style.guarded(text));
    }

    /// The one document of the result is written: what fails from here on is told on stderr only.
    pub(crate) fn ends_the_document(&self) {
        self.ended.store(true, Ordering::Relaxed);
    }

    /// Whether the result may have another document, that of an error.
    pub(crate) fn has_room(&self) -> bool {
        !self.ended.load(Ordering::Relaxed)
    }

    /// The first failure to write the result, if any.
    pub(crate) fn failure(&self) -> Option<io::Error> {
        self.failure.lock().ok().and_then(|mut kept| kept.take())
    }

    fn write_json(&self, json: serde_json::Result<String>) {
        match json {
            Ok(text) => self.verbatim(&(printable_json(&text) + "\n")),
            Err(error) => self.keep(Err(error.into())),
        }
    }

    fn keep(&self, written: io::Result<()>) {
        if let Err(error) = written
            && error.kind() != io::ErrorKind::BrokenPipe
            && let Ok(mut kept) = self.failure.lock()
        {
            kept.get_or_insert(error);
        }
    }
}

fn write_to(stream: &mut impl Write, text: &str) -> io::Result<()> {
    stream.write_all(text.as_bytes())?;
    stream.flush()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_to_type_has_the_global_options_that_were_given() {
        let out = Output::new(Format::Text, Color::Never, false, false);
        assert_eq!(out.command("dr run list"), "dr run list");
        let out = out.with_options(" --store here");
        assert_eq!(out.command("dr run list"), "dr run list --store here");
        assert_eq!(out.command("dr init"), "dr init");
        assert_eq!(
            out.command("one of ohio, california"),
            "one of ohio, california"
        );
        assert_eq!(
            out.command("dr simulate x | jq . > d && dr simulate x --replay d"),
            "dr --store here simulate x | jq . > d && dr --store here simulate x --replay d"
        );
    }
}
