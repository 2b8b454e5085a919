//! How long `dr` takes from the call to its end: nothing, the estate read and shown, a whole game day.

use std::process::{Command, Stdio};

use criterion::{Criterion, criterion_group, criterion_main};

fn dr(directory: &std::path::Path, arguments: &[&str]) {
    let status = Command::new(env!("CARGO_BIN_EXE_dr"))
        .args(arguments)
        .current_dir(directory)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .expect("the binary starts");
    assert!(status.success(), "dr {arguments:?}: {status}");
}

fn start_up(criterion: &mut Criterion) {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let mut group = criterion.benchmark_group("dr");
    for (name, arguments) in [
        ("--version", &["--version"][..]),
        ("estate show", &["estate", "show"]),
        (
            "gameday run region-loss",
            &["gameday", "run", "region-loss"],
        ),
    ] {
        group.bench_function(name, |bencher| {
            bencher.iter(|| dr(directory.path(), arguments));
        });
    }
    group.finish();
}

criterion_group!(benches, start_up);
criterion_main!(benches);
