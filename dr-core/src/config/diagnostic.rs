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

impl Source {
    /// A file of that name with that text.
    pub fn new(name: impl Into<String>, text: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            text: text.into(),
        }
    }
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

impl Span {
    /// The very beginning of a file: the place of what concerns the whole of it.
    pub const START: Self = Self {
        offset: 0,
        length: 0,
        line: 1,
        column: 1,
    };
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

impl Problem {
    /// A problem with no label and no help yet.
    pub fn new(code: &'static str, span: Span, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
            span,
            label: None,
            help: None,
        }
    }

    /// The same with a text under the marked place.
    #[must_use]
    pub fn label(mut self, label: impl Into<String>) -> Self {
        self.label = Some(label.into());
        self
    }

    /// The same with what to do about it.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}

/// Everything that is wrong with one file, in the order of the file, up to the first hundred. Never empty when returned as
/// an error.
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

/// So many problems are told of one file; who has more has the wrong file.
const MAX_PROBLEMS: usize = 100;

/// Problems while they are being collected.
#[derive(Debug)]
pub(crate) struct Report {
    source: Arc<Source>,
    list: Vec<Problem>,
}

impl Report {
    pub(crate) fn new(source: Source) -> Self {
        Self {
            source: Arc::new(source),
            list: Vec::new(),
        }
    }

    pub(crate) fn source(&self) -> &Arc<Source> {
        &self.source
    }

    pub(crate) fn add(&mut self, problem: Problem) {
        self.list.push(problem);
    }

    /// The value when nothing was wrong; otherwise the problems in the order of the file.
    ///
    /// # Panics
    /// When there is neither a value nor a problem, which is a defect of the reader.
    pub(crate) fn finish<T>(mut self, value: Option<T>) -> Result<T, Problems> {
        if self.list.is_empty() {
            return Ok(value.expect("a reader that gives no value has said why"));
        }
        self.list.sort_by_key(|problem| problem.span.offset);
        self.list.truncate(MAX_PROBLEMS);
        Err(Problems {
            source: self.source,
            list: self.list,
        })
    }
}
