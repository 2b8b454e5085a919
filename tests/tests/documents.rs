//! Holds the documents to what there is: every link leads somewhere, every path that is named exists.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

/// What a path in code marks starts with when it is one of the repository.
const ROOTS: [&str; 6] = [
    "dr-core/",
    "dr-cli/",
    "tests/",
    "runbooks/",
    "docs/",
    ".ci/",
];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("the package stands in the workspace")
        .to_owned()
}

/// The documents of the repository: those at its top and those below `docs`, each with its path.
fn documents() -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    let mut folders = vec![(root(), false), (root().join("docs"), true)];
    while let Some((folder, deep)) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("a folder of the repository can be read") {
            let path = entry.expect("an entry of it can be read").path();
            if path.is_dir() {
                if deep {
                    folders.push((path, true));
                }
            } else if path.extension().is_some_and(|extension| extension == "md") {
                let text = fs::read_to_string(&path).expect("a document is UTF-8");
                found.push((path, text));
            }
        }
    }
    found.sort();
    assert!(found.len() > 10, "documents were found: {}", found.len());
    found
}

/// A document's path as people write it.
fn short(document: &Path) -> String {
    let short = document.strip_prefix(root()).unwrap_or(document);
    short.display().to_string()
}

/// The lines outside fenced blocks, numbered from 1.
fn prose(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut fenced = false;
    text.lines().enumerate().filter_map(move |(index, line)| {
        if line.trim_start().starts_with("```") {
            fenced = !fenced;
            return None;
        }
        (!fenced).then_some((index + 1, line))
    })
}

/// The targets of the links of a line that lead to a file: neither to another place of the page nor to the web.
fn targets(line: &str) -> impl Iterator<Item = &str> {
    line.match_indices("](")
        .filter_map(|(at, _)| line[at + 2..].split_once(')'))
        .map(|(target, _)| target.split('#').next().unwrap_or_default())
        .filter(|target| !target.is_empty() && !target.contains("://"))
}

/// The paths of the repository that stand in code marks. A `<placeholder>` ends one.
fn paths(line: &str) -> impl Iterator<Item = &str> {
    line.split('`')
        .skip(1)
        .step_by(2)
        .filter(|code| ROOTS.iter().any(|start| code.starts_with(start)))
        .filter_map(|code| code.split([' ', '<']).next())
        .map(|path| path.trim_end_matches('/'))
}

fn report(broken: &[String]) -> String {
    let mut text = String::from("documents name what is not there:\n");
    for line in broken {
        let _ = writeln!(text, "  {line}");
    }
    text
}

#[test]
fn every_link_between_documents_leads_to_a_file() {
    let mut broken = Vec::new();
    let mut links = 0;
    for (document, text) in documents() {
        let folder = document.parent().expect("a document stands in a folder");
        for (number, line) in prose(&text) {
            for target in targets(line) {
                links += 1;
                if !folder.join(target).exists() {
                    broken.push(format!("{}:{number}: {target}", short(&document)));
                }
            }
        }
    }
    assert!(links > 10, "links were found: {links}");
    assert!(broken.is_empty(), "{}", report(&broken));
}

#[test]
fn every_path_that_a_document_names_exists() {
    let mut broken = Vec::new();
    let mut named = 0;
    for (document, text) in documents() {
        for (number, line) in prose(&text) {
            for path in paths(line) {
                named += 1;
                if !root().join(path).exists() {
                    broken.push(format!("{}:{number}: {path}", short(&document)));
                }
            }
        }
    }
    assert!(named > 5, "paths were found: {named}");
    assert!(broken.is_empty(), "{}", report(&broken));
}

#[test]
fn the_reader_of_documents_sees_links_and_paths_and_no_fenced_blocks() {
    let text = "[a](one.md#part), [b](https://example.org/x) and [c](#here)\n```text\n[d](two.md)\n```\n\
                see `docs/x.md`, `tests/run --quick`, `dr-core/src/action/<verb>.rs` and `docs`\n";
    let lines: Vec<(usize, &str)> = prose(text).collect();
    assert_eq!(lines.len(), 2);
    assert_eq!(targets(lines[0].1).collect::<Vec<_>>(), ["one.md"]);
    assert_eq!(lines[1].0, 5);
    assert_eq!(
        paths(lines[1].1).collect::<Vec<_>>(),
        ["docs/x.md", "tests/run", "dr-core/src/action"]
    );
}

/// All source files of the workspace, one text.
fn sources() -> String {
    let mut text = String::new();
    let mut folders: Vec<PathBuf> = ["dr-core", "dr-cli", "tests"]
        .map(|name| root().join(name))
        .into();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("a folder of the repository can be read") {
            let path = entry.expect("an entry of it can be read").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                text.push_str(&fs::read_to_string(&path).expect("a source file is UTF-8"));
            }
        }
    }
    text
}

/// What stands in code marks on the page of proofs, its blocks of commands included.
fn said_by_the_page_of_proofs() -> Vec<String> {
    let page = fs::read_to_string(root().join("docs/proof.md")).expect("the page of proofs");
    let marks = page.split('`').skip(1).step_by(2);
    let commands = page
        .lines()
        .filter(|line| line.starts_with("cargo ") || line.starts_with("tests/"));
    marks.chain(commands).map(str::to_owned).collect()
}

#[test]
fn every_test_that_the_page_of_proofs_names_exists() {
    let sources = sources();
    let said = said_by_the_page_of_proofs();
    let name = |said: &&String| {
        said.matches('_').count() >= 3 && said.chars().all(|c| c.is_ascii_lowercase() || c == '_')
    };
    let tests: Vec<&String> = said.iter().filter(name).collect();
    assert!(tests.len() > 20, "tests were found: {}", tests.len());
    let missing: Vec<String> = tests
        .into_iter()
        .filter(|test| !sources.contains(&format!("fn {test}(")))
        .cloned()
        .collect();
    assert!(missing.is_empty(), "{}", report(&missing));
}

#[test]
fn every_command_that_the_page_of_proofs_names_can_be_typed() {
    let manifest = fs::read_to_string(root().join("tests/Cargo.toml")).expect("a manifest");
    let aliases = fs::read_to_string(root().join(".cargo/config.toml")).expect("aliases");
    let mut missing = Vec::new();
    let mut commands = 0;
    for command in said_by_the_page_of_proofs() {
        let words: Vec<&str> = command.split_whitespace().collect();
        commands += usize::from(matches!(words.first(), Some(&"cargo" | &"tests/run")));
        for pair in words.windows(2) {
            let there = match pair {
                ["--bin", name] => manifest.contains(&format!("name = \"{name}\"")),
                ["--test", name] => ["tests/tests", "dr-cli/tests"].iter().any(|folder| {
                    let folder = root().join(folder);
                    folder.join(format!("{name}.rs")).exists() || folder.join(name).exists()
                }),
                ["cargo", "run" | "test" | "nextest" | "build"] => true,
                ["cargo", alias] => aliases.contains(&format!("\n{alias} = ")),
                _ => true,
            };
            if !there {
                missing.push(command.clone());
            }
        }
    }
    assert!(commands > 5, "commands were found: {commands}");
    assert!(missing.is_empty(), "{}", report(&missing));
}
