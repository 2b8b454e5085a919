//! What is wrong with a file, with the lines that it is about.

use std::fmt;

use dr_core::config::{Problem, Problems, Source};
use miette::{
    Diagnostic, GraphicalReportHandler, GraphicalTheme, LabeledSpan, NamedSource, SourceCode,
};
use serde::Serialize;

use super::style::Style;

/// All problems of a file, each with its snippet, label and help.
pub(crate) fn text(problems: &Problems, style: Style) -> String {
    let theme = if style.has_color() {
        GraphicalTheme::unicode()
    } else {
        GraphicalTheme::unicode_nocolor()
    };
    let handler = GraphicalReportHandler::new_themed(theme)
        .with_width(100)
        .with_links(false);
    let mut text = String::new();
    for problem in &problems.list {
        let snippet = Snippet::new(problem, &problems.source);
        // Writing to a string fails only where a span lies outside of its source; the plain form is always there.
        if handler.render_report(&mut text, &snippet).is_err() {
            text.push_str(&format!("{problems}\n"));
            break;
        }
    }
    text
}

/// A problem for programs.
#[derive(Debug, Serialize)]
pub(crate) struct ProblemJson<'a> {
    code: &'a str,
    message: &'a str,
    file: &'a str,
    line: usize,
    column: usize,
    offset: usize,
    length: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    label: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    help: Option<&'a str>,
}

/// All problems of a file, for programs.
pub(crate) fn json(problems: &Problems) -> impl Iterator<Item = ProblemJson<'_>> {
    problems.list.iter().map(|problem| ProblemJson {
        code: problem.code,
        message: &problem.message,
        file: &problems.source.name,
        line: problem.span.line,
        column: problem.span.column,
        offset: problem.span.offset,
        length: problem.span.length,
        label: problem.label.as_deref(),
        help: problem.help.as_deref(),
    })
}

/// A problem as `miette` wants to see it.
#[derive(Debug)]
struct Snippet<'a> {
    problem: &'a Problem,
    source: NamedSource<String>,
}

impl<'a> Snippet<'a> {
    fn new(problem: &'a Problem, source: &Source) -> Self {
        Self {
            problem,
            source: NamedSource::new(&source.name, source.text.clone()),
        }
    }
}

impl fmt::Display for Snippet<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.problem.message)
    }
}

impl std::error::Error for Snippet<'_> {}

impl Diagnostic for Snippet<'_> {
    fn code<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        Some(Box::new(self.problem.code))
    }

    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        let help = self.problem.help.as_ref()?;
        Some(Box::new(help))
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        Some(&self.source)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        let span = self.problem.span;
        let label = LabeledSpan::new(
            Some(
                self.problem
                    .label
                    .clone()
                    .unwrap_or_else(|| "here".to_owned()),
            ),
            span.offset,
            span.length,
        );
        Some(Box::new(std::iter::once(label)))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use dr_core::config::Span;

    use super::*;

    fn problems(span: Span) -> Problems {
        Problems {
            source: Arc::new(Source {
                name: "estate.yaml".to_owned(),
                text: "estate: storefront\nsitez: {}\n".to_owned(),
            }),
            list: vec![Problem {
                code: "unknown-key",
                message: "unknown key `sitez`".to_owned(),
                span,
                label: None,
                help: Some("did you mean `sites`?".to_owned()),
            }],
        }
    }

    #[test]
    fn a_problem_shows_code_place_line_and_help() {
        let text = text(
            &problems(Span {
                offset: 19,
                length: 5,
                line: 2,
                column: 1,
            }),
            Style::new(false),
        );
        for part in [
            "unknown-key",
            "estate.yaml:2:1",
            "sitez: {}",
            "did you mean `sites`?",
        ] {
            assert!(text.contains(part), "{part} is missing in\n{text}");
        }
    }

    #[test]
    fn a_span_outside_of_the_file_still_tells_the_problem() {
        let text = text(
            &problems(Span {
                offset: 900,
                length: 5,
                line: 90,
                column: 1,
            }),
            Style::new(false),
        );
        assert!(text.contains("unknown key `sitez`"), "{text}");
    }
}
