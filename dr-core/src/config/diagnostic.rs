//! What is wrong with a file, and where.

use std::fmt;
use std::sync::Arc;

/// A file as read.
#[derive(Debug, PartialEq, Eq)]
pub struct Source {
    /// What to call it in messages: a path, or `built-in storefront/estate.yaml`.
    pub name: String,
    /// Its text.
    pub text: String,
}

/// A stretch of a source, in bytes, with the line and the column of its start counted from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Span {
    /// First byte.
    pub offset: usize,
    /// Number of bytes.
    pub length: usize,
    /// Line of the first byte.
    pub line: usize,
    /// Column of the first byte, in characters.
    pub column: usize,
}

/// One thing that is wrong with a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Stable kebab-case code: `unknown-key`.
    pub code: &'static str,
    /// What is wrong, in one sentence without a full stop.
    pub message: String,
    /// Where.
    pub span: Span,
    /// What stands under the marked text, where more than the message is to be said.
    pub label: Option<String>,
    /// What to do about it.
    pub help: Option<String>,
}

/// Everything that is wrong with one file, in the order of the file. Never empty when returned as an error.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problems {
    /// The file.
    pub source: Arc<Source>,
    /// What is wrong with it.
    pub list: Vec<Problem>,
}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, problem) in self.list.iter().enumerate() {
            if index > 0 {
                writeln!(f)?;
            }
            write!(
                f,
                "{}:{}:{}: {}",
                self.source.name, problem.span.line, problem.span.column, problem.message
            )?;
        }
        Ok(())
    }
}

impl std::error::Error for Problems {}
