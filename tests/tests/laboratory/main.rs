//! The laboratory: the real `dr`, the real Terraform, a local AWS server; regions that hang, answers that are lost.
//!
//! `cargo test -p dr-tests --features laboratory --test laboratory -- [WORD…] [--short | --measure] [--base=PORT:FOLDER]`. The stacks
//! are applied once, or were by the laboratory that `--base` names; each story works on a copy of the server, several at a time.
//! With `--measure` nothing is told but the measurements, one after the other, and they never are without it.
#![expect(
    clippy::disallowed_methods,
    reason = "a story waits for real servers, by the clock on the wall"
)]

mod allowed;
mod drift;
mod end;
mod fence;
mod fresh;
mod kill;
mod lost;
mod measure;
mod refuse;
mod region;
mod status;

use std::io::Write as _;
use std::process::ExitCode;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use anyhow::{Context, Result};
use dr_tests::laboratory::{Base, Places};

/// Stories that run at a time, for each processor. Most of a story's time is waiting: for leases, for the locks of dead operators, for
/// health checks and clients; the rest is Terraform's.
const FOR_EACH_PROCESSOR: usize = 3;

/// A story: the sentence that it proves, and how.
struct Told {
    says: &'static str,
    run: fn(&Base) -> Result<()>,
    /// It takes ten minutes and more, and is about what a shorter one is about.
    is_long: bool,
    /// It says how fast something is, and wants the machine for itself.
    measures: bool,
}

const fn told(says: &'static str, run: fn(&Base) -> Result<()>) -> Told {
    Told {
        says,
        run,
        is_long: false,
        measures: false,
    }
}

const fn measured(says: &'static str, run: fn(&Base) -> Result<()>) -> Told {
    Told {
        measures: true,
        ..told(says, run)
    }
}

const fn long(says: &'static str, run: fn(&Base) -> Result<()>) -> Told {
    Told {
        is_long: true,
        ..told(says, run)
    }
}

fn stories() -> Vec<Told> {
    // The longest first, so that nobody waits for one that was begun last.
    vec![
        told(
            "a lost region is failed over without it, comes back, and service goes home with empty plans",
            region::lost_and_back,
        ),
        long(
            "dr killed at six more changes of a failover is gone on with from the bucket alone",
            kill::in_between,
        ),
        long(
            "dr killed seven times while a returned region is made the standby is gone on with from the bucket alone",
            kill::after_the_return,
        ),
        long(
            "dr killed six times on the way home is gone on with from the bucket alone",
            kill::on_the_way_home,
        ),
        told(
            "dr killed six times all over a failover is gone on with from the bucket alone",
            kill::all_over_a_failover,
        ),
        told(
            "each change of a failover and of the way back to protection whose answer is lost is made once",
            lost::answers_on_the_way_out,
        ),
        told(
            "the stacks plan empty right after they were applied",
            fresh::plans_are_empty,
        ),
        told(
            "a fault does to a call what its rule says",
            fresh::faults_do_what_they_say,
        ),
        told(
            "a call whose answer is lost had its effect, and a refused one had none",
            fresh::a_lost_answer_had_its_effect,
        ),
        told(
            "a caller that is killed is dead with all that it started, and its change is made or not as the rule says",
            fresh::a_killed_caller_is_dead,
        ),
        told(
            "a dark region answers nothing, whatever is signed for it",
            fresh::a_dark_region_answers_nothing,
        ),
        told(
            "clients are served where the name leads and writes are taken",
            fresh::clients_are_served_where_writes_are_taken,
        ),
        told(
            "what is changed by hand at the standby is found by the right rule, and nothing else is",
            drift::changes_by_hand_are_found,
        ),
        told(
            "a comparison that could not read everything never says in sync",
            drift::what_was_not_read_is_not_in_sync,
        ),
        told(
            "the status is whole right after the stacks were applied, and a dark region costs it seconds",
            status::read_beside_a_dark_region,
        ),
        told(
            "the fence that a lost region has left is applied by dr watch when it is back, and nothing else is",
            fence::applied_by_the_watcher,
        ),
        told("of two operators one wins", refuse::two_operators),
        told(
            "a storm of throttling delays a run and does not end it",
            refuse::throttled,
        ),
        told(
            "a denied call is told with the action and the statement that are missing",
            refuse::denied,
        ),
        measured(
            "a scan of 1,000 snapshots asks for pages and not for each of them",
            measure::a_thousand_snapshots,
        ),
        measured(
            "the shipped stacks are compared within the limits, beside Terraform's refresh",
            measure::the_shipped_stacks,
        ),
        measured(
            "500 resources a site are compared within the limits, beside Terraform's refresh",
            measure::five_hundred_resources,
        ),
    ]
}

/// What the command line asks for.
#[derive(Default)]
struct Asked {
    /// Only stories whose sentence has each of these.
    with: Vec<String>,
    /// No long story.
    short: bool,
    /// Only what measures.
    measure: bool,
    /// Only to be listed.
    list: bool,
    /// `PORT:FOLDER` of a server that another process keeps (`cargo aws-lab`).
    base: Option<String>,
}

impl Asked {
    fn of(arguments: impl Iterator<Item = String>) -> Self {
        let mut asked = Self::default();
        for argument in arguments {
            if argument == "--list" {
                asked.list = true;
            } else if argument == "--short" {
                asked.short = true;
            } else if argument == "--measure" {
                asked.measure = true;
            } else if let Some(base) = argument.strip_prefix("--base=") {
                asked.base = Some(base.to_owned());
            } else {
                asked.with.push(argument);
            }
        }
        asked
    }

    fn is_for(&self, story: &Told) -> bool {
        let has = |word: &String| story.says.contains(word.as_str());
        self.with.iter().all(has)
            && !(self.short && story.is_long)
            && self.measure == story.measures
    }

    fn base(&self) -> Result<Base> {
        let places = Places::find()?;
        // Before minutes are spent on the stacks.
        places.dr()?;
        let Some(kept) = &self.base else {
            return Base::start(&places);
        };
        let (port, folder) = kept.split_once(':').context("--base=PORT:FOLDER")?;
        Ok(Base::kept(&places, port.parse()?, folder.into()))
    }
}

fn main() -> ExitCode {
    let asked = Asked::of(std::env::args().skip(1));
    let stories: Vec<Told> = stories()
        .into_iter()
        .filter(|story| asked.is_for(story))
        .collect();
    if asked.list {
        for story in &stories {
            say(&format!("{}: test", story.says));
        }
        return ExitCode::SUCCESS;
    }
    match tell(&stories, &asked) {
        Ok(0) => ExitCode::SUCCESS,
        Ok(_) => ExitCode::FAILURE,
        Err(error) => {
            say(&format!("laboratory: {error:?}"));
            ExitCode::FAILURE
        }
    }
}

/// Lets the longer stories, which stand first, have the processors before this one: how long the longest takes is how long all take.
/// What a thread starts inherits its priority.
fn give_way(number: usize) {
    let level = i32::try_from(number.min(5)).unwrap_or_default() * 2;
    // One that was given way for is as fast as it was.
    let _ = rustix::process::setpriority_process(None, level);
}

/// Runs the stories; how many failed.
fn tell(stories: &[Told], asked: &Asked) -> Result<usize> {
    let began = Instant::now();
    let base = asked.base()?;
    say(&format!(
        "laboratory: the stacks are applied after {} s, {} stories",
        began.elapsed().as_secs(),
        stories.len()
    ));
    let next = AtomicUsize::new(0);
    let failures: Mutex<Vec<(&str, String)>> = Mutex::default();
    let processors = std::thread::available_parallelism().map_or(1, usize::from);
    let at_a_time = if asked.measure {
        1
    } else {
        processors * FOR_EACH_PROCESSOR
    };
    std::thread::scope(|scope| {
        for _ in 0..at_a_time {
            scope.spawn(|| {
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    let Some(story) = stories.get(number) else {
                        break;
                    };
                    give_way(number);
                    let began = Instant::now();
                    let result = (story.run)(&base);
                    let took = began.elapsed().as_secs();
                    match result {
                        Ok(()) => say(&format!("ok      {took:>4} s  {}", story.says)),
                        Err(error) => {
                            say(&format!("FAILED  {took:>4} s  {}\n{error:#}", story.says));
                            let mut failures = failures
                                .lock()
                                .expect("no story panics while it holds this");
                            failures.push((story.says, format!("{error:?}")));
                        }
                    }
                }
            });
        }
    });
    let failures = failures
        .into_inner()
        .expect("no story panics while it holds this");
    for (story, why) in &failures {
        say(&format!("\n---- {story}\n{why}"));
    }
    say(&format!(
        "laboratory: {} stories, {} passed, {} failed, {} s",
        stories.len(),
        stories.len() - failures.len(),
        failures.len(),
        began.elapsed().as_secs()
    ));
    Ok(failures.len())
}

fn say(line: &str) {
    let _ = writeln!(std::io::stdout(), "{line}");
}
