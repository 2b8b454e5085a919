//! Files that are wrong on purpose: each says in its first line what must be found in it, and where.
//!
//! `# expect: CODE LINE:COLUMN …`: exactly these problems, in the order of the file.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use dr_core::config::{self, Problem, Source, builtin};
use dr_core::runbook::Runbook;
use proptest::prelude::*;
use proptest::sample::Index;

/// The problems of a text.
type Reader = fn(Source) -> Vec<Problem>;

fn estate(source: Source) -> Vec<Problem> {
    config::load_estate(source).map_or_else(|problems| problems.list, |_| Vec::new())
}

fn runbook(source: Source) -> Vec<Problem> {
    Runbook::parse(source).map_or_else(|problems| problems.list, |_| Vec::new())
}

const FAMILIES: [(&str, Reader); 2] = [("estates", estate), ("runbooks", runbook)];

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn text(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The files of a family, by name.
fn files(family: &str) -> BTreeMap<String, String> {
    let folder = repository().join("tests/corpus").join(family);
    fs::read_dir(folder)
        .expect("the corpus is part of the repository")
        .map(|entry| entry.expect("a folder can be listed"))
        .map(|entry| {
            let name = entry.file_name().to_string_lossy().into_owned();
            (name, text(&entry.path()))
        })
        .collect()
}

/// A page of the reference.
fn page(name: &str) -> String {
    text(&repository().join("docs").join(name))
}

fn places(problems: &[Problem]) -> String {
    let places: Vec<String> = problems
        .iter()
        .map(|p| format!("{} {}:{}", p.code, p.span.line, p.span.column))
        .collect();
    places.join(" ")
}

#[test]
fn each_bad_file_has_exactly_the_problems_that_it_names_where_it_names_them() {
    let mut wrong = Vec::new();
    for (family, read) in FAMILIES {
        for (name, text) in files(family) {
            let first = text.lines().next().unwrap_or_default();
            let expected = first
                .strip_prefix("# expect: ")
                .unwrap_or("nothing")
                .to_owned();
            let found = places(&read(Source::new(&name, text)));
            if found != expected {
                wrong.push(format!(
                    "{family}/{name}\n  expected {expected}\n  found    {found}"
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn each_problem_of_the_corpus_is_explained_in_the_reference() {
    let docs = ["estate.md", "runbooks.md"].map(page).concat();
    for (family, read) in FAMILIES {
        for (name, text) in files(family) {
            for problem in read(Source::new(&name, text)) {
                let code = format!("`{}`", problem.code);
                assert!(
                    docs.contains(&code),
                    "{family}/{name}: {code} is not explained"
                );
            }
        }
    }
}

#[test]
fn the_whole_examples_of_the_reference_are_right() {
    let mut examples = 0;
    for name in ["estate.md", "runbooks.md"] {
        for block in page(name).split("```yaml\n").skip(1) {
            let text = block.split("```").next().unwrap_or_default();
            let read: Reader = match text.split(':').next() {
                Some("estate") => estate,
                Some("runbook") => runbook,
                _ => continue,
            };
            examples += 1;
            assert_eq!(read(Source::new(name, text)), [], "{name}:\n{text}");
        }
    }
    assert_eq!(examples, 2);
}

/// What a slip of hand does to a file.
#[derive(Debug, Clone)]
enum Slip {
    Cut(Index),
    DeleteLine(Index),
    DoubleLine(Index),
    SwapLines(Index, Index),
    Indent(Index, usize),
    Insert(Index, String),
    Replace(Index, char),
}

fn slip() -> impl Strategy<Value = Slip> {
    let index = any::<Index>;
    prop_oneof![
        index().prop_map(Slip::Cut),
        index().prop_map(Slip::DeleteLine),
        index().prop_map(Slip::DoubleLine),
        (index(), index()).prop_map(|(one, other)| Slip::SwapLines(one, other)),
        (index(), 0..8_usize).prop_map(|(line, by)| Slip::Indent(line, by)),
        (index(), "[-:{}\\[\\],&*!|>'\"%@`#?~\t\r\n\u{0}é ]{1,4}")
            .prop_map(|(at, text)| Slip::Insert(at, text)),
        (index(), any::<char>()).prop_map(|(at, with)| Slip::Replace(at, with)),
    ]
}

fn apply(text: &str, slip: &Slip) -> String {
    let mut lines: Vec<String> = text.lines().map(|line| format!("{line}\n")).collect();
    let mut characters: Vec<char> = text.chars().collect();
    if lines.is_empty() {
        return text.to_owned();
    }
    match slip {
        Slip::Cut(at) => characters.truncate(at.index(characters.len())),
        Slip::Insert(at, new) => {
            let at = at.index(characters.len());
            characters.splice(at..at, new.chars());
        }
        Slip::Replace(at, with) => {
            let at = at.index(characters.len());
            characters[at] = *with;
        }
        Slip::DeleteLine(at) => drop(lines.remove(at.index(lines.len()))),
        Slip::DoubleLine(at) => {
            let at = at.index(lines.len());
            lines.insert(at, lines[at].clone());
        }
        Slip::SwapLines(one, other) => {
            let (one, other) = (one.index(lines.len()), other.index(lines.len()));
            lines.swap(one, other);
        }
        Slip::Indent(at, by) => {
            let at = at.index(lines.len());
            lines[at].insert_str(0, &" ".repeat(*by));
        }
    }
    match slip {
        Slip::Cut(_) | Slip::Insert(..) | Slip::Replace(..) => characters.into_iter().collect(),
        _ => lines.concat(),
    }
}

fn shipped(runbook: &str) -> Source {
    builtin::storefront_runbook(runbook).expect("it is shipped")
}

/// What holds of the problems of any text at all.
fn well_formed(text: &str, problems: &[Problem]) -> Result<(), TestCaseError> {
    let mut last = 0;
    for Problem { span, message, .. } in problems {
        prop_assert!(
            text.get(span.offset..span.offset + span.length).is_some(),
            "{span:?}"
        );
        prop_assert!(span.offset >= last, "{message} is out of order");
        prop_assert!(span.line >= 1 && span.column >= 1);
        prop_assert!(!message.ends_with('.'), "{message}");
        last = span.offset;
    }
    Ok(())
}

proptest! {
    #[test]
    fn no_slip_of_hand_makes_a_reader_panic_or_point_outside_the_file(
        slips in proptest::collection::vec(slip(), 1..6),
        file in 0..3_usize,
    ) {
        let (source, read): (_, Reader) = match file {
            0 => (builtin::storefront_estate(), estate),
            1 => (shipped("failover"), runbook),
            _ => (shipped("failback"), runbook),
        };
        let text = slips.iter().fold(source.text, |text, slip| apply(&text, slip));
        well_formed(&text, &read(Source::new("slipped.yaml", &text)))?;
    }

    #[test]
    fn no_text_makes_a_reader_panic_or_point_outside_the_file(text in "(?s).{0,200}") {
        for (_, read) in FAMILIES {
            well_formed(&text, &read(Source::new("noise.yaml", &text)))?;
        }
    }
}
