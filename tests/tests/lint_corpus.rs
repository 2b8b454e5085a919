//! Runbooks that are wrong on purpose, and some that are right: each says in its first line what the lint must find, and
//! where.
//!
//! `# expect: CODE LINE:COLUMN …`: exactly these defects, in the order of the file; `# expect: nothing`. A second line
//! `# estate: NAME` names the estate that it is for, in `corpus/lint/estates`; the shipped storefront otherwise.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use dr_core::config::{Problem, Source, builtin, load_estate, template};
use dr_core::model::Estate;
use dr_core::runbook::Runbook;
use dr_core::runbook::lint::lint;

fn corpus() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus/lint")
}

/// The files of a folder of the corpus, by name.
fn files(folder: &str) -> Vec<(String, String)> {
    let mut files: Vec<(String, String)> = fs::read_dir(corpus().join(folder))
        .expect("the corpus is there")
        .map(|entry| entry.expect("an entry can be read").path())
        .map(|path| {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            let text = fs::read_to_string(&path).expect("a runbook is UTF-8");
            (format!("{folder}/{name}"), text)
        })
        .collect();
    files.sort();
    files
}

/// What a line of the head of a file says after `# KEY: `.
fn head<'a>(text: &'a str, key: &str) -> Option<&'a str> {
    let prefix = format!("# {key}: ");
    text.lines()
        .take(2)
        .find_map(|line| line.strip_prefix(prefix.as_str()))
}

fn storefront() -> Estate {
    load_estate(builtin::storefront_estate()).unwrap_or_else(|problems| panic!("{problems}"))
}

fn estate(text: &str) -> Estate {
    let Some(name) = head(text, "estate") else {
        return storefront();
    };
    let path = corpus().join("estates").join(format!("{name}.yaml"));
    let source = Source::new(name, fs::read_to_string(path).expect("the estate is there"));
    load_estate(source).unwrap_or_else(|problems| panic!("{problems}"))
}

fn defects(name: &str, text: &str) -> Vec<Problem> {
    let runbook = Runbook::parse(Source::new(name, text))
        .unwrap_or_else(|problems| panic!("it must parse: {problems}"));
    match lint(&runbook, &estate(text)) {
        Ok(()) => Vec::new(),
        Err(problems) => problems.list,
    }
}

fn places(problems: &[Problem]) -> String {
    let places: Vec<String> = problems
        .iter()
        .map(|p| format!("{} {}:{}", p.code, p.span.line, p.span.column))
        .collect();
    match places.as_slice() {
        [] => "nothing".to_owned(),
        places => places.join(" "),
    }
}

#[test]
fn each_runbook_has_exactly_the_defects_that_it_names_where_it_names_them() {
    let mut wrong = Vec::new();
    for (name, text) in files("bad").into_iter().chain(files("good")) {
        let expected = head(&text, "expect").unwrap_or("a line that says what to expect");
        let found = defects(&name, &text);
        if places(&found) != expected {
            let said: Vec<&str> = found.iter().map(|p| p.message.as_str()).collect();
            wrong.push(format!(
                "{name}\n  expected {expected}\n  found    {}\n  {}",
                places(&found),
                said.join("\n  ")
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_bad_runbooks_are_bad_and_the_good_ones_good() {
    let (bad, good) = (files("bad"), files("good"));
    assert!(bad.len() >= 25 && good.len() >= 5);
    assert!(
        bad.iter()
            .all(|(_, text)| head(text, "expect") != Some("nothing"))
    );
    assert!(
        good.iter()
            .all(|(_, text)| head(text, "expect") == Some("nothing"))
    );
}

#[test]
fn every_code_of_the_manual_of_the_lint_is_found_in_the_corpus_and_no_other() {
    let manual = include_str!("../../dr-core/src/runbook/lint/mod.rs");
    let rows = manual.lines().filter(|line| line.starts_with("//! | `"));
    let documented: BTreeSet<String> = rows
        .flat_map(|row| row.split('`').skip(3).step_by(2))
        .map(str::to_owned)
        .collect();
    let found: BTreeSet<String> = files("bad")
        .iter()
        .flat_map(|(name, text)| defects(name, text))
        .map(|problem| problem.code.to_owned())
        .collect();
    assert_eq!(found, documented);
}

#[test]
fn every_defect_says_what_to_do_about_it() {
    for (name, text) in files("bad") {
        for problem in defects(&name, &text) {
            let help = problem.help.unwrap_or_default();
            assert!(!help.is_empty(), "{name}: {}", problem.code);
            assert!(
                !problem.message.ends_with('.'),
                "{name}: {}",
                problem.message
            );
        }
    }
}

#[test]
fn a_defect_of_some_kinds_of_run_names_them_and_one_of_all_does_not() {
    let said = |file: &str| {
        let (name, text) = files("bad")
            .into_iter()
            .find(|(name, _)| name.contains(file))
            .expect("the corpus has it");
        defects(&name, &text)[0].message.clone()
    };
    assert_eq!(
        said("promotion-in-switchovers-only"),
        "the primary is left and `database` is promoted nowhere: nothing would take writes, in unplanned runs"
    );
    assert_eq!(
        said("promoted-twice-in-rehearsals"),
        "`database` is promoted a second time, in planned rehearsals and unplanned rehearsals"
    );
    assert_eq!(
        said("no-fence"),
        "`database` is promoted while the old primary may still take writes"
    );
}

#[test]
fn the_shipped_runbooks_and_those_of_a_new_estate_have_no_defect() {
    let estate = storefront();
    let shipped = builtin::runbook_names()
        .into_iter()
        .filter_map(builtin::storefront_runbook);
    let new = template::init_files(None)
        .into_iter()
        .filter(|(path, _)| path != "estate.yaml")
        .map(|(path, text)| Source::new(path, text));
    let mut seen = 0;
    for source in shipped.chain(new) {
        let runbook = Runbook::parse(source).unwrap_or_else(|problems| panic!("{problems}"));
        lint(&runbook, &estate).unwrap_or_else(|problems| panic!("{problems}"));
        seen += 1;
    }
    assert_eq!(seen, 4);
}
