//! How many complete simulated failovers a second, on one core, trials of a campaign and cells of a proof; and what a durable
//! journal record costs.

use std::hint::black_box;

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use dr_core::adapter::local::FileLog;
use dr_core::campaign::{Distribution, Setting};
use dr_core::config::builtin;
use dr_core::model::{Duration, Epoch, Mode, RunId};
use dr_core::port::LogStore;
use dr_core::prove::Matrix;
use dr_core::runbook::host::StartOptions;
use dr_core::runbook::{RunStatus, event::Event};
use dr_core::sim::Simulation;
use dr_tests::lab::{self, Lab};

/// Seeds of the trials that are measured together: one alone may be an easy one.
const SEEDS: std::ops::RangeInclusive<u64> = 1..=50;

/// The region is lost; people notice, read both sites, plan, and carry the runbook out until it holds: clients are served by
/// the other site, and the lost one is awaited.
fn until_it_holds(lab: &Lab) -> RunId {
    lab.lose_home();
    lab.sim.advance(Duration::from_mins(2));
    let outward = lab.estate.outward();
    let held = lab
        .carry_out(
            "failover",
            Mode::Unplanned,
            outward,
            StartOptions::default(),
        )
        .expect("it is begun");
    assert_eq!(held.status(), RunStatus::Held);
    held.run
}

/// Further: the region returns, and the run goes on until the estate is protected again.
fn until_protected(lab: &Lab) {
    let run = until_it_holds(lab);
    lab.home_returns();
    lab.sim.advance(Duration::from_mins(2));
    let olga = lab.sim.operator("olga");
    let done = lab.resume(&olga, &run).expect("no crash");
    assert_eq!(done.expect("it is resumed").status(), RunStatus::Completed);
}

/// Whether the standby takes every write and the outage is over.
fn is_served_by_standby(lab: &Lab) -> bool {
    let truth = lab.sim.truth();
    let standby = [lab.estate.sites[1].id.clone()];
    let writers = &truth.writable_primaries;
    truth.outages.last().is_some_and(|o| o.until.is_some())
        && writers.values().all(|w| *w == standby)
}

fn simulated_failovers(criterion: &mut Criterion) {
    let healthy = Lab::new(1);
    let world = healthy.sim.snapshot();
    let fresh = || Lab {
        estate: healthy.estate.clone(),
        sim: Simulation::restore(world.clone()),
        story: std::sync::Arc::default(),
    };
    let checked = fresh();
    until_it_holds(&checked);
    assert!(is_served_by_standby(&checked));
    let mut group = criterion.benchmark_group("simulated failover");
    group.throughput(Throughput::Elements(1));
    group.bench_function("lost, failed over, held", |bencher| {
        bencher.iter_batched(fresh, |lab| until_it_holds(&lab), BatchSize::SmallInput);
    });
    group.bench_function("lost, failed over, returned, protected again", |bencher| {
        bencher.iter_batched(fresh, |lab| until_protected(&lab), BatchSize::SmallInput);
    });
    group.finish();
}

/// Trials of a campaign as `dr simulate` plays them: a world from nothing, a disaster with what goes wrong besides, a run until
/// it rests for good.
fn drawn_disasters(criterion: &mut Criterion) {
    let declared = Distribution::parse(builtin::disasters()).expect("the shipped one is right");
    let runbook = lab::runbook("failover");
    let setting = Setting::new(lab::storefront(), runbook, Mode::Unplanned, false, declared)
        .expect("the shipped runbook can be put to the test");
    let mut group = criterion.benchmark_group("drawn disaster");
    group.throughput(Throughput::Elements(SEEDS.count() as u64));
    group.bench_function("trials of a campaign", |bencher| {
        bencher.iter(|| {
            for seed in SEEDS {
                black_box(setting.trial(seed).expect("it is played"));
            }
        });
    });
    group.finish();
}

/// Cells of the outage matrix as `dr prove --singles` tries them: the world is there, the outage lasts two hours.
fn single_outages(criterion: &mut Criterion) {
    let lasts = Duration::from_mins(120);
    let runbook = lab::runbook("failover");
    let matrix = Matrix::new(lab::storefront(), runbook, Mode::Unplanned, false, lasts)
        .expect("the shipped runbook can be put to the test");
    let cells = matrix.cells(false);
    let mut group = criterion.benchmark_group("single outage");
    group.throughput(Throughput::Elements(cells.len() as u64));
    group.bench_function("cells of a proof", |bencher| {
        bencher.iter(|| {
            for cell in &cells {
                black_box(matrix.try_out(cell));
            }
        });
    });
    group.finish();
}

fn durable_records(criterion: &mut Criterion) {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let logs = FileLog::new(directory.path());
    let run: RunId = "bench".parse().expect("a name");
    let event = Event::TakenOver {
        by: "olga".to_owned(),
        epoch: Epoch(2),
    };
    let line = serde_json::to_vec(&event).expect("an event is plain data");
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .expect("a runtime");
    let mut seq = 0;
    criterion.bench_function("durable journal record", |bencher| {
        bencher.iter(|| {
            runtime
                .block_on(logs.append(&run, seq, &line))
                .expect("the disk takes it");
            seq += 1;
        });
    });
}

criterion_group!(
    benches,
    simulated_failovers,
    drawn_disasters,
    single_outages,
    durable_records
);
criterion_main!(benches);
