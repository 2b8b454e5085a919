//! Many independent pieces of work on the machine's processors, with a count on stderr; results in the order of the work.

use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::output::Output;

/// Does each piece of work on `jobs` threads, one a processor where nothing is said. The order of the results is that of
/// the work, whoever was ready first.
pub(crate) fn side_by_side<W: Sync, R: Send>(
    work: &[W],
    jobs: Option<NonZeroUsize>,
    what: &str,
    out: &Output,
    one: impl Fn(&W) -> R + Sync,
) -> Vec<R> {
    let jobs = jobs
        .or_else(|| std::thread::available_parallelism().ok())
        .map_or(1, NonZeroUsize::get)
        .min(work.len().max(1));
    let next = AtomicUsize::new(0);
    let hundredth = work.len().div_ceil(100).max(1);
    let worker = || {
        let mut done: Vec<(usize, R)> = Vec::new();
        loop {
            let index = next.fetch_add(1, Ordering::Relaxed);
            let Some(piece) = work.get(index) else {
                return done;
            };
            if out.is_live() && index.is_multiple_of(hundredth) {
                out.progress(&format!("\r{index} of {} {what} ", work.len()));
            }
            done.push((index, one(piece)));
        }
    };
    let mut results: Vec<(usize, R)> = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..jobs).map(|_| scope.spawn(worker)).collect();
        workers
            .into_iter()
            .flat_map(|worker| {
                worker
                    .join()
                    .unwrap_or_else(|panic| std::panic::resume_unwind(panic))
            })
            .collect()
    });
    if out.is_live() {
        out.progress(&format!("\r{} of {0} {what}\n", work.len()));
    }
    results.sort_by_key(|(index, _)| *index);
    results.into_iter().map(|(_, result)| result).collect()
}
