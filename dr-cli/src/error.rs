//! What a command says when it cannot do what was asked.

use std::error::Error as StdError;
use std::path::Path;

use dr_core::config::Problems;
use dr_core::model::Finding;

use crate::exit_code::ExitCode;

/// Why a command failed: what happened, why, and what to type next. Printed by [`crate::render::error`] only.
#[derive(Debug)]
pub(crate) struct Error {
    /// The exit code, which is also the kind.
    pub(crate) kind: ExitCode,
    /// What could not be done, in one sentence without a full stop.
    pub(crate) message: String,
    /// Why, the outermost first.
    pub(crate) causes: Vec<String>,
    /// What to do about it: the next command to type where there is one.
    pub(crate) hints: Vec<String>,
    /// What it rests on.
    pub(crate) evidence: Evidence,
}

/// What an error rests on, beside its causes.
#[derive(Debug)]
pub(crate) enum Evidence {
    /// Nothing more.
    None,
    /// What is wrong with files that people wrote, one entry a file.
    Problems(Vec<Problems>),
    /// What was found that stands in the way.
    Findings(Vec<Finding>),
}

/// The result of a command.
pub(crate) type Result<T> = std::result::Result<T, Error>;

impl Error {
    /// An error of a kind.
    pub(crate) fn new(kind: ExitCode, message: impl Into<String>) -> Self {
        Self {
            kind,
            message: message.into(),
            causes: Vec::new(),
            hints: Vec::new(),
            evidence: Evidence::None,
        }
    }

    /// The command line cannot be carried out as it stands.
    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Self::new(ExitCode::Usage, message)
    }

    /// A file that cannot be read or written.
    pub(crate) fn file(doing: &str, path: &Path, error: &std::io::Error) -> Self {
        Self::new(
            ExitCode::Unexpected,
            format!("cannot {doing} {}", path.display()),
        )
        .because(error)
    }

    /// Files that people wrote are wrong.
    pub(crate) fn invalid(message: impl Into<String>, problems: Vec<Problems>) -> Self {
        Self {
            evidence: Evidence::Problems(problems),
            ..Self::new(ExitCode::Invalid, message)
        }
    }

    /// Findings stand in the way.
    pub(crate) fn refused(message: impl Into<String>, findings: Vec<Finding>) -> Self {
        Self {
            evidence: Evidence::Findings(findings),
            ..Self::new(ExitCode::PreflightRefused, message)
        }
    }

    /// Adds a cause with everything behind it.
    #[must_use]
    pub(crate) fn because(mut self, cause: &dyn StdError) -> Self {
        let mut next = Some(cause);
        while let Some(cause) = next {
            let text = cause.to_string();
            // A transparent error repeats its source.
            if self.causes.last() != Some(&text) {
                self.causes.push(text);
            }
            next = cause.source();
        }
        self
    }

    /// Adds what to do about it.
    #[must_use]
    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("the outer cause")]
    struct Outer(#[source] Inner);

    #[derive(Debug, thiserror::Error)]
    #[error(transparent)]
    struct Inner(std::io::Error);

    #[test]
    fn every_cause_is_told_once() {
        let error = Error::usage("no").because(&Outer(Inner(std::io::Error::other("the root"))));
        assert_eq!(error.causes, ["the outer cause", "the root"]);
    }
}
