//! The tree of a file to shapes, field by field, so that all problems are found at once.

use super::diagnostic::{Problem, Report, Span};
use super::suggest;
use super::word::Word;
use super::yaml::{At, Entry, Node, Value};

/// Whose fields are read: what a message calls it, and where it stands.
#[derive(Debug, Clone)]
pub(crate) struct Place {
    pub(crate) what: String,
    pub(crate) span: Span,
}

impl Place {
    const FILE: &str = "the file";

    pub(crate) fn new(what: impl Into<String>, span: Span) -> Self {
        let what = what.into();
        Self { what, span }
    }

    /// The whole of a file.
    pub(crate) fn file() -> Self {
        Self::new(Self::FILE, Span::START)
    }

    /// A key in it.
    fn inside(&self, key: &At<String>) -> Self {
        let what = match self.what.as_str() {
            Self::FILE => format!("`{}`", key.value),
            whole => format!("`{}` of {whole}", key.value),
        };
        Self::new(what, key.span)
    }
}

/// What can be read from a part of the tree. `None` when it could not be read; the reason is in the report then.
pub(crate) trait FromNode: Sized {
    /// What a message calls it where it is one of a list: `a step`.
    const ITEM: &str;

    /// Reads it.
    fn from_node(node: &Node, place: &Place, report: &mut Report) -> Option<Self>;
}

impl<T: Word> FromNode for At<T> {
    const ITEM: &str = "a word";

    fn from_node(node: &Node, place: &Place, report: &mut Report) -> Option<Self> {
        let Value::Scalar(text) = &node.value else {
            wrong_shape(node, place, "a single value", report);
            return None;
        };
        match T::read(text) {
            Ok(value) => Some(Self {
                value,
                span: node.span,
            }),
            Err(refusal) => {
                report.add(refusal.at(node.span).label(place.what.clone()));
                None
            }
        }
    }
}

impl<T: FromNode> FromNode for Vec<T> {
    const ITEM: &str = "a list";

    fn from_node(node: &Node, place: &Place, report: &mut Report) -> Option<Self> {
        let Value::List(items) = &node.value else {
            wrong_shape(node, place, "a list", report);
            return None;
        };
        let items = items
            .iter()
            .filter_map(|item| {
                let item_place = Place::new(T::ITEM, item.span);
                if matches!(item.value, Value::Null) {
                    missing_value(&item_place, report);
                    return None;
                }
                T::from_node(item, &item_place, report)
            })
            .collect();
        Some(items)
    }
}

/// A map whose keys are known.
pub(crate) trait Shape: Sized {
    /// What a message calls it where it is one of a list: `a step`.
    const ITEM: &str = "an item";

    /// The keys, in the order in which they are best written.
    const KEYS: &[&str];

    /// Reads what they say.
    fn read(fields: &mut Fields<'_, '_>) -> Self;
}

impl<T: Shape> FromNode for T {
    const ITEM: &str = T::ITEM;

    fn from_node(node: &Node, place: &Place, report: &mut Report) -> Option<Self> {
        let mut fields = Fields::open(node, place, Self::KEYS, report)?;
        Some(Self::read(&mut fields))
    }
}

/// The one key of a map that decides which other keys it has: the kind of a component.
pub(crate) fn tag<T: Word>(
    node: &Node,
    place: &Place,
    (key, example): (&str, &str),
    report: &mut Report,
) -> Option<At<T>> {
    let Value::Map(entries) = &node.value else {
        wrong_shape(node, place, &format!("a map with the key `{key}`"), report);
        return None;
    };
    match entries.iter().find(|entry| entry.key.value == key) {
        Some(entry) => {
            let place = place.inside(&entry.key);
            if matches!(entry.node.value, Value::Null) {
                missing_value(&place, report);
                return None;
            }
            At::from_node(&entry.node, &place, report)
        }
        None => {
            let message = format!("{} has no `{key}`", place.what);
            report.add(
                Problem::new("missing-key", place.span, message).help(format!(
                    "add `{example}`; which other keys there are hangs on it"
                )),
            );
            None
        }
    }
}

/// The entries of a map whose keys people choose: the names of sites, components.
///
/// A row whose value could not be read keeps its name, so that what refers to it is not reported as well.
#[derive(Debug)]
pub(crate) struct Rows<K, V> {
    /// The rows whose names could be read.
    pub(crate) list: Vec<(At<K>, Option<V>)>,
    /// How many rows there are, with those whose names could not be read.
    pub(crate) written: usize,
}

impl<K, V> Rows<K, V> {
    /// The rows that could be read.
    pub(crate) fn read(&self) -> impl Iterator<Item = (&At<K>, &V)> {
        self.list
            .iter()
            .filter_map(|(key, value)| Some((key, value.as_ref()?)))
    }
}

impl<K: Word, V: FromNode> Rows<K, V> {
    /// Reads the rows; `what` names one of them in messages: `component`.
    pub(crate) fn from_node(
        node: &Node,
        place: &Place,
        what: &str,
        report: &mut Report,
    ) -> Option<Self> {
        let Value::Map(entries) = &node.value else {
            wrong_shape(node, place, "a map", report);
            return None;
        };
        let list = entries.iter().filter_map(|entry| {
            let row = Place::new(format!("{what} `{}`", entry.key.value), entry.key.span);
            let value = if matches!(entry.node.value, Value::Null) {
                missing_value(&row, report);
                None
            } else {
                V::from_node(&entry.node, &row, report)
            };
            match K::read(&entry.key.value) {
                Ok(key) => {
                    let span = entry.key.span;
                    Some((At { value: key, span }, value))
                }
                Err(refusal) => {
                    report.add(refusal.at(entry.key.span));
                    None
                }
            }
        });
        Some(Self {
            list: list.collect(),
            written: entries.len(),
        })
    }
}

/// The entries of a map whose keys are known.
pub(crate) struct Fields<'a, 'r> {
    place: Place,
    entries: Vec<&'a Entry>,
    /// Keys that are there in some way: without a value, or misspelt. They are reported as that, not as missing.
    spoilt: Vec<&'a str>,
    unknown: bool,
    report: &'r mut Report,
}

impl<'a, 'r> Fields<'a, 'r> {
    /// Opens a map. Keys other than `keys`, and keys without a value, are reported here.
    pub(crate) fn open(
        node: &'a Node,
        place: &Place,
        keys: &[&'static str],
        report: &'r mut Report,
    ) -> Option<Self> {
        let Value::Map(entries) = &node.value else {
            let first = keys.first().copied().unwrap_or("key");
            let wanted = format!("a map, such as `{{ {first}: … }}`");
            wrong_shape(node, place, &wanted, report);
            return None;
        };
        let mut fields = Self {
            place: place.clone(),
            entries: Vec::new(),
            spoilt: Vec::new(),
            unknown: false,
            report,
        };
        for entry in entries {
            fields.admit(entry, keys);
        }
        Some(fields)
    }

    fn admit(&mut self, entry: &'a Entry, keys: &[&'static str]) {
        let key = &entry.key;
        if !keys.contains(&key.value.as_str()) {
            let message = format!("{} has no key `{}`", self.place.what, key.value);
            let mut problem = Problem::new("unknown-key", key.span, message);
            problem.help = suggest::help(&key.value, keys.iter().copied());
            self.report.add(problem);
            self.unknown = true;
            self.spoilt
                .extend(suggest::nearest(&key.value, keys.iter().copied()));
        } else if matches!(entry.node.value, Value::Null) {
            missing_value(&self.place.inside(key), self.report);
            self.spoilt.push(&key.value);
        } else {
            self.entries.push(entry);
        }
    }

    /// Where the map stands, and what it is called.
    pub(crate) fn place(&self) -> &Place {
        &self.place
    }

    /// Where further problems go.
    pub(crate) fn report(&mut self) -> &mut Report {
        self.report
    }

    /// The entry of that key, when it has a value.
    pub(crate) fn entry(&self, key: &str) -> Option<&'a Entry> {
        self.entries
            .iter()
            .copied()
            .find(|entry| entry.key.value == key)
    }

    /// The entries with a known key and a value, in the order of the file.
    pub(crate) fn entries(&self) -> impl Iterator<Item = &'a Entry> {
        self.entries.iter().copied()
    }

    /// Whether every key was known and had a value.
    pub(crate) fn is_sound(&self) -> bool {
        self.spoilt.is_empty() && !self.unknown
    }

    /// What a key says, when it is there.
    pub(crate) fn optional<T: FromNode>(&mut self, key: &str) -> Option<T> {
        let entry = self.entry(key)?;
        let place = self.place.inside(&entry.key);
        T::from_node(&entry.node, &place, self.report)
    }

    /// What a key says; it must be there. The example shows how it is written.
    pub(crate) fn required<T: FromNode>(&mut self, key: &str, example: &str) -> Option<T> {
        self.must_have(key, example);
        self.optional(key)
    }

    /// The rows under a key, which must be there; `what` names one of them in messages.
    pub(crate) fn rows<K: Word, V: FromNode>(
        &mut self,
        key: &str,
        what: &str,
        example: &str,
    ) -> Option<Rows<K, V>> {
        self.must_have(key, example);
        let entry = self.entry(key)?;
        let place = self.place.inside(&entry.key);
        Rows::from_node(&entry.node, &place, what, self.report)
    }

    /// The rows under a key, when it is there.
    pub(crate) fn optional_rows<K: Word, V: FromNode>(
        &mut self,
        key: &str,
        what: &str,
    ) -> Option<Rows<K, V>> {
        let entry = self.entry(key)?;
        let place = self.place.inside(&entry.key);
        Rows::from_node(&entry.node, &place, what, self.report)
    }

    /// Reports a key that is not there.
    fn must_have(&mut self, key: &str, example: &str) {
        if self.entry(key).is_none() && !self.spoilt.contains(&key) {
            let message = format!("{} has no `{key}`", self.place.what);
            self.report.add(
                Problem::new("missing-key", self.place.span, message)
                    .help(format!("add `{example}`")),
            );
        }
    }

    /// Reports a list that has no item.
    pub(crate) fn must_not_be_empty(&mut self, key: &str) {
        if let Some(entry) = self.entry(key)
            && matches!(&entry.node.value, Value::List(items) if items.is_empty())
        {
            let place = self.place.inside(&entry.key);
            let message = format!("{} is an empty list", place.what);
            self.report.add(
                Problem::new("empty-list", place.span, message).help("write at least one item"),
            );
        }
    }
}

fn missing_value(place: &Place, report: &mut Report) {
    let message = format!("{} has no value", place.what);
    report.add(
        Problem::new("missing-value", place.span, message).help("write one, or remove the line"),
    );
}

fn wrong_shape(node: &Node, place: &Place, wanted: &str, report: &mut Report) {
    let found = match &node.value {
        Value::Refused => return,
        Value::Null => "nothing",
        Value::Scalar(_) => "a single value",
        Value::List(_) => "a list",
        Value::Map(_) => "a map",
    };
    let message = format!("{} must be {wanted}, and is {found}", place.what);
    // A list or a map in block style has no text of its own to mark.
    let span = match node.span.length {
        0 if place.span != Span::START => place.span,
        _ => node.span,
    };
    report.add(Problem::new("wrong-shape", span, message));
}
