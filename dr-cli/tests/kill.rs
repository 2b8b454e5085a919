//! `kill -9` at a hundred moments and more; whoever comes next, from wherever, ends what was begun.

#![expect(
    clippy::unwrap_used,
    reason = "in a test a failure may end it anywhere"
)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};

use assert_cmd::cargo::cargo_bin;
use serde_json::Value;
use tempfile::TempDir;

/// How many processes are killed. Each run is killed twice: when it is started, and when it is gone on with.
const KILLS: usize = 100;
/// Runs after which the machine is too fast, or too busy, for any to be killed in time.
const RUNS: usize = 500;
/// Lines of the journal of a failover up to its last steps; later ones are not waited for.
const LINES: usize = 22;

/// A store, and an empty directory each time to stand in.
struct Store(TempDir);

impl Store {
    fn command(&self, line: &str) -> (Command, TempDir) {
        let elsewhere = tempfile::tempdir().unwrap();
        let mut command = Command::new(cargo_bin("dr"));
        command
            .args(["--quiet", "--store"])
            .arg(self.0.path())
            .args(line.split_whitespace())
            .env_clear()
            .current_dir(elsewhere.path())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        (command, elsewhere)
    }

    /// Runs to its end; the exit status.
    fn dr(&self, line: &str) -> Option<i32> {
        let (mut command, _elsewhere) = self.command(line);
        command.status().unwrap().code()
    }

    fn json(&self, line: &str) -> Value {
        let (mut command, _elsewhere) = self.command(line);
        let output = command.stdout(Stdio::piped()).output().unwrap();
        serde_json::from_slice(&output.stdout).unwrap()
    }

    fn text(&self, line: &str) -> String {
        let (mut command, _elsewhere) = self.command(line);
        String::from_utf8(command.stdout(Stdio::piped()).output().unwrap().stdout).unwrap()
    }

    fn runs(&self) -> PathBuf {
        self.0.path().join("simulator/runs")
    }

    /// The one run of the store whose journal was begun. Who is killed before that leaves an empty folder.
    fn run(&self) -> Option<String> {
        fs::read_dir(self.runs())
            .ok()?
            .filter_map(Result::ok)
            .find(|entry| journal_lines(&entry.path()) > 0)
            .and_then(|entry| entry.file_name().into_string().ok())
    }

    fn lines(&self) -> usize {
        self.run()
            .map_or(0, |run| journal_lines(&self.runs().join(run)))
    }

    /// Starts `line`, waits until the journal has `lines` more lines and a little longer, and kills it. Whether it lived till then.
    fn kill(&self, line: &str, lines: usize, longer: usize) -> bool {
        let until = self.lines() + lines;
        let (mut command, _elsewhere) = self.command(line);
        let mut child = command.spawn().unwrap();
        let mut waited = 0;
        while is_alive(&mut child) && (self.lines() < until || waited < longer) {
            if self.lines() >= until {
                waited += 1;
            }
            std::thread::yield_now();
        }
        let lived = is_alive(&mut child);
        // It is our own child, and not yet waited for: the number cannot be another's.
        let _ = child.kill();
        child.wait().unwrap();
        lived
    }

    /// What it has come to: how the run stands, who can be written to, how often somebody was promoted, what was broken.
    fn end(&self) -> (Value, Value, usize, Value) {
        let run = self.run().unwrap();
        let shown = self.json(&format!("run show {run} --output json"));
        let truth = self.json("simulator truth --output json");
        let promotions = self
            .text("simulator log")
            .lines()
            .filter(|line| line.contains(": promote "))
            .count();
        (
            shown["status"].clone(),
            truth["truth"]["writable_primaries"].clone(),
            promotions,
            truth["violations"].clone(),
        )
    }
}

fn journal_lines(run: &Path) -> usize {
    fs::read(run.join("journal.jsonl")).map_or(0, |bytes| {
        bytes.iter().filter(|byte| **byte == b'\n').count()
    })
}

fn is_alive(child: &mut Child) -> bool {
    child.try_wait().unwrap().is_none()
}

#[test]
fn a_run_killed_at_any_moment_is_gone_on_with_from_anywhere_and_ends_the_same() {
    let undisturbed = Store(tempfile::tempdir().unwrap());
    assert_eq!(undisturbed.dr("failover --simulate --yes"), Some(21));
    let expected = undisturbed.end();
    assert_eq!((expected.2, &expected.3), (1, &serde_json::json!([])));

    let next = AtomicUsize::new(0);
    let killed = AtomicUsize::new(0);
    let threads = std::thread::available_parallelism().map_or(2, std::num::NonZero::get);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    if number >= RUNS || killed.load(Ordering::Relaxed) >= KILLS {
                        break;
                    }
                    let store = Store(tempfile::tempdir().unwrap());
                    killed.fetch_add(kill_twice(&store, number), Ordering::Relaxed);
                    assert_eq!(store.end(), expected, "number {number}");
                }
            });
        }
    });
    let killed = killed.into_inner();
    assert!(killed >= KILLS, "only {killed} were killed");
}

/// Kills a failover and the one that goes on with it, each at a moment that follows from `number`; then lets it end.
fn kill_twice(store: &Store, number: usize) -> usize {
    let first = number * 7 % LINES;
    let mut killed = usize::from(store.kill(
        "failover --simulate --yes --speed 400",
        first,
        number * 37 % 400,
    ));
    let again = |speed: &str| match store.run() {
        Some(run) => format!("run resume {run}{speed}"),
        None => format!("failover --simulate --yes{speed}"),
    };
    // At least the line of the take-over is written.
    let second = number % 4;
    killed += usize::from(store.kill(&again(" --speed 400"), second, number * 53 % 400));
    assert_eq!(store.dr(&again("")), Some(21), "number {number}");
    killed
}
