//! How fast and how polite `dr drift` is, beside Terraform's refresh of the same things in the same run (docs/benchmarks.md).
//!
//! Answers are recorded from the laboratory once and replayed with 40 ms of latency, out of token buckets as AWS documents them
//! (`dr_tests::laboratory::Front`): the server is not what is measured.

use std::collections::BTreeMap;
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use dr_tests::laboratory::{Base, Front, Story, Terms, Told};
use serde_json::Value;

use super::say;

const ROOTS: [&str; 2] = ["us-east-2", "us-west-1"];

/// The stacks of all that `dr drift` reads: zone, records and health checks as well.
const ALL: [&str; 3] = ["us-east-2", "us-west-1", "global"];

/// What else stands in the sites' accounts.
const BULK: &str = "tests/aws/bulk.tf";

/// Between two places of one continent.
const LATENCY: Duration = Duration::from_millis(40);

/// AWS as it is.
const LIMITED: Terms = Terms {
    latency: LATENCY,
    limited: true,
    shared: false,
};

/// AWS as it is while somebody else uses the accounts.
const SHARED: Terms = Terms {
    shared: true,
    ..LIMITED
};

/// AWS without its limits.
const FREE: Terms = Terms {
    limited: false,
    ..LIMITED
};

/// How often `dr` is measured; of the times, the middle one counts.
const ROUNDS: usize = 3;

/// The times of calls are those of their coming, which the way there shifts by some milliseconds: so much of a share is not
/// ours.
const JITTER: f64 = 0.01;

/// What is read of the accounts for what it tells about them, and does not stand in them.
const NO_RESOURCES: [&str; 7] = [
    "sts/account",
    "ec2/zone",
    "ec2/instance-type-offering",
    "rds/orderable-option",
    "servicequotas/quota",
    "terraform/state",
    "terraform/resource",
];

/// A program that was run to its end.
struct Run {
    took: Duration,
    told: Told,
}

impl Run {
    fn of(front: &Front, terms: Terms, mut command: Command, codes: &[i32]) -> Result<Self> {
        command.env(
            "AWS_ENDPOINT_URL",
            format!("http://127.0.0.1:{}", front.port()),
        );
        front.set(terms);
        let began = Instant::now();
        let ended = command.output()?;
        let took = began.elapsed();
        let told = front.told();
        ensure!(
            ended
                .status
                .code()
                .is_some_and(|code| codes.contains(&code)),
            "{command:?} ended with {}:\n{}\n{}",
            ended.status,
            String::from_utf8_lossy(&ended.stdout),
            String::from_utf8_lossy(&ended.stderr)
        );
        Ok(Self { took, told })
    }

    fn refused(&self) -> usize {
        self.told.calls.iter().filter(|call| call.refused).count()
    }

    /// One line of a report.
    fn tell(&self, what: &str) {
        let (bucket, share) = self.told.largest_share().unwrap_or_default();
        let new = self
            .told
            .calls
            .iter()
            .filter(|call| !call.replayed && !call.refused);
        say(&format!(
            "        {what}: {:.2} s, {} calls, {} refused, {:.0} % of {bucket}, {} not replayed",
            self.took.as_secs_f64(),
            self.told.calls.len(),
            self.refused(),
            share * 100.0,
            new.count()
        ));
    }

    /// The calls of each service, both regions together.
    fn tell_services(&self) {
        let mut of_service: BTreeMap<&str, usize> = BTreeMap::new();
        for call in &self.told.calls {
            let bucket = call.bucket.split('/').nth(1).unwrap_or_default();
            let service = bucket.split(':').next().unwrap_or_default();
            *of_service.entry(service).or_default() += 1;
        }
        let counts: Vec<String> = of_service
            .into_iter()
            .map(|(service, calls)| format!("{service} {calls}"))
            .collect();
        say(&format!("        calls: {}", counts.join(", ")));
    }

    /// What is promised of each run of `dr`: it only reads, is never refused, and takes a quarter of each bucket.
    fn is_polite(&self) -> Result<()> {
        let changes: Vec<_> = self.told.calls.iter().filter(|call| !call.reads).collect();
        ensure!(changes.is_empty(), "it only reads: {changes:?}");
        ensure!(self.refused() == 0, "{} calls were refused", self.refused());
        let (bucket, share) = self.told.largest_share().unwrap_or_default();
        ensure!(
            share <= 0.25 + JITTER,
            "{:.1} % of {bucket} taken",
            share * 100.0
        );
        Ok(())
    }
}

/// Everything that stands in the accounts, as `dr discover` tells it. Records the answers on the way.
fn standing(story: &Story, front: &Front) -> Result<Vec<Value>> {
    front.set(Terms::default());
    let ended = story
        .command(&["discover", "--output", "json"])
        .env(
            "AWS_ENDPOINT_URL",
            format!("http://127.0.0.1:{}", front.port()),
        )
        .output()?;
    ensure!(
        ended.status.success(),
        "{}",
        String::from_utf8_lossy(&ended.stderr)
    );
    let scan: Value = serde_json::from_slice(&ended.stdout).context("no JSON")?;
    let sites = scan["sites"].as_object().context("sites")?.values();
    let parts = sites.chain([&scan["global"]]);
    let resources = parts.flat_map(|part| part["resources"].as_array().into_iter().flatten());
    let resources = resources.filter(|one| !NO_RESOURCES.iter().any(|kind| one["kind"] == *kind));
    Ok(resources.cloned().collect())
}

fn refresh(story: &Story, root: &str) -> Command {
    let mut command = story.terraform(root);
    command.args(["plan", "-refresh-only", "-lock=false", "-detailed-exitcode"]);
    command
}

fn drift(story: &Story) -> Command {
    story.command(&["drift", "--output", "json"])
}

/// In sync, or something differs: what could not be read would be another code.
const READ: [i32; 3] = [0, 10, 13];
/// As it is in the state, or not.
const REFRESHED: [i32; 2] = [0, 2];

/// `dr drift` and Terraform's refresh of what it reads, by turns; the seconds and the calls of `dr`.
fn side_by_side(story: &Story, front: &Front, terms: Terms, name: &str) -> Result<(f64, usize)> {
    let mut runs = Vec::new();
    for _ in 0..ROUNDS {
        let run = Run::of(front, terms, drift(story), &READ)?;
        run.tell(&format!("dr drift, {name}"));
        run.is_polite()?;
        runs.push(run);
    }
    runs.sort_by_key(|run| run.took);
    let middle = &runs[ROUNDS / 2];
    middle.tell_services();
    let refreshed = |root: &str| {
        let run = Run::of(front, terms, refresh(story, root), &REFRESHED)?;
        run.tell(&format!("terraform plan -refresh-only of {root}, {name}"));
        anyhow::Ok(run.took.as_secs_f64())
    };
    let [one, other, global] = ALL.map(refreshed);
    let sites = one? + other?;
    let all = sites + global?;
    let took = middle.took.as_secs_f64();
    say(&format!(
        "        dr drift {took:.2} s; the refreshes of both sites {sites:.2} s, {:.1} times as long; of all that it reads {all:.2} s, \
         {:.1} times, {name}",
        sites / took,
        all / took
    ));
    Ok((took, middle.told.calls.len()))
}

/// Measures what a story's server holds.
fn compare(story: &Story) -> Result<(f64, f64)> {
    let front = story.front()?;
    let resources = standing(story, &front)?.len();
    let states: usize = ROOTS
        .iter()
        .map(|root| {
            let listed = story.terraform(root).args(["state", "list"]).output()?;
            let listed = String::from_utf8_lossy(&listed.stdout).into_owned();
            Ok(listed
                .lines()
                .filter(|line| !line.contains("data."))
                .count())
        })
        .sum::<Result<usize>>()?;
    say(&format!(
        "        {resources} resources stand in the accounts and behind the names; the states have {states} addresses"
    ));
    for root in ALL {
        Run::of(&front, Terms::default(), refresh(story, root), &REFRESHED)?;
    }
    Run::of(&front, Terms::default(), drift(story), &READ)?;
    side_by_side(story, &front, FREE, "no limits")?;
    let (took, calls) = side_by_side(story, &front, LIMITED, "AWS's limits")?;
    let each = calls as f64 / resources as f64;
    say(&format!("        {each:.3} calls a resource"));
    let shared = Run::of(&front, SHARED, drift(story), &READ)?;
    shared.tell("dr drift, beside another tenant");
    shared.is_polite()?;
    let tenants = shared.told.tenants.values();
    let (served, refused) = tenants.fold((0, 0), |(served, refused), tenant| {
        (served + tenant.served, refused + tenant.refused)
    });
    say(&format!(
        "        the other tenant: {served} served, {refused} refused"
    ));
    ensure!(refused == 0, "the other tenant was refused {refused} times");
    Ok((took, each))
}

pub(super) fn the_shipped_stacks(base: &Base) -> Result<()> {
    let story = base.story("measure-shipped")?;
    for root in ALL {
        run(story.terraform(root).arg("init"))?;
    }
    compare(&story)?;
    Ok(())
}

fn run(command: &mut Command) -> Result<()> {
    let ended = command.output()?;
    ensure!(
        ended.status.success(),
        "{command:?}:\n{}",
        String::from_utf8_lossy(&ended.stderr)
    );
    Ok(())
}

pub(super) fn five_hundred_resources(base: &Base) -> Result<()> {
    let story = base.story("measure-500")?;
    std::thread::scope(|scope| {
        let applied = ROOTS.map(|root| {
            let story = &story;
            scope.spawn(move || {
                story.put(BULK, root)?;
                run(story.terraform(root).arg("init"))?;
                let apply = ["apply", "-auto-approve", "-parallelism=20"];
                run(story.terraform(root).args(apply))
            })
        });
        applied.into_iter().try_for_each(|applied| {
            let ended = applied.join();
            ended.map_err(|_| anyhow::anyhow!("an apply panicked"))?
        })
    })?;
    run(story.terraform("global").arg("init"))?;
    let (took, each) = compare(&story)?;
    ensure!(took <= 8.0, "{took:.2} s");
    ensure!(each <= 0.25, "{each:.3} calls a resource");
    Ok(())
}

pub(super) fn a_thousand_snapshots(base: &Base) -> Result<()> {
    const SNAPSHOTS: usize = 1_000;
    let story = base.story("measure-snapshots")?;
    for number in 0..SNAPSHOTS {
        let body = format!(
            "Action=CreateDBSnapshot&Version=2014-10-31&DBInstanceIdentifier=storefront-database\
             &DBSnapshotIdentifier=nightly-{number}&Tags.Tag.1.Key=number&Tags.Tag.1.Value={number}"
        );
        let answer = story.send("us-east-2/rds", "POST /", &body)?;
        ensure!(answer.status() == Some(200), "{answer:?}");
    }
    let front = story.front()?;
    let resources = standing(&story, &front)?;
    let tagged = resources
        .iter()
        .filter(|one| one["kind"] == "rds/snapshot" && one["tags"]["number"].is_string());
    ensure!(tagged.count() == SNAPSHOTS, "all are read, with their tags");
    let command = story.command(&["discover", "--site", "ohio", "--output", "json"]);
    let run = Run::of(&front, LIMITED, command, &[0])?;
    run.tell("dr discover of one site with 1,000 snapshots");
    run.is_polite()?;
    let of_rds = run
        .told
        .calls
        .iter()
        .filter(|call| call.bucket.ends_with("/rds"));
    let (pages, others): (Vec<_>, Vec<_>) =
        of_rds.partition(|call| call.operation == "DescribeDBSnapshots");
    say(&format!(
        "        {} calls for the snapshots, {} others of RDS",
        pages.len(),
        others.len()
    ));
    ensure!(pages.len() <= 12, "{} calls for the snapshots", pages.len());
    ensure!(run.took <= Duration::from_secs(5), "{:?}", run.took);
    Ok(())
}
