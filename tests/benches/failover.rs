//! How many complete simulated failovers a second, on one core; and what a durable journal record costs.

use std::hint::black_box;

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use dr_core::adapter::local::FileLog;
use dr_core::campaign::{Distribution, Setting};
use dr_core::config::builtin;
use dr_core::model::{Duration, Epoch, Mode, RunId};
use dr_core::port::LogStore;
use dr_core::runbook::host::StartOptions;
use dr_core::runbook::{RunStatus, event::Event};
use dr_core::sim::Simulation;
use dr_tests::lab::{self, Lab};

/// Loses the region, fails over, lets the region return, and goes on until the estate is protected again.
fn failover(lab: &Lab) -> RunStatus {
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
    lab.home_returns();
    lab.sim.advance(Duration::from_mins(2));
    let olga = lab.sim.operator("olga");
    let done = lab.resume(&olga, &held.run).expect("no crash");
    done.expect("it is resumed").status()
}

fn simulated_failovers(criterion: &mut Criterion) {
    let healthy = Lab::new(1);
    let world = healthy.sim.snapshot();
    let mut group = criterion.benchmark_group("simulated failover");
    group.throughput(Throughput::Elements(1));
    group.bench_function("lost, failed over, returned, protected again", |bencher| {
        bencher.iter_batched(
            || Lab {
                estate: healthy.estate.clone(),
                sim: Simulation::restore(world.clone()),
                story: std::sync::Arc::default(),
            },
            |lab| assert_eq!(black_box(failover(&lab)), RunStatus::Completed),
            BatchSize::SmallInput,
        );
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
    group.throughput(Throughput::Elements(1));
    let mut seed = 0;
    group.bench_function("one trial of a campaign", |bencher| {
        bencher.iter(|| {
            seed += 1;
            black_box(setting.trial(seed).expect("it is played"))
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
    durable_records
);
criterion_main!(benches);
