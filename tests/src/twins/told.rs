//! Many pairs at once, and what a report says of one.

use std::sync::atomic::{AtomicUsize, Ordering};

use dr_core::drift::{Entry, Report};

/// What `play` makes of each number below `end`, in order, on every core.
pub fn side_by_side<T: Send>(end: usize, play: impl Fn(usize) -> T + Sync) -> Vec<T> {
    let next = AtomicUsize::new(0);
    let worker = || {
        let mut done = Vec::new();
        loop {
            let number = next.fetch_add(1, Ordering::Relaxed);
            if number >= end {
                return done;
            }
            done.push((number, play(number)));
        }
    };
    let threads = std::thread::available_parallelism().map_or(2, std::num::NonZero::get);
    let mut all: Vec<(usize, T)> = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..threads).map(|_| scope.spawn(worker)).collect();
        let done = workers.into_iter().map(std::thread::ScopedJoinHandle::join);
        done.flat_map(|part| part.expect("nothing panics"))
            .collect()
    });
    all.sort_by_key(|(number, _)| *number);
    all.into_iter().map(|(_, done)| done).collect()
}

/// What was found, in lines.
pub fn told(report: &Report) -> String {
    let told = report.findings.iter().take(5).map(|entry| {
        let Entry {
            finding,
            attribute,
            paired_by,
            ..
        } = entry;
        format!(
            "\n    {} {} {attribute:?} {}: {paired_by:?}",
            finding.code, finding.subject, finding.message
        )
    });
    told.collect()
}
