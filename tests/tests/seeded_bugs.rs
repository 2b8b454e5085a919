//! Holds the seeded bugs to what there is: each still applies to the code and names a test that exists. That each is caught is
//! what `cargo seeded-bugs` proves, which takes too long to stand here.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use dr_tests::seeded::{self, Bug, Copy, Target, TestName};

fn root() -> &'static Path {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    package
        .parent()
        .expect("the package stands in the workspace")
}

fn bugs() -> Vec<Bug> {
    seeded::bugs(&root().join("tests/bugs")).unwrap_or_else(|error| panic!("{error:#}"))
}

/// The file that a test's module path begins in, and the modules that are left: those within the file.
fn place<'a>(test: &TestName, modules: &[&'a str]) -> Option<(PathBuf, Vec<&'a str>)> {
    let package = match test.package.as_str() {
        "dr-tests" => "tests",
        name => name,
    };
    let (folder, suite) = match &test.target {
        Target::Lib => (root().join(package).join("src"), None),
        Target::Test(suite) => (root().join(package).join("tests"), Some(suite.as_str())),
    };
    (0..=modules.len()).rev().find_map(|known| {
        let (outer, inner) = modules.split_at(known);
        let mut path = folder.clone();
        path.extend(suite);
        path.extend(outer);
        let is_whole = known == 0;
        let candidates = [
            path.with_extension("rs"),
            path.join("mod.rs"),
            path.join(if is_whole { "main.rs" } else { "mod.rs" }),
        ];
        let file = candidates.into_iter().find(|file| file.is_file())?;
        Some((file, inner.to_vec()))
    })
}

/// Whether the source has a test of that name: a function below `#[test]`, in a file that has the modules.
fn has_test(source: &str, inner: &[&str], name: &str) -> bool {
    let begins = format!("fn {name}(");
    let mut before = "";
    let mut is_there = false;
    for line in source.lines().map(str::trim) {
        is_there |= line.starts_with(&begins) && before.starts_with("#[test]");
        if !line.starts_with("#[expect") {
            before = line;
        }
    }
    let has = |module: &&str| source.contains(&format!("mod {module} {{"));
    is_there && inner.iter().all(has)
}

#[test]
fn there_are_bugs_of_every_part_and_no_two_are_the_same() {
    let bugs = bugs();
    assert!(bugs.len() >= 30, "{} bugs", bugs.len());
    let mut changes = BTreeSet::new();
    let mut numbers = BTreeSet::new();
    for bug in &bugs {
        let text = fs::read_to_string(&bug.patch).expect("it was read before");
        let (_, diff) = text.split_once("--- ").expect("it has a diff");
        assert!(
            changes.insert(diff.to_owned()),
            "{} is there twice",
            bug.name
        );
        let number = bug.name.split('-').next().unwrap_or_default();
        assert!(
            number.len() == 2 && numbers.insert(number.to_owned()),
            "{}: its name begins with a number of its own",
            bug.name
        );
    }
    for part in [
        "engine", "host", "journal", "lock", "plan", "lint", "action", "adapter", "report",
        "gameday",
    ] {
        let touched = changes.iter().any(|diff| diff.contains(part));
        assert!(touched, "no bug is in {part}");
    }
}

#[test]
fn every_bug_applies_to_the_code_as_it_is() {
    let broken: Vec<String> = bugs()
        .iter()
        .filter_map(|bug| {
            let why = seeded::applies(root(), &bug.patch).err()?;
            Some(format!("{}: {why}", bug.name))
        })
        .collect();
    assert!(
        broken.is_empty(),
        "make the same mistake in the code as it is now and write the patch again with `git diff -U1`:\n{}",
        broken.join("\n")
    );
}

#[test]
fn every_bug_names_a_test_that_exists() {
    let missing: Vec<String> = bugs()
        .iter()
        .filter(|bug| {
            let mut modules: Vec<&str> = bug.caught_by.name.split("::").collect();
            let name = modules.pop().expect("a name has an end");
            let there = place(&bug.caught_by, &modules).is_some_and(|(file, inner)| {
                let source = fs::read_to_string(file).expect("a source file is UTF-8");
                has_test(&source, &inner, name)
            });
            !there
        })
        .map(|bug| format!("{}: {}", bug.name, bug.caught_by))
        .collect();
    assert!(
        missing.is_empty(),
        "there is no such test; write its new name in the line `Caught-by:`:\n{}",
        missing.join("\n")
    );
}

#[test]
fn the_head_of_a_patch_says_what_it_breaks_and_which_test_notices() {
    let path = Path::new("tests/bugs/01-off-by-one.patch");
    let diff = "--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\n+b\n";
    let head = "Bug: off by one\nBreaks: order\nCaught-by: -p dr-core --lib a::tests::b\n";
    let bug = Bug::read(path, &format!("{head}{diff}")).expect("it is whole");
    assert_eq!(
        (&*bug.name, &*bug.what, &*bug.breaks),
        ("01-off-by-one", "off by one", "order")
    );
    assert_eq!(bug.caught_by.to_string(), "-p dr-core --lib a::tests::b");
    for left_out in head.lines() {
        let text = format!("{head}{diff}").replace(left_out, "");
        assert!(Bug::read(path, &text).is_err(), "without {left_out:?}");
    }
    assert!(Bug::read(path, head).is_err(), "without a diff");
    let elsewhere = head.replace("--lib", "--bench");
    assert!(Bug::read(path, &format!("{elsewhere}{diff}")).is_err());
}

#[test]
fn a_bug_that_is_put_in_and_taken_out_leaves_the_copy_as_it_was() {
    let folder = tempfile::tempdir().expect("a folder for the test");
    let copy = Copy::of(root(), folder.path()).unwrap_or_else(|error| panic!("{error:#}"));
    for bug in bugs().iter().take(3) {
        let files = || -> Vec<String> {
            let patch = fs::read_to_string(&bug.patch).expect("it was read before");
            let names = patch.lines().filter_map(|line| line.strip_prefix("+++ b/"));
            let read = |name| fs::read_to_string(copy.folder().join(name)).expect("it is there");
            names.map(read).collect()
        };
        let before = files();
        assert!(!before.is_empty());
        copy.put_in(bug).unwrap_or_else(|error| panic!("{error:#}"));
        assert_ne!(files(), before, "{}", bug.name);
        assert!(copy.put_in(bug).is_err(), "it is in already");
        copy.take_out(bug)
            .unwrap_or_else(|error| panic!("{error:#}"));
        assert_eq!(files(), before, "{}", bug.name);
    }
}
