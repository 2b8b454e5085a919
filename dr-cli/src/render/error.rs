//! How an error is told: what, why, what next.

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
    if out.is_json() {
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
    text.push_str(&format!("{} {}\n", style.bad("error:"), error.message));
    if let Evidence::Findings(findings) = &error.evidence {
        for found in findings {
            text.push_str(&finding::text(found, style));
        }
    }
    for cause in &error.causes {
        text.push_str(&format!("  {} {cause}\n", style.dim("because:")));
    }
    for hint in hints {
        text.push_str(&format!("  {} {hint}\n", style.active("next:")));
    }
    text
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
