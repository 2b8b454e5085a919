//! The laboratory: the real `dr`, the real Terraform, a local AWS server; regions that hang, answers that are lost.
//!
//! `cargo test -p dr-tests --features laboratory --test laboratory [-- WORD] [-- --without=WORD]`. The stacks are applied once; each story works on
//! a copy of the server, several at a time.
#![expect(
    clippy::disallowed_methods,
    reason = "a story waits for real servers, by the clock on the wall"
)]

mod allowed;
mod fresh;
mod kill;
mod refuse;
mod region;
mod status;

use std::io::Write as _;
use std::process::ExitCode;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use anyhow::Result;
use dr_tests::laboratory::{Base, Places};

/// Stories that run at a time, for each processor. Most of a story's time is waiting: for leases, health checks, clients;
/// the rest is Terraform's.
const FOR_EACH_PROCESSOR: usize = 2;

type Proof = Box<dyn Fn(&Base) -> Result<()> + Send + Sync>;

/// A story: the sentence that it proves, and how.
struct Told {
    says: String,
    run: Proof,
}

fn told(says: &str, run: fn(&Base) -> Result<()>) -> Told {
    Told {
        says: says.to_owned(),
        run: Box::new(run),
    }
}

fn stories() -> Vec<Told> {
    let mut stories = vec![
        told(
            "a lost region is failed over without it, comes back, and service goes home with empty plans",
            region::lost_and_back,
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
            "a dark region answers nothing, whatever is signed for it",
            fresh::a_dark_region_answers_nothing,
        ),
        told(
            "clients are served where the name leads and writes are taken",
            fresh::clients_are_served_where_writes_are_taken,
        ),
        told(
            "the status is whole right after the stacks were applied, and a dark region costs it seconds",
            status::read_beside_a_dark_region,
        ),
        told("of two operators one wins", refuse::two_operators),
        told(
            "a storm of throttling delays a run and does not end it",
            refuse::throttled,
        ),
        told(
            "a denied call is told with the action that is missing",
            refuse::denied,
        ),
    ];
    stories.extend(kill::stories().into_iter().map(|(says, after)| Told {
        says,
        run: Box::new(move |base| kill::killed_after(base, after)),
    }));
    stories
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (without, with): (Vec<&String>, Vec<&String>) = arguments
        .iter()
        .filter(|argument| *argument != "--list")
        .partition(|argument| argument.starts_with("--without="));
    let stories: Vec<Told> = stories()
        .into_iter()
        .filter(|story| with.iter().all(|word| story.says.contains(word.as_str())))
        .filter(|story| {
            let mut words = without
                .iter()
                .filter_map(|word| word.strip_prefix("--without="));
            !words.any(|word| story.says.contains(word))
        })
        .collect();
    if arguments.iter().any(|argument| argument == "--list") {
        for story in &stories {
            say(&format!("{}: test", story.says));
        }
        return ExitCode::SUCCESS;
    }
    match tell(&stories) {
        Ok(0) => ExitCode::SUCCESS,
        Ok(_) => ExitCode::FAILURE,
        Err(error) => {
            say(&format!("laboratory: {error:?}"));
            ExitCode::FAILURE
        }
    }
}

/// Runs the stories; how many failed.
fn tell(stories: &[Told]) -> Result<usize> {
    let began = Instant::now();
    let base = Base::start(&Places::find()?)?;
    say(&format!(
        "laboratory: the stacks are applied after {} s, {} stories",
        began.elapsed().as_secs(),
        stories.len()
    ));
    let next = AtomicUsize::new(0);
    let failures: Mutex<Vec<(String, String)>> = Mutex::default();
    let processors = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..processors * FOR_EACH_PROCESSOR {
            scope.spawn(|| {
                while let Some(story) = stories.get(next.fetch_add(1, Ordering::Relaxed)) {
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
                            failures.push((story.says.clone(), format!("{error:?}")));
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
