//! Plays one trial.

use std::sync::Arc;

use dr_core::campaign::Crew;
use dr_core::model::Duration;
use dr_core::port::{Decision, People};
use dr_core::runbook::RunStatus;
use dr_core::runbook::host::Unwatched;
use dr_core::sim::people::{Decide, OnCall, Silent};
use dr_core::sim::{CallOutcome, Operator, Simulation, Stopped};
use futures_util::FutureExt;

use super::draw::{Draw, Errand, Mood, Person};
use super::judge::{self, Verdict};
use super::person::{Desk, End, Ends};
use super::scene::Scene;
use dr_core::runbook::plan::Plan;

/// How often those who died are followed by others who may die.
const ROUNDS: usize = 3;
/// From the end of a round until the next, longer than a lease and its margin.
const BETWEEN: Duration = Duration::from_secs(90);
/// How long everything is left alone once it is mended.
const SETTLING: Duration = Duration::from_mins(20);

/// What was seen of a trial.
#[derive(Debug)]
pub struct Trial {
    /// What must never happen and did, each with the name of its rule first.
    pub broken: Vec<String>,
    /// What was seen, and how often: ends of attempts, deaths, faults.
    pub seen: Vec<(String, u64)>,
    /// Follows from everything that happened.
    pub fingerprint: u64,
    /// What happened, where it was asked for.
    pub story: Vec<String>,
}

struct Play<'a> {
    scene: &'a Scene,
    draw: &'a Draw,
    simulation: Simulation,
    ends: Ends,
    broken: Vec<String>,
    deaths: u64,
    calls: u64,
    /// What the store held when it was looked at last.
    stored: judge::Stored,
}

/// Plays the trial of a draw; with its story, when it is asked for.
pub fn play(scenes: &[Scene], draw: &Draw, told: bool) -> Trial {
    let scene = &scenes[draw.scene];
    let mut play = Play {
        scene,
        draw,
        simulation: scene.world(draw.seed),
        ends: Ends::default(),
        broken: Vec::new(),
        deaths: 0,
        calls: 0,
        stored: judge::Stored::new(),
    };
    play.rounds();
    play.mend();
    play.finish();
    let verdict = judge::judge(&play.simulation, &scene.direction.to);
    play.told(verdict, told)
}

impl Play<'_> {
    fn crew(&self, people: Arc<dyn People>) -> Crew {
        Crew {
            simulation: self.simulation.clone(),
            people,
            watcher: Arc::new(Unwatched),
            store_at: self.scene.direction.to.clone(),
        }
    }

    fn people(&self) -> Arc<dyn People> {
        let of = |names: &[&str]| OnCall::new(self.simulation.clock(), names, self.draw.answer);
        let all = ["ada", "grace", "linus"];
        match self.draw.mood {
            Mood::Willing => Arc::new(of(&all)),
            Mood::Alone => Arc::new(of(&all[..1])),
            Mood::Silent => Arc::new(Silent),
            Mood::Aborting => Arc::new(of(&all).deciding(on_failure(Decision::Abort))),
            Mood::Careless => Arc::new(of(&all).deciding(on_failure(Decision::Skip))),
        }
    }

    /// What is drawn happens, and operators act: all at once, then those who follow the dead.
    fn rounds(&mut self) {
        for fault in &self.draw.strike {
            self.simulation.inject(fault.clone());
        }
        if !self.draw.strike.is_empty() {
            self.simulation.advance(self.draw.notice);
        }
        let crew = self.crew(self.people());
        let plan = crew.plan(
            &self.scene.runbook,
            self.scene.mode,
            self.scene.direction.clone(),
        );
        let plan = plan.ok().and_then(Result::ok);
        for mishap in &self.draw.mishaps {
            self.simulation.schedule(mishap.at, mishap.fault.clone());
            if let (Some(lasts), Some(mending)) = (mishap.lasts, mishap.fault.mended_by()) {
                self.simulation.schedule(mishap.at + lasts, mending);
            }
        }
        let mut team = self.draw.team.clone();
        for _ in 0..ROUNDS {
            team = self.round(&crew, team, plan.as_ref());
            if team.is_empty() {
                return;
            }
            self.simulation.advance(BETWEEN);
        }
    }

    /// Lets operators act side by side; who follows those that died.
    fn round(&mut self, crew: &Crew, team: Vec<Person>, plan: Option<&Plan>) -> Vec<Person> {
        let simulation = self.simulation.clone();
        let ends = &self.ends;
        let mut machines = Vec::new();
        let work = team.iter().map(|person| {
            let operator = simulation.operator(person.name);
            if let Some((call, moment)) = person.crash {
                operator.crash_at(call, moment);
            }
            if let Some((call, lasts)) = person.stop_before {
                operator.pause_at(call, lasts);
            }
            machines.push(operator.clone());
            let desk = Desk {
                crew,
                scene: self.scene,
                person: person.clone(),
                operator: operator.clone(),
                shared: plan,
                ends,
            };
            (operator, desk.work().boxed())
        });
        let work = work.collect();
        let results = simulation.run_all(work);
        self.calls += machines.iter().map(Operator::calls_made).sum::<u64>();
        let mut next = Vec::new();
        for (person, result) in team.into_iter().zip(results) {
            match result {
                Ok(()) => {}
                Err(Stopped::TimeBound) => {
                    let text = format!("rests: {} was busy for seven days", person.name);
                    self.broken.push(text);
                }
                Err(Stopped::Crashed) => {
                    self.deaths += 1;
                    let (call, moment) = person.crash.expect("who died was to die");
                    next.push(Person {
                        begins: Duration::ZERO,
                        errand: Errand::Resume,
                        // The next one dies earlier, the third lives.
                        crash: (self.deaths < 3).then_some((call.div_ceil(2), moment)),
                        stop_before: None,
                        interrupt: None,
                        ..person
                    });
                }
            }
        }
        self.look_at_store();
        next
    }

    /// Journals only grow.
    fn look_at_store(&mut self) {
        let now = self.simulation.stored(&self.scene.direction.to);
        self.broken.extend(judge::rewritten(&self.stored, &now));
        self.stored = now;
    }

    /// Everything that can be mended is.
    fn mend(&self) {
        let drawn = self.draw.mishaps.iter().map(|mishap| &mishap.fault);
        for fault in self.draw.strike.iter().chain(drawn) {
            if let Some(mending) = fault.mended_by() {
                self.simulation.inject(mending);
            }
        }
        // What was drawn for later than all came to rest has begun and ended by then.
        self.simulation.advance(Duration::from_mins(60));
        for fault in self.draw.mishaps.iter().map(|mishap| &mishap.fault) {
            if let Some(mending) = fault.mended_by() {
                self.simulation.inject(mending);
            }
        }
        self.simulation.advance(SETTLING);
    }

    /// One operator, undisturbed, with willing people, goes on with what is open: always with a run that was left in the middle,
    /// and with every third of those that wait for people.
    fn finish(&mut self) {
        let names = ["ada", "grace", "linus"];
        let soon = Duration::from_secs(20);
        let people = Arc::new(OnCall::new(self.simulation.clock(), &names, soon));
        let crew = self.crew(people);
        let runs = judge::judge(&self.simulation, &self.scene.direction.to).runs;
        for (run, status) in runs.into_iter().rev() {
            if status.is_over() || status == RunStatus::Held && !self.draw.seed.is_multiple_of(3) {
                continue;
            }
            let zoe = Person {
                name: "zoe",
                begins: Duration::ZERO,
                errand: Errand::Resume,
                run: Some(run),
                crash: None,
                stop_before: None,
                interrupt: None,
                tries: 6,
                stubborn: true,
            };
            self.round(&crew, vec![zoe], None);
        }
    }

    fn told(mut self, verdict: Verdict, told: bool) -> Trial {
        let mut seen: Vec<(String, u64)> = Vec::new();
        let mut count = |what: String, times: usize| {
            seen.push((what, u64::try_from(times).unwrap_or(u64::MAX)));
        };
        let ends = self.ends.take();
        for (_, end) in &ends {
            count(format!("attempt {}", end.word()), 1);
            if let End::Defect(why) = end {
                self.broken.push(format!("defect: {why}"));
            }
        }
        let calls = self.simulation.calls();
        let late = calls.iter().filter(|call| {
            matches!(
                call.outcome,
                CallOutcome::Failed(dr_core::port::ErrorClass::Denied)
            ) && call.effect != dr_core::port::Effect::Read
        });
        count("call refused".to_owned(), late.count());
        count("call".to_owned(), calls.len());
        count("operator".to_owned(), self.draw.team.len());
        count(
            "operator died".to_owned(),
            usize::try_from(self.deaths).unwrap_or(usize::MAX),
        );
        count(format!("scene {}", self.scene.name), 1);
        count(format!("people {:?}", self.draw.mood).to_lowercase(), 1);
        count("run taken over".to_owned(), verdict.taken_over);
        count("journal record".to_owned(), verdict.records);
        let last = verdict.runs.last();
        count(
            format!(
                "end {}",
                last.map_or("nothing begun".to_owned(), |(_, status)| word(status))
            ),
            1,
        );
        for (_, status) in &verdict.runs {
            count(format!("run {}", word(status)), 1);
        }
        let drawn = self.draw.mishaps.iter().map(|mishap| &mishap.fault);
        for fault in self.draw.strike.iter().chain(drawn) {
            count(format!("fault {}", super::class(fault)), 1);
        }
        let stopped = self.draw.team.iter().filter(|p| p.stop_before.is_some());
        count("fault between look and call".to_owned(), stopped.count());
        self.broken.extend(verdict.broken);
        let truth = self.simulation.truth();
        let log = self.simulation.log();
        let heard = format!("{truth:?}{ends:?}{:?}{}", self.broken, calls.len());
        Trial {
            broken: self.broken,
            seen,
            fingerprint: fnv(heard.as_bytes()),
            story: if told {
                log.iter()
                    .map(ToString::to_string)
                    .chain(verdict.said)
                    .chain(ends.iter().map(|end| format!("{end:?}")))
                    .collect()
            } else {
                Vec::new()
            },
        }
    }
}

fn word(status: &RunStatus) -> String {
    format!("{status:?}").to_lowercase()
}

/// They say yes to what people can pass, and this of a step that failed.
fn on_failure(decision: Decision) -> Decide {
    Box::new(move |question| {
        if question.people > 0 {
            Some(Decision::Yes)
        } else {
            Some(decision)
        }
    })
}

/// FNV-1a, 64 bits (Fowler, Noll, Vo).
fn fnv(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}
