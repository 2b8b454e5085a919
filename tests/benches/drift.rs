//! How long the comparison of two sites takes, by how much stands there.
#![expect(
    clippy::disallowed_methods,
    clippy::disallowed_macros,
    reason = "percentiles are measured by the clock on the wall, and printed"
)]

use std::hint::black_box;
use std::time::Instant;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use dr_core::drift::examine;
use dr_tests::twins::{Style, Twins};

/// Resources a site.
const SIZES: [usize; 5] = [100, 1_000, 10_000, 30_000, 100_000];

fn compare(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("drift");
    for size in SIZES {
        let twins = Twins::new(Style::large(size));
        let scan = twins.scan();
        let (estate, direction) = (twins.estate.clone(), twins.direction());
        let resources = scan
            .sites
            .values()
            .map(|site| site.resources.len())
            .max()
            .unwrap_or_default();
        drop(twins);
        let once = || examine(&estate, &direction, black_box(&scan), None).expect("both sites");
        assert!(once().findings.is_empty(), "the pair is in sync");
        let mut times: Vec<_> = (0..if size > 10_000 { 20 } else { 100 })
            .map(|_| {
                let begun = Instant::now();
                black_box(once());
                begun.elapsed()
            })
            .collect();
        times.sort_unstable();
        let at = |percent: usize| times[(times.len() - 1) * percent / 100];
        println!(
            "{resources} resources a site: median {:?}, p95 {:?}",
            at(50),
            at(95)
        );
        group.sample_size(10);
        group.throughput(Throughput::Elements(resources as u64));
        group.bench_function(format!("compare {size} resources a site"), |bencher| {
            bencher.iter(once);
        });
    }
    group.finish();
}

criterion_group!(benches, compare);
criterion_main!(benches);
