//! The course of a story: the acts one after another, those beside them at their moments, and the looks at the steady state.

use std::sync::{Arc, Mutex, PoisonError};

use futures_util::future::{Either, LocalBoxFuture, join3, select};
use futures_util::stream::{FuturesUnordered, StreamExt as _};
use futures_util::{FutureExt as _, pin_mut};
use jiff::Timestamp;

use super::archive;
use super::board::{Board, Noted};
use super::play::{Beat, Stage};
use super::run::{Begun, Desk, Ended};
use super::scenario::{Act, ExpectedEnd, Inject, Scenario, SideAct, Trigger};
use super::scorecard::{ActOutcome, ActScore, InjectScore};
use super::steady::{self, EVERY, SETTLING, SteadyScore, Track};
use super::team::Scripted;
use crate::model::{ClientView, Duration, Ending, Steadiness};
use crate::port::{Clock, People, Ports};
use crate::runbook::host::Stop;
use crate::sim::Operator;

/// How long a person takes to type the same again.
const BETWEEN_TRIES: Duration = Duration::from_secs(30);

/// What came of the course of a story.
pub(super) struct Ends {
    pub(super) acts: Vec<ActScore>,
    pub(super) injects: Vec<InjectScore>,
    pub(super) steady: SteadyScore,
    /// What dr returned last for each runbook.
    pub(super) exits: Vec<(String, Option<u8>)>,
    pub(super) noted: Vec<Noted>,
    /// What clients experienced in the last minute.
    pub(super) clients: Option<ClientView>,
}

/// A story while it is played.
pub(super) struct Course<'a> {
    stage: &'a Stage,
    scenario: &'a Scenario,
    board: Arc<Board>,
    people: Arc<dyn People>,
    clock: Arc<dyn Clock>,
    /// The ports of the one who only looks.
    ports: Ports,
    told: Mutex<Told>,
}

/// What was told so far.
#[derive(Default)]
struct Told {
    acts: Vec<ActScore>,
    injects: Vec<InjectScore>,
    runs: Vec<Begun>,
    exits: Vec<(String, Option<u8>)>,
}

/// How an act ended, and what is said of it.
type Came = (ActOutcome, String);

impl<'a> Course<'a> {
    pub(super) fn new(stage: &'a Stage, scenario: &'a Scenario, director: &Operator) -> Self {
        let clock = stage.simulation.clock();
        let scripted = Arc::new(Scripted::new(clock.clone(), scenario.people.clone()));
        Self {
            stage,
            scenario,
            board: Arc::default(),
            people: stage.team.people(scripted),
            clock,
            ports: director.ports(),
            told: Mutex::default(),
        }
    }

    /// The runs that were planned, in order.
    pub(super) fn runs(&self) -> Vec<Begun> {
        self.tell(|told| told.runs.clone())
    }

    fn tell<T>(&self, change: impl FnOnce(&mut Told) -> T) -> T {
        // Each change is made in one piece.
        change(&mut self.told.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Takes the whole of it.
    pub(super) async fn take(&self) -> Ends {
        let before = self
            .verify("the steady state before", Steadiness::Met)
            .await;
        let begins = self.clock.now();
        let mut track = Track::default();
        if before.0 == ActOutcome::Met {
            track = Box::pin(join3(self.story(), self.beside(begins), self.looks()))
                .await
                .2;
        } else {
            self.board.close();
            // An estate that is not healthy is not rehearsed on.
            self.tell(|told| {
                if let Some(first) = told.acts.first_mut() {
                    first.outcome = ActOutcome::Failed;
                }
            });
        }
        let over = self.clock.now();
        let clients = self
            .ports
            .observers
            .clients(Duration::from_mins(1))
            .await
            .ok();
        let failed = self.tell(|told| {
            told.acts
                .iter()
                .any(|act| act.outcome == ActOutcome::Failed)
        });
        let after = if failed {
            "not read: the story did not come to its end".to_owned()
        } else {
            let expected = self.scenario.steady_after;
            self.verify("the steady state after", expected).await.1
        };
        let noted = self.board.noted();
        self.tell(|told| {
            let mut acts = std::mem::take(&mut told.acts);
            acts.sort_by_key(|act| act.at);
            Ends {
                acts,
                injects: std::mem::take(&mut told.injects),
                steady: track.score(over, before.1, after),
                exits: std::mem::take(&mut told.exits),
                noted,
                clients,
            }
        })
    }

    async fn story(&self) {
        for act in &self.scenario.story {
            if self.is_stopped() {
                let at = self.begins(&act.to_string());
                let said = "a person ended the game day before this".to_owned();
                self.ends(act.to_string(), None, at, (ActOutcome::Failed, said), false);
                break;
            }
            let (outcome, _) = Box::pin(self.act(act, None)).await;
            if outcome == ActOutcome::Failed {
                break;
            }
        }
        self.board.close();
    }

    fn is_stopped(&self) -> bool {
        self.stage.stop.get() != Stop::No
    }

    /// The acts beside the story, each at its moment.
    async fn beside(&self, begins: Timestamp) {
        let acts: FuturesUnordered<LocalBoxFuture<'_, ()>> = self
            .scenario
            .meanwhile
            .iter()
            .map(|side| self.side_act(side, begins).boxed_local())
            .collect();
        acts.collect::<()>().await;
    }

    async fn side_act(&self, side: &SideAct, begins: Timestamp) {
        let comes = self.comes(&side.trigger, begins);
        let over = self.board.until(|seen| seen.over);
        pin_mut!(comes, over);
        if let Either::Left(_) = select(comes, over).await {
            Box::pin(self.act(&side.act, Some(&side.trigger))).await;
            return;
        }
        let now = self.clock.now();
        self.score(ActScore {
            act: side.act.to_string(),
            when: Some(side.trigger.to_string()),
            at: now,
            until: now,
            outcome: ActOutcome::Deviated,
            said: "it never came to this".to_owned(),
            steady_state: false,
        });
    }

    async fn comes(&self, trigger: &Trigger, begins: Timestamp) {
        match trigger {
            Trigger::At(after) => {
                let rest = Duration::between(self.clock.now(), after.after(begins));
                self.clock.sleep(rest).await;
            }
            Trigger::When(moment, after) => {
                self.board.until(|seen| seen.has_come(moment)).await;
                if *after > Duration::ZERO {
                    self.clock.sleep(*after).await;
                }
            }
        }
    }

    /// Looks at the steady state until the story is over.
    async fn looks(&self) -> Track {
        let mut track = Track::default();
        loop {
            let at = self.clock.now();
            let look = steady::verify(self.stage.simulation.estate(), &self.ports, Duration::ZERO);
            track.add(at, &look.await);
            if self.is_stopped() {
                self.board.stop();
            }
            let over = self.board.until(|seen| seen.over);
            let pause = self.clock.sleep(EVERY);
            pin_mut!(over);
            if let Either::Left(_) = select(over, pause).await {
                return track;
            }
        }
    }

    /// Carries one act out, and tells of it.
    async fn act(&self, act: &Act, trigger: Option<&Trigger>) -> Came {
        let at = self.begins(&act.to_string());
        let came = Box::pin(self.carry_out(act)).await;
        let steady_state = matches!(act, Act::VerifySteadyState);
        self.ends(act.to_string(), trigger, at, came, steady_state)
    }

    /// Reads the steady state, and tells of it.
    async fn verify(&self, what: &str, expected: Steadiness) -> Came {
        let at = self.begins(what);
        let estate = self.stage.simulation.estate();
        let came = match steady::verify(estate, &self.ports, SETTLING).await {
            Ok(said) if expected == Steadiness::Met => (ActOutcome::Met, said),
            Err(said) if expected == Steadiness::NotMet => {
                (ActOutcome::Met, format!("not met, as expected: {said}"))
            }
            Ok(said) | Err(said) => (ActOutcome::Deviated, said),
        };
        self.ends(what.to_owned(), None, at, came, true)
    }

    fn begins(&self, what: &str) -> Timestamp {
        let at = self.clock.now();
        self.stage.audience.told(at, &Beat::Begins(what.to_owned()));
        at
    }

    fn ends(
        &self,
        act: String,
        trigger: Option<&Trigger>,
        at: Timestamp,
        (outcome, said): Came,
        steady_state: bool,
    ) -> Came {
        let until = self.clock.now();
        let beat = Beat::Ended {
            outcome,
            said: said.clone(),
        };
        self.stage.audience.told(until, &beat);
        self.score(ActScore {
            act,
            when: trigger.map(ToString::to_string),
            at,
            until,
            outcome,
            said: said.clone(),
            steady_state,
        });
        (outcome, said)
    }

    fn score(&self, act: ActScore) {
        self.tell(|told| told.acts.push(act));
    }

    async fn carry_out(&self, act: &Act) -> Came {
        let simulation = &self.stage.simulation;
        match act {
            Act::Fault(fault, end) => {
                simulation.inject(fault.clone());
                if let Some((after, end)) = end {
                    simulation.schedule(*after, end.clone());
                }
                (ActOutcome::Done, fault.to_string())
            }
            Act::Wait(duration) => {
                let stopped = self.board.until(|seen| seen.stopped);
                let passes = self.clock.sleep(*duration);
                pin_mut!(stopped);
                match select(passes, stopped).await {
                    Either::Left(_) => (ActOutcome::Done, format!("{duration} passed")),
                    Either::Right(_) => {
                        let said = "a person ended the game day meanwhile";
                        (ActOutcome::Failed, said.to_owned())
                    }
                }
            }
            Act::VerifySteadyState => {
                match steady::verify(simulation.estate(), &self.ports, SETTLING).await {
                    Ok(said) => (ActOutcome::Met, said),
                    Err(said) => (ActOutcome::Deviated, said),
                }
            }
            Act::Kill(person) => {
                self.board.kill(person);
                (ActOutcome::Done, act.to_string())
            }
            Act::Ask(inject) => self.ask(inject).await,
            Act::Run(run) => {
                let person = run.by.as_deref().unwrap_or(self.scenario.driver());
                let desk = self.desk(person);
                let begins = |begun| self.tell(|told| told.runs.push(begun));
                let once = || desk.start(run, begins);
                let again = [Ending::Refused];
                let ended = Box::pin(self.tried(person, run.tries, &again, once)).await;
                self.judged(&run.runbook, ended, &run.expect)
            }
            Act::Resume {
                runbook,
                by,
                tries,
                expect,
            } => {
                let person = by.as_deref().unwrap_or(self.scenario.driver());
                let Some(run) = self.last_run(runbook) else {
                    let said = format!("no run of {runbook} to go on with");
                    return (ActOutcome::Failed, said);
                };
                let desk = self.desk(person);
                let once = || desk.resume(&run);
                let again = [Ending::Refused, Ending::CutOff];
                let ended = Box::pin(self.tried(person, *tries, &again, once)).await;
                self.judged(runbook, ended, expect)
            }
        }
    }

    fn desk(&self, person: &str) -> Desk<'_> {
        Desk {
            stage: self.stage,
            board: &self.board,
            people: self.people.clone(),
            process: self.stage.simulation.operator(person),
        }
    }

    /// The last run of a runbook that was begun.
    fn last_run(&self, runbook: &str) -> Option<Begun> {
        self.runs()
            .into_iter()
            .rev()
            .filter(|begun| begun.runbook == runbook)
            .find(|begun| archive::bytes(&self.stage.simulation, begun).is_ok())
    }

    /// Lets a person type the same again, as long as it ends like this.
    async fn tried<F: Future<Output = Ended>>(
        &self,
        person: &str,
        tries: u32,
        again: &[Ending],
        once: impl Fn() -> F,
    ) -> Ended {
        for _ in 1..tries {
            let ended = self.alive(person, once().boxed_local()).await;
            if !again.contains(&ended.ending) {
                return ended;
            }
            self.clock.sleep(BETWEEN_TRIES).await;
        }
        self.alive(person, once().boxed_local()).await
    }

    /// Lets a person work until the work is done, or the machine dies with all that was under way on it.
    async fn alive(&self, person: &str, work: impl Future<Output = Ended>) -> Ended {
        let lived = self.board.look(|seen| seen.deaths(person));
        let dies = self.board.until(|seen| seen.deaths(person) > lived);
        pin_mut!(work, dies);
        match select(work, dies).await {
            Either::Left((ended, _)) => ended,
            Either::Right(_) => Ended {
                ending: Ending::Killed,
                codes: Vec::new(),
                exit_code: None,
                said: format!("the machine of {person} died with the run on it"),
            },
        }
    }

    fn judged(&self, runbook: &str, ended: Ended, expect: &ExpectedEnd) -> Came {
        self.tell(|told| told.exits.push((runbook.to_owned(), ended.exit_code)));
        let mut wrong = Vec::new();
        if let Some(wanted) = expect.ending.filter(|wanted| *wanted != ended.ending) {
            wrong.push(format!("expected was {}", wanted.name()));
        }
        if let Some(code) = &expect.code
            && !ended.codes.contains(code)
        {
            let got = match ended.codes.as_slice() {
                [] => "none".to_owned(),
                codes => codes.join(", "),
            };
            wrong.push(format!("expected was the code {code}, it is {got}"));
        }
        if let Some(exit) = expect
            .exit_code
            .filter(|exit| Some(*exit) != ended.exit_code)
        {
            let got = ended
                .exit_code
                .map_or_else(|| "none".to_owned(), |code| code.to_string());
            wrong.push(format!("expected was exit code {exit}, it is {got}"));
        }
        if wrong.is_empty() {
            let nothing = *expect == ExpectedEnd::default();
            return match ended.ending {
                Ending::Refused | Ending::CutOff if nothing => (ActOutcome::Failed, ended.said),
                _ if nothing => (ActOutcome::Done, ended.said),
                _ => (ActOutcome::Met, format!("{}, as expected", ended.said)),
            };
        }
        let said = format!("{}; {}", ended.said, wrong.join("; "));
        match ended.ending {
            // What was to come of the run cannot come.
            Ending::Refused | Ending::CutOff if expect.ending != Some(ended.ending) => {
                (ActOutcome::Failed, said)
            }
            _ => (ActOutcome::Deviated, said),
        }
    }

    async fn ask(&self, inject: &Inject) -> Came {
        let at = self.clock.now();
        let answer = self.stage.team.answer(inject).await;
        let took = Duration::between(at, self.clock.now());
        let said = match &answer {
            Some(answer) => format!("answered after {took}: {answer}"),
            None => "nobody was there to answer".to_owned(),
        };
        self.tell(|told| {
            told.injects.push(InjectScore {
                at,
                inject: inject.clone(),
                took: answer.is_some().then_some(took),
                answer,
            });
        });
        (ActOutcome::Done, said)
    }
}
