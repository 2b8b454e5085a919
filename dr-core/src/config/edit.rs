//! Sets values in YAML text and leaves everything else as people wrote it: comments, order, blank lines, style.
//!
//! A value is set at a path of keys. Where a key is missing, it is added behind the last one of its map, in the style of that
//! map. After each edit the text is read again and compared with what was wanted, so that an edit which the text cannot
//! take is an error and never a changed meaning.

use std::fmt::Write as _;

use super::diagnostic::{Problems, Report, Source};
use super::yaml::{self, Node, Value};

/// The longest line that a map is written on.
const WIDTH: usize = 120;

/// A value to be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Plain {
    Word(String),
    List(Vec<String>),
    Map(Vec<(String, Plain)>),
}

/// Why a value could not be set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum EditError {
    /// The text cannot be read.
    Problems(Problems),
    /// It is written in a way that cannot be edited without touching more than the value.
    NotPlain { path: String },
}

/// The text with `value` at `path`; the same text where it stands there already.
pub(crate) fn set(text: &str, path: &[&str], value: &Plain) -> Result<String, EditError> {
    let before = parse(text)?;
    if find(&before, path).is_some_and(|node| plain(node).as_ref() == Some(value)) {
        return Ok(text.to_owned());
    }
    let not_plain = || EditError::NotPlain {
        path: path.join("."),
    };
    let edited = edit(text, &before, path, value).ok_or_else(not_plain)?;
    let after = parse(&edited).map_err(|_| not_plain())?;
    let is_set = find(&after, path).is_some_and(|node| plain(node).as_ref() == Some(value));
    let rest_is_same = without(&before, path) == without(&after, path);
    if is_set && rest_is_same {
        Ok(edited)
    } else {
        Err(not_plain())
    }
}

/// Whether something stands at `path`. False of a text that cannot be read.
pub(crate) fn has(text: &str, path: &[&str]) -> bool {
    parse(text).is_ok_and(|root| find(&root, path).is_some())
}

fn parse(text: &str) -> Result<Node, EditError> {
    let mut report = Report::new(Source::new("edited", text));
    let node = yaml::parse(&mut report);
    report.finish(node).map_err(EditError::Problems)
}

fn find<'a>(node: &'a Node, path: &[&str]) -> Option<&'a Node> {
    let Some((key, rest)) = path.split_first() else {
        return Some(node);
    };
    let Value::Map(entries) = &node.value else {
        return None;
    };
    let entry = entries.iter().find(|entry| entry.key.value == *key)?;
    find(&entry.node, rest)
}

/// What a node says; `None` where it says nothing, or holds what is never written here.
fn plain(node: &Node) -> Option<Plain> {
    Some(match &node.value {
        Value::Null | Value::Refused => return None,
        Value::Scalar(text) => Plain::Word(text.clone()),
        Value::List(items) => Plain::List(
            items
                .iter()
                .map(|item| match &item.value {
                    Value::Scalar(text) => Some(text.clone()),
                    _ => None,
                })
                .collect::<Option<_>>()?,
        ),
        Value::Map(entries) => Plain::Map(
            entries
                .iter()
                .map(|entry| Some((entry.key.value.clone(), plain(&entry.node)?)))
                .collect::<Option<_>>()?,
        ),
    })
}

/// What a tree says besides what stands at `path`, as text to compare. Maps that are empty without it are left out.
fn without(node: &Node, path: &[&str]) -> String {
    let mut text = String::new();
    tell(node, Some(path), &mut text);
    text
}

fn tell(node: &Node, hidden: Option<&[&str]>, text: &mut String) {
    match &node.value {
        Value::Null => text.push('~'),
        Value::Refused => text.push('!'),
        Value::Scalar(word) => {
            let _ = write!(text, "{word:?}");
        }
        Value::List(items) => {
            text.push('[');
            for item in items {
                tell(item, None, text);
                text.push(',');
            }
            text.push(']');
        }
        Value::Map(entries) => {
            for entry in entries {
                let below = hidden.and_then(|path| match path {
                    [key, rest @ ..] if *key == entry.key.value => Some(rest),
                    _ => None,
                });
                if below == Some(&[]) {
                    continue;
                }
                let mut inner = String::new();
                tell(&entry.node, below, &mut inner);
                if below.is_none() || !inner.is_empty() {
                    let _ = write!(text, "{:?}:{{{inner}}}", entry.key.value);
                }
            }
        }
    }
}

fn edit(text: &str, root: &Node, path: &[&str], value: &Plain) -> Option<String> {
    let mut node = root;
    for (depth, key) in path.iter().enumerate() {
        let Value::Map(entries) = &node.value else {
            return None;
        };
        match entries.iter().find(|entry| entry.key.value == *key) {
            Some(entry) => node = &entry.node,
            None => {
                let rest = path[depth + 1..].iter().rev();
                let value = rest.fold(value.clone(), |value, key| {
                    Plain::Map(vec![((*key).to_owned(), value)])
                });
                return insert(text, node, key, &value);
            }
        }
    }
    let (start, end) = (node.span.offset, end(text, node)?);
    Some(format!("{}{}{}", &text[..start], flow(value), &text[end..]))
}

/// Adds a key behind the last one of a map.
fn insert(text: &str, map: &Node, key: &str, value: &Plain) -> Option<String> {
    let Value::Map(entries) = &map.value else {
        return None;
    };
    if is_flow(text, map) {
        let written = format!("{}: {}", word(key), flow(value));
        let (at, written) = match entries.last() {
            Some(last) => (end_of(text, last)?, format!(", {written}")),
            None => (map.span.offset + 1, format!(" {written} ")),
        };
        return Some(format!("{}{written}{}", &text[..at], &text[at..]));
    }
    let first = entries.first()?.key.span;
    let indent = first.column - 1;
    let last = end_of(text, entries.last()?)?;
    // Behind a comment on the same line.
    let line_end = text[last..].find('\n').map(|length| last + length + 1);
    let (at, separator) = match line_end {
        Some(at) => (at, ""),
        None => (text.len(), "\n"),
    };
    let lines = block(key, value, indent);
    // What begins at the left edge of a file stands apart from what is before it.
    let blank = if indent == 0 { "\n" } else { "" };
    Some(format!(
        "{}{separator}{blank}{lines}{}",
        &text[..at],
        &text[at..]
    ))
}

fn is_flow(text: &str, node: &Node) -> bool {
    matches!(text.as_bytes().get(node.span.offset), Some(b'{' | b'['))
        && match &node.value {
            Value::Map(entries) => entries
                .first()
                .is_none_or(|entry| entry.key.span.offset > node.span.offset),
            Value::List(items) => items
                .first()
                .is_none_or(|item| item.span.offset > node.span.offset),
            _ => false,
        }
}

/// Where an entry of a map ends.
fn end_of(text: &str, entry: &yaml::Entry) -> Option<usize> {
    match &entry.node.value {
        Value::Null => Some(entry.key.span.offset + entry.key.span.length + 1),
        _ => end(text, &entry.node),
    }
}

/// The first byte behind a node.
fn end(text: &str, node: &Node) -> Option<usize> {
    let last = match &node.value {
        Value::Null | Value::Refused => return None,
        Value::Scalar(_) => return Some(node.span.offset + node.span.length),
        Value::List(items) => items.last().map(|item| end(text, item)),
        Value::Map(entries) => entries.last().map(|entry| end_of(text, entry)),
    };
    let last = match last {
        Some(end) => end?,
        None => node.span.offset + 1,
    };
    if is_flow(text, node) {
        closing(text, last)
    } else {
        Some(last)
    }
}

/// The first byte behind the bracket that closes a list or a map whose last part ends at `from`.
fn closing(text: &str, from: usize) -> Option<usize> {
    let mut comment = false;
    for (at, c) in text.get(from..)?.char_indices() {
        match c {
            '\n' => comment = false,
            _ if comment => {}
            '#' => comment = true,
            '}' | ']' => return Some(from + at + 1),
            ',' => {}
            c if c.is_whitespace() => {}
            _ => return None,
        }
    }
    None
}

/// A key with its value as lines.
fn block(key: &str, value: &Plain, indent: usize) -> String {
    let space = " ".repeat(indent);
    let one = format!("{space}{}: {}\n", word(key), flow(value));
    match value {
        Plain::Map(entries) => {
            let nested = entries
                .iter()
                .any(|(_, value)| matches!(value, Plain::Map(_)));
            if !nested && one.trim_end().chars().count() <= WIDTH {
                return one;
            }
            let mut lines = format!("{space}{}:\n", word(key));
            for (key, value) in entries {
                lines.push_str(&block(key, value, indent + 2));
            }
            lines
        }
        Plain::Word(_) | Plain::List(_) => one,
    }
}

/// A value on one line.
fn flow(value: &Plain) -> String {
    match value {
        Plain::Word(text) => word(text),
        Plain::List(items) => {
            let items: Vec<String> = items.iter().map(|item| word(item)).collect();
            format!("[{}]", items.join(", "))
        }
        Plain::Map(entries) => {
            let entries: Vec<String> = entries
                .iter()
                .map(|(key, value)| format!("{}: {}", word(key), flow(value)))
                .collect();
            format!("{{ {} }}", entries.join(", "))
        }
    }
}

/// A word, in quotes where it could be read as something else.
fn word(text: &str) -> String {
    let is_plain = text.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '/' || c == '_')
        && text
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || "/_.:@+=-".contains(c))
        && !text.ends_with(':')
        && !matches!(text, "null" | "Null" | "NULL");
    if is_plain {
        text.to_owned()
    } else {
        // A JSON string is a YAML one (YAML 1.2, section 5.7: the escapes are a superset).
        serde_json::to_string(text).expect("a string becomes JSON")
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn map(entries: &[(&str, &str)]) -> Plain {
        let entry =
            |(key, value): &(&str, &str)| ((*key).to_owned(), Plain::Word((*value).to_owned()));
        Plain::Map(entries.iter().map(entry).collect())
    }

    fn edited(text: &str, path: &str, value: &Plain) -> String {
        let path: Vec<&str> = path.split('.').collect();
        set(text, &path, value).unwrap()
    }

    #[test]
    fn a_value_is_replaced_where_it_stands() {
        let text = "a: # first\n  b: \"old\"  # why\n  c: { d: x, e: y } # both\n";
        let new = Plain::Word("new".to_owned());
        assert_eq!(
            edited(text, "a.b", &new),
            "a: # first\n  b: new  # why\n  c: { d: x, e: y } # both\n"
        );
        assert_eq!(
            edited(text, "a.c.d", &new),
            "a: # first\n  b: \"old\"  # why\n  c: { d: new, e: y } # both\n"
        );
    }

    #[test]
    fn a_missing_key_is_added_in_the_style_of_its_map() {
        let new = Plain::Word("z".to_owned());
        for (text, path, wanted) in [
            (
                "a:\n  b: x # c\n# end\n",
                "a.n",
                "a:\n  b: x # c\n  n: z\n# end\n",
            ),
            ("a: { b: x } # c\n", "a.n", "a: { b: x, n: z } # c\n"),
            ("a: {}\n", "a.n", "a: { n: z }\n"),
            (
                "a: {\n  b: [1, 2], # c\n}\n",
                "a.n",
                "a: {\n  b: [1, 2], n: z, # c\n}\n",
            ),
            ("a:\n  b: x", "a.n", "a:\n  b: x\n  n: z\n"),
            ("a: x\n", "n", "a: x\n\nn: z\n"),
            ("a:\n  - x\n", "n.m", "a:\n  - x\n\nn: { m: z }\n"),
            (
                "a:\n  b:\n    c: x\n  d: y\n",
                "a.b.n",
                "a:\n  b:\n    c: x\n    n: z\n  d: y\n",
            ),
        ] {
            assert_eq!(edited(text, path, &new), wanted, "{text:?}");
        }
    }

    #[test]
    fn a_map_of_maps_is_written_as_lines_and_a_short_one_on_one_line() {
        let value = Plain::Map(vec![
            ("b".to_owned(), map(&[("c", "1"), ("d", "a: b")])),
            (
                "e".to_owned(),
                Plain::List(vec!["x".to_owned(), "".to_owned()]),
            ),
        ]);
        assert_eq!(
            edited("z: 1\n", "a", &value),
            "z: 1\n\na:\n  b: { c: 1, d: \"a: b\" }\n  e: [x, \"\"]\n"
        );
    }

    #[test]
    fn a_list_is_replaced_whole_in_either_style() {
        let value = Plain::List(vec!["y".to_owned(), "z".to_owned()]);
        assert_eq!(
            edited("a: [x] # c\nb: 1\n", "a", &value),
            "a: [y, z] # c\nb: 1\n"
        );
        assert_eq!(
            edited("a:\n  - x\n  - w\nb: 1\n", "a", &value),
            "a:\n  [y, z]\nb: 1\n"
        );
    }

    #[test]
    fn a_text_that_cannot_be_edited_is_refused_and_not_guessed_at() {
        let new = Plain::Word("z".to_owned());
        let refused = set("a: x\n", &["a", "b"], &new);
        assert_eq!(
            refused,
            Err(EditError::NotPlain {
                path: "a.b".to_owned()
            })
        );
    }

    proptest! {
        #[test]
        fn any_word_is_read_back_as_it_was_written(text in "\\PC{0,12}", flow in any::<bool>()) {
            let file = if flow { "a: { b: x, c: y }\n" } else { "a:\n  b: x\n  c: y\n" };
            let value = Plain::Word(text);
            for key in ["b", "new"] {
                // An edit that is accepted was read back; none of these may be refused.
                prop_assert!(set(file, &["a", key], &value).is_ok());
            }
        }

        #[test]
        fn setting_a_value_twice_is_setting_it_once(words in proptest::collection::vec("[a-z:# ]{0,6}", 0..4)) {
            let value = Plain::List(words);
            let once = set("# top\na:\n  b: x\n", &["a", "n", "m"], &value).unwrap();
            prop_assert_eq!(set(&once, &["a", "n", "m"], &value).unwrap(), once);
        }
    }
}
