//! How an error is told: what, why, what next.

use dr_core::drift::form::visible;
use dr_core::model::Finding;
use serde::Serialize;

use super::finding;
use super::problems::{self, ProblemJson};
use super::style::Style;
use crate::error::{Error, Evidence};
use crate::exit_code::ExitCode;
use crate::output::Output;

/// Tells an error: on stderr for people, on stdout as well where programs read the result.
pub(crate) fn show(error: &Error, out: &Output) {
    let hints: Vec<String> = error.hints.iter().map(|hint| out.command(hint)).collect();
    if out.is_json() && out.has_room() {
        out.json(&json(error, &hints));
    }
    out.error(&text(error, &hints, out.notice_style()));
}

fn text(error: &Error, hints: &[String], style: Style) -> String {
    let mut text = String::new();
    if let Evidence::Problems(files) = &error.evidence {
        for file in files {
            text.push_str(&problems::text(file, style));
            text.push('\n');
        }
    }
    text.push_str(&format!(
        "{} {}\n",
        style.bad("error:"),
        told(&error.message)
    ));
    if let Evidence::Findings(findings) = &error.evidence {
        for found in findings {
            text.push_str(&finding::text(found, style));
        }
    }
    for cause in &error.causes {
        text.push_str(&format!("  {} {}\n", style.dim("because:"), told(cause)));
    }
    for hint in hints {
        text.push_str(&format!("  {} {}\n", style.active("next:"), told(hint)));
    }
    text
}

/// A text that may have names of the accounts in it, and several lines of another program's: no line of it begins as it wants,
/// since to CI the beginning of a line may be a command.
fn told(text: &str) -> String {
    let lines: Vec<_> = text.trim_end().split('\n').map(visible).collect();
    lines.join("\n    │ ")
}

#[derive(Serialize)]
struct ErrorJson<'a> {
    error: Body<'a>,
}

#[derive(Serialize)]
struct Body<'a> {
    kind: &'static str,
    exit_code: ExitCode,
    message: &'a str,
    causes: &'a [String],
    hints: &'a [String],
    problems: Vec<ProblemJson<'a>>,
    findings: &'a [Finding],
}

fn json<'a>(error: &'a Error, hints: &'a [String]) -> ErrorJson<'a> {
    let (problems, findings): (&[_], &[_]) = match &error.evidence {
        Evidence::None => (&[], &[]),
        Evidence::Problems(problems) => (problems, &[]),
        Evidence::Findings(findings) => (&[], findings),
    };
    ErrorJson {
        error: Body {
            kind: error.kind.name(),
            exit_code: error.kind,
            message: &error.message,
            causes: &error.causes,
            hints,
            problems: problems.iter().flat_map(problems::json).collect(),
            findings,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_line_of_an_error_begins_as_the_world_wants_it_to() {
        let error = Error::usage("no\u{1b}[1A\u{1b}[2K\r")
            .because(&std::io::Error::other("a\n::error::b\n"));
        assert_eq!(
            text(&error, &["c\u{202e}".to_owned()], Style::new(false)),
            "error: no\\u001b[1A\\u001b[2K\n  because: a\n    │ ::error::b\n  next: c\\u202e\n"
        );
    }

    #[test]
    fn an_error_tells_what_why_and_what_next() {
        let error = Error::usage("no terminal to confirm at")
            .because(&std::io::Error::other("stdin is a pipe"))
            .hint("dr failover --yes");
        assert_eq!(
            text(&error, &error.hints, Style::new(false)),
            "error: no terminal to confirm at\n  because: stdin is a pipe\n  next: dr failover --yes\n"
        );
    }
}
