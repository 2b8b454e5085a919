//! Holds the layering that `docs/architecture.md` draws, by reading the source.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

/// Which modules each module of `dr-core` may use. A module may use its own layer and those below it.
const LAYERS: [&[&str]; 5] = [
    &["model"],
    &["config", "port"],
    &[
        "adapter",
        "sim",
        "discover",
        "drift",
        "readiness",
        "action",
        "watch",
    ],
    &["runbook"],
    &[
        "access", "backup", "campaign", "gameday", "prove", "report", "rules", "status",
    ],
];

/// Modules that compute and do nothing else.
const PURE: [&str; 14] = [
    "model/",
    "drift/",
    "readiness/",
    "report/",
    "status/",
    "watch/change",
    "watch/found",
    "watch/notice",
    "watch/record",
    "watch/schedule",
    "watch/state",
    "runbook/plan/",
    "runbook/lint/",
    "runbook/engine",
];

/// What pure code does not contain, and why not.
const IMPURE: [(&str, &str); 12] = [
    ("async fn", "async"),
    ("async move", "async"),
    (".await", "async"),
    ("tokio::", "async"),
    ("futures_util::", "async"),
    ("::now()", "the clock"),
    ("Clock", "the clock"),
    ("std::time::SystemTime", "the clock"),
    ("std::fs", "the file system"),
    ("std::net", "the network"),
    ("std::process", "processes"),
    ("rand::", "randomness"),
];

/// No file is longer: past that, nobody reads it.
const LONGEST_FILE: usize = 500;

/// Beginnings of paths that exist on one machine only.
const MACHINE_PATHS: [&str; 5] = ["/home/", "/root/", "/Users/", "/work/", "C:\\"];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("the package stands in the workspace")
        .to_owned()
}

/// The files below `folder` with that extension, sorted, each with its path from `folder`.
fn files(folder: &Path, extension: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(&next).expect("a folder of the workspace can be read") {
            let path = entry.expect("an entry of it can be read").path();
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            if path.is_dir() {
                if !name.starts_with('.') && name != "target" && name != "node_modules" {
                    folders.push(path);
                }
            } else if path.extension().is_some_and(|e| e == extension) {
                let short = path.strip_prefix(folder).expect("it stands below");
                let text = fs::read_to_string(&path).expect("a source file is UTF-8");
                found.push((short.to_string_lossy().into_owned(), text));
            }
        }
    }
    found.sort();
    found
}

/// The source files of `dr-core`.
fn core() -> Vec<(String, String)> {
    let files = files(&root().join("dr-core/src"), "rs");
    assert!(files.len() > 30, "dr-core was found: {} files", files.len());
    files
}

/// The lines of a source without comments and without its tests, numbered from 1. A test may use what its module may not.
fn code(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let tests = text.find("#[cfg(test)]\nmod ").unwrap_or(text.len());
    text[..tests]
        .lines()
        .enumerate()
        .map(|(index, line)| (index + 1, line.split("//").next().unwrap_or_default()))
}

/// Every module of `dr-core` that a source uses, with the line: what follows `crate::` or `dr_core::`, groups included.
fn used_modules(text: &str) -> Vec<(usize, String)> {
    let mut stripped = String::new();
    for (_, line) in code(text) {
        stripped.push_str(line);
        stripped.push('\n');
    }
    let mut used = Vec::new();
    for prefix in ["crate::", "dr_core::"] {
        for (at, _) in stripped.match_indices(prefix) {
            let before = stripped[..at].chars().next_back();
            if before.is_some_and(|c| c.is_alphanumeric() || c == '_' || c == '$') {
                continue;
            }
            let line = stripped[..at].matches('\n').count() + 1;
            let rest = &stripped[at + prefix.len()..];
            for name in first_names(rest) {
                used.push((line, name));
            }
        }
    }
    used
}

/// The first name of a path, or the first names of a group of paths.
fn first_names(rest: &str) -> Vec<String> {
    let name = |text: &str| {
        let text = text.trim_start();
        let end = text.find(|c: char| !(c.is_alphanumeric() || c == '_'));
        text[..end.unwrap_or(text.len())].to_owned()
    };
    let Some(group) = rest.strip_prefix('{') else {
        return vec![name(rest)];
    };
    let mut names = Vec::new();
    let (mut depth, mut start) = (0_usize, 0);
    for (at, c) in group.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => {
                names.push(name(&group[start..at]));
                break;
            }
            '}' => depth -= 1,
            ',' if depth == 0 => {
                names.push(name(&group[start..at]));
                start = at + 1;
            }
            _ => {}
        }
    }
    names.retain(|name| !name.is_empty());
    names
}

fn layer(module: &str) -> Option<usize> {
    LAYERS.iter().position(|layer| layer.contains(&module))
}

fn report(broken: &[String]) -> String {
    let mut text = String::from("the architecture is broken:\n");
    for line in broken {
        let _ = writeln!(text, "  {line}");
    }
    text
}

#[test]
fn no_module_uses_one_of_a_higher_layer() {
    let mut broken = Vec::new();
    for (file, text) in core() {
        if file == "lib.rs" || is_test(&file) {
            continue;
        }
        let module = file.split(['/', '.']).next().unwrap_or_default();
        let Some(own) = layer(module) else {
            broken.push(format!(
                "dr-core/src/{file}: `{module}` stands in no layer: add it to LAYERS in {}",
                file!()
            ));
            continue;
        };
        for (line, used) in used_modules(&text) {
            match layer(&used) {
                Some(other) if other > own => broken.push(format!(
                    "dr-core/src/{file}:{line}: `{module}` uses `{used}`, which is of a higher layer"
                )),
                Some(_) => {}
                None => broken.push(format!(
                    "dr-core/src/{file}:{line}: `{used}` stands in no layer"
                )),
            }
        }
    }
    assert!(broken.is_empty(), "{}", report(&broken));
}

#[test]
fn pure_modules_know_no_clock_disk_network_or_chance() {
    let mut broken = Vec::new();
    let mut pure_files = 0;
    for (file, text) in core() {
        if !PURE.iter().any(|module| file.starts_with(module)) || is_test(&file) {
            continue;
        }
        pure_files += 1;
        for (number, line) in code(&text) {
            for (word, what) in IMPURE {
                if line.contains(word) {
                    broken.push(format!(
                        "dr-core/src/{file}:{number}: `{word}` in a pure module, which knows nothing of {what}"
                    ));
                }
            }
        }
    }
    assert!(pure_files > 20, "pure modules were found: {pure_files}");
    assert!(broken.is_empty(), "{}", report(&broken));
}

fn is_test(file: &str) -> bool {
    file.ends_with("tests.rs") || file.contains("/tests/")
}

#[test]
fn only_its_adapter_knows_the_sdk_of_a_vendor() {
    let mut broken = Vec::new();
    for (file, text) in core() {
        if file.starts_with("adapter/aws") {
            continue;
        }
        for (number, line) in code(&text) {
            if line.contains("aws_sdk_") || line.contains("aws_config::") {
                broken.push(format!(
                    "dr-core/src/{file}:{number}: SDK types stand under adapter/aws only"
                ));
            }
        }
    }
    assert!(broken.is_empty(), "{}", report(&broken));
}

#[test]
fn no_source_file_is_longer_than_somebody_reads() {
    let mut broken = Vec::new();
    for (file, text) in files(&root(), "rs") {
        let lines = text.lines().count();
        if lines > LONGEST_FILE {
            broken.push(format!("{file}: {lines} lines, at most {LONGEST_FILE}"));
        }
    }
    assert!(broken.is_empty(), "{}", report(&broken));
}

#[test]
fn no_document_names_a_path_of_a_machine() {
    let mut broken = Vec::new();
    for extension in ["md", "yaml", "toml"] {
        for (file, text) in files(&root(), extension) {
            for (index, line) in text.lines().enumerate() {
                for path in MACHINE_PATHS.iter().filter(|path| line.contains(**path)) {
                    broken.push(format!("{file}:{}: names {path}", index + 1));
                }
            }
        }
    }
    assert!(broken.is_empty(), "{}", report(&broken));
}

#[test]
fn the_reader_of_use_lines_sees_groups_and_inline_paths_and_neither_comments_nor_tests() {
    let source = "use crate::{action::{A, B}, model::C,\n    port};\n// use crate::sim;\nlet x = crate::config::load();\n\
                  use other_crate::y;\n#[cfg(test)]\nmod tests {\n    use crate::runbook;\n}\n";
    let used: Vec<String> = used_modules(source)
        .into_iter()
        .map(|(line, name)| format!("{line}:{name}"))
        .collect();
    assert_eq!(used, ["1:action", "1:model", "1:port", "4:config"]);
}

/// The text of the first string literal behind each `mark` of a file, without its tests.
fn literals_behind<'a>(text: &'a str, mark: &str) -> Vec<&'a str> {
    let text = text.split("#[cfg(test)]").next().unwrap_or_default();
    text.split(mark)
        .skip(1)
        .filter_map(|rest| {
            // The code is the first argument, or the second behind a severity.
            let (before, rest) = rest.split_once('"')?;
            (before.lines().count() <= 8).then(|| rest.split('"').next())?
        })
        .collect()
}

#[test]
fn every_code_that_refuses_holds_or_fails_a_run_can_be_expected_by_a_game_day() {
    use dr_core::gameday::codes;
    let lists: [&[&str]; 4] = [
        &codes::QUESTIONS,
        &codes::FINDINGS,
        &codes::REFUSALS,
        &codes::FAILURES,
    ];
    let known: Vec<&str> = lists.concat();
    let mut source = String::new();
    for folder in [
        "action",
        "runbook/host",
        "runbook/engine",
        "runbook/plan",
        "port",
        "gameday",
    ] {
        let folder = root().join("dr-core/src").join(folder);
        for (path, text) in files(&folder, "rs") {
            let is_of_source = !path.contains("tests") && path != "codes.rs";
            if !is_of_source {
                continue;
            }
            for mark in ["Finding::blocking(", "Finding::new(", "code: "] {
                for code in literals_behind(&text, mark) {
                    let is_code = code.contains('-') && !code.contains([' ', '{']);
                    let of_documents = ["unknown-site", "game-day-refused"].contains(&code);
                    assert!(
                        !is_code || of_documents || known.contains(&code),
                        "{path}: {code} is in no list of dr-core/src/gameday/codes.rs"
                    );
                }
            }
            source.push_str(&text);
        }
    }
    for code in known {
        let written = source.contains(&format!("\"{code}\""));
        assert!(written, "nothing in the source says {code}");
    }
}
