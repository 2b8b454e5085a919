//! YAML text to a small tree that knows where each of its parts stands.
//!
//! The only module that knows the YAML parser: its events, without its data binding, because a binding stops at the first
//! error and the reader of a configuration wants all of them. What makes YAML dangerous is left out: no aliases (so
//! no bombs), no tags, no second document, a bound on size, depth and number of parts. A scalar stays text; what it means
//! is decided where it is read, so `no` and `3.10` are never anything but what was written.

use serde_saphyr::granit_parser::{self as granit, Event, Marker, Parser, ScalarStyle};

use super::diagnostic::{Problem, Report, Span};

/// The largest file that is read, in bytes. The shipped estates have under 10 KiB.
pub(crate) const MAX_BYTES: usize = 256 * 1024;
/// How deep lists and maps may stand in each other. An estate needs 4.
pub(crate) const MAX_DEPTH: usize = 16;
/// How many scalars, lists and maps a file may have.
pub(crate) const MAX_NODES: usize = 10_000;

/// A value and where it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct At<T> {
    pub(crate) value: T,
    pub(crate) span: Span,
}

/// A part of a file and where it stands.
#[derive(Debug)]
pub(crate) struct Node {
    pub(crate) value: Value,
    pub(crate) span: Span,
}

#[derive(Debug)]
pub(crate) enum Value {
    /// Nothing, `~` or `null`.
    Null,
    Scalar(String),
    List(Vec<Node>),
    Map(Vec<Entry>),
    /// What cannot be read, and was reported as such.
    Refused,
}

/// One line of a map.
#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) key: At<String>,
    pub(crate) node: Node,
}

impl Entry {
    /// Key and value, where the value is a scalar on the same line; the key alone otherwise.
    pub(crate) fn span(&self) -> Span {
        let (key, value) = (self.key.span, self.node.span);
        if matches!(self.node.value, Value::Scalar(_)) && key.line == value.line {
            let length = (value.offset + value.length).saturating_sub(key.offset);
            return Span { length, ..key };
        }
        key
    }
}

/// The file's one document. `None` when there is none to go on with; the reason is in the report then.
pub(crate) fn parse(report: &mut Report) -> Option<Node> {
    let source = report.source().clone();
    if source.text.len() > MAX_BYTES {
        let message = format!(
            "the file has {} bytes; at most {MAX_BYTES} are read",
            source.text.len()
        );
        report.add(
            Problem::new("file-too-large", Span::START, message).help("is this the right file?"),
        );
        return None;
    }
    let mut tree = Tree::default();
    let mut options = granit::Options::default();
    options.set_emit_comments(false);
    for next in Parser::new_from_str_with_options(&source.text, options) {
        let stop = match next {
            Ok((event, span)) => tree.take(event, place(&span, &source.text), report),
            Err(error) => Err(syntax_error(&error, &source.text)),
        };
        if let Err(problem) = stop {
            report.add(problem);
            return None;
        }
    }
    match tree.root {
        Some(node) if !matches!(node.value, Value::Null) => Some(node),
        _ => {
            report.add(
                Problem::new("empty-file", Span::START, "the file says nothing")
                    .help("`dr init` writes one to start from"),
            );
            None
        }
    }
}

fn syntax_error(error: &granit::ScanError, text: &str) -> Problem {
    let span = point(error.marker(), text);
    match error.kind() {
        granit::ErrorKind::RecursionLimitExceeded => too_deep(span),
        _ => Problem::new("yaml-syntax", span, format!("not YAML: {}", error.info()))
            .label("the parser stopped here")
            .help("the cause is often on the line before: an unclosed quote, a tab, or a wrong indentation"),
    }
}

fn too_deep(span: Span) -> Problem {
    Problem::new(
        "nested-too-deep",
        span,
        format!("more than {MAX_DEPTH} lists and maps stand in each other here"),
    )
}

fn point(marker: &Marker, text: &str) -> Span {
    Span {
        offset: marker.byte_offset().unwrap_or(0).min(text.len()),
        length: 0,
        line: marker.line().max(1),
        column: marker.col() + 1,
    }
}

fn place(span: &granit::Span, text: &str) -> Span {
    let start = point(&span.start, text);
    let end = point(&span.end, text).offset.max(start.offset);
    // The parser counts the line break after a block as part of it; nobody wants it marked.
    let length = text
        .get(start.offset..end)
        .map_or(0, |marked| marked.trim_end().len());
    Span { length, ..start }
}

/// The tree under construction.
#[derive(Default)]
struct Tree {
    root: Option<Node>,
    open: Vec<Open>,
    nodes: usize,
    documents: usize,
    aliased: bool,
}

/// A list or map whose end has not been met.
enum Open {
    List(Span, Vec<Node>),
    Map(Span, Vec<Entry>, Option<At<String>>),
}

impl Tree {
    /// Takes in one event. An error ends the reading.
    fn take(&mut self, event: Event<'_>, span: Span, report: &mut Report) -> Result<(), Problem> {
        if let Some(tag) = event.tag() {
            report.add(
                Problem::new(
                    "yaml-tag",
                    span,
                    format!("a tag (`{}`) has no meaning here", tag.original()),
                )
                .help("write the plain value"),
            );
        }
        match event {
            Event::DocumentStart(..) => {
                self.documents += 1;
                if self.documents > 1 {
                    return Err(Problem::new(
                        "second-document",
                        span,
                        "a second document begins here",
                    )
                    .help("write one file for each"));
                }
            }
            Event::Scalar(text, style, ..) => {
                let nothing = matches!(&*text, "" | "~" | "null" | "Null" | "NULL");
                let value = if style == ScalarStyle::Plain && nothing && !self.wants_key() {
                    Value::Null
                } else {
                    Value::Scalar(text.into_owned())
                };
                self.add(Node { value, span }, report)?;
            }
            Event::Alias(_) => {
                // One is said for all of them: a file that uses them often uses them everywhere.
                if !std::mem::replace(&mut self.aliased, true) {
                    report.add(
                        Problem::new("yaml-alias", span, "aliases are not read")
                            .help("write the value out, here and wherever else one is used"),
                    );
                }
                let value = Value::Refused;
                self.add(Node { value, span }, report)?;
            }
            Event::SequenceStart(..) => self.begin(Open::List(span, Vec::new()), span)?,
            Event::MappingStart(..) => self.begin(Open::Map(span, Vec::new(), None), span)?,
            Event::SequenceEnd | Event::MappingEnd => self.end(report)?,
            _ => {}
        }
        Ok(())
    }

    fn wants_key(&self) -> bool {
        matches!(self.open.last(), Some(Open::Map(_, _, None)))
    }

    fn begin(&mut self, open: Open, span: Span) -> Result<(), Problem> {
        if self.wants_key() {
            return Err(Problem::new(
                "key-not-a-word",
                span,
                "a list or a map cannot be a key",
            ));
        }
        if self.open.len() == MAX_DEPTH {
            return Err(too_deep(span));
        }
        self.open.push(open);
        Ok(())
    }

    fn end(&mut self, report: &mut Report) -> Result<(), Problem> {
        let node = match self.open.pop() {
            Some(Open::List(span, items)) => Node {
                value: Value::List(items),
                span,
            },
            Some(Open::Map(span, entries, _)) => {
                // In block style it begins with its first key, and has no text of its own to mark.
                let first = entries.first().map(|entry| entry.key.span);
                Node {
                    span: first
                        .filter(|key| key.offset == span.offset)
                        .unwrap_or(span),
                    value: Value::Map(entries),
                }
            }
            None => return Ok(()),
        };
        self.add(node, report)
    }

    fn add(&mut self, node: Node, report: &mut Report) -> Result<(), Problem> {
        self.nodes += 1;
        if self.nodes > MAX_NODES {
            let message = format!("the file has more than {MAX_NODES} parts");
            return Err(Problem::new("file-too-large", node.span, message));
        }
        match self.open.last_mut() {
            None => self.root = Some(node),
            Some(Open::List(_, items)) => items.push(node),
            Some(Open::Map(_, entries, key)) => match (key.take(), node.value) {
                (None, Value::Scalar(value)) => {
                    let span = node.span;
                    *key = Some(At { value, span });
                }
                (None, _) => {
                    let message = "a key must be a word";
                    return Err(Problem::new("key-not-a-word", node.span, message));
                }
                (Some(key), value) => {
                    let span = node.span;
                    let node = Node { value, span };
                    insert(entries, Entry { key, node }, report);
                }
            },
        }
        Ok(())
    }
}

/// Adds an entry; a second one of the same key is reported and dropped.
fn insert(entries: &mut Vec<Entry>, entry: Entry, report: &mut Report) {
    let key = &entry.key;
    match entries.iter().find(|known| known.key.value == key.value) {
        Some(first) => report.add(
            Problem::new(
                "duplicate-key",
                key.span,
                format!("`{}` stands here a second time", key.value),
            )
            .label(format!("first written on line {}", first.key.span.line))
            .help("keep one of the two"),
        ),
        None => entries.push(entry),
    }
}

#[cfg(test)]
mod tests;
