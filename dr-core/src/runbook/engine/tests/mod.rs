//! What the machine guarantees, whatever the world answers. This file: a plan, and a world of booleans to drive it on.

mod attempts;
mod endings;
mod liveness;
mod people;
mod rules;
mod table;

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use jiff::Timestamp;

use super::*;
use crate::action::{Before, Detail};
use crate::model::*;
use crate::port::{Decision, ErrorClass, PortError};
use crate::runbook::event::{RunStatus, StepStatus};
use crate::runbook::plan::{PLAN_FORMAT, Plan, PlannedStage, PlannedStep, Prediction};

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(1_767_225_600 + seconds).expect("a time in this century")
}

fn id<T: std::str::FromStr>(name: &str) -> T
where
    T::Err: std::fmt::Debug,
{
    name.parse().expect("a name")
}

fn estate() -> Estate {
    let site = |name: &str, region: &str, home_role| Site {
        id: id(name),
        platform: Platform::Aws,
        region: region.parse().expect("a region"),
        home_role,
        access: crate::model::Access::default(),
    };
    Estate {
        name: id("shop"),
        sites: [
            site("ohio", "us-east-2", Role::Primary),
            site("california", "us-west-1", Role::Standby),
        ],
        objectives: Objectives {
            rpo: Duration::from_mins(5),
            rto: Duration::from_mins(30),
        },
        components: BTreeMap::new(),
        write_lease: None,
        steady_state: Vec::new(),
        backups: Vec::new(),
        exceptions: Vec::new(),
        watch: None,
        observers: Vec::new(),
        bindings: crate::model::Bindings::new(),
    }
}

/// `fence | provision, activate | promote | shift | reprotect`
fn plan(mode: Mode) -> Plan {
    let step = |name: &str, verb: Verb, undo: bool| PlannedStep {
        id: id(name),
        pivot: verb.is_pivot(),
        verb,
        site: None,
        timeout: Duration::from_mins(10),
        attempts: 2,
        on_doubt: OnDoubt::Observe,
        expected: Duration::from_mins(1),
        undo: undo.then(|| "takes it back".to_owned()),
        calls: Vec::new(),
    };
    let stage = |name: &str, steps: Vec<PlannedStep>| PlannedStage {
        name: name.to_owned(),
        steps,
    };
    Plan {
        format: PLAN_FORMAT,
        runbook: "failover".to_owned(),
        runbook_digest: String::new(),
        estate: estate(),
        mode,
        rehearsal: false,
        direction: Direction {
            from: id("ohio"),
            to: id("california"),
        },
        stages: vec![
            stage(
                "decide",
                vec![step("approve", Verb::Approve { people: 1 }, false)],
            ),
            stage(
                "fence",
                vec![step("fence", Verb::Fence(FenceTarget::Primary), true)],
            ),
            stage(
                "prepare",
                vec![
                    step("provision", Verb::Provision(id("stack")), true),
                    step("activate", Verb::Activate(id("source")), true),
                ],
            ),
            stage(
                "promote",
                vec![step("promote", Verb::Promote(id("database")), false)],
            ),
            stage(
                "open",
                vec![step("shift", Verb::Shift(id("front-door")), false)],
            ),
            stage(
                "protect",
                vec![step("reprotect", Verb::Reprotect(id("database")), false)],
            ),
        ],
        facts: Vec::new(),
        findings: Vec::new(),
        prediction: Prediction {
            until_serving: Duration::ZERO,
            total: Duration::ZERO,
            loss: None,
        },
        digest: "d1".to_owned(),
    }
}

fn fresh(mode: Mode) -> RunState {
    begun(plan(mode))
}

fn begun(plan: Plan) -> RunState {
    let mut state = RunState::new(Arc::new(plan), Epoch(1));
    state
        .apply(
            at(0),
            &Event::RunStarted {
                by: "ana".to_owned(),
                outage_since: None,
                findings: Vec::new(),
                accepted: Vec::new(),
            },
        )
        .expect("the first event");
    state
}

fn answer(step: &StepId, code: &str, decision: Decision, who: &str) -> Answer {
    Answer {
        step: step.clone(),
        code: code.to_owned(),
        decision,
        who: who.to_owned(),
        why: "because".to_owned(),
        plan_digest: "d1".to_owned(),
    }
}

fn output_of(step: &StepId) -> Output {
    let detail = match step.as_str() {
        "fence" => Detail::Fence(FenceEvidence {
            site: id("ohio"),
            level: FenceLevel::Confirmed,
            at: at(1),
            observations: Vec::new(),
            pending: false,
            unanswered: Vec::new(),
            denied: Vec::new(),
        }),
        "reprotect" => Detail::Protected {
            component: id("database"),
            lag: Duration::ZERO,
            loss: None,
        },
        _ => Detail::None,
    };
    Output::with("done", detail)
}

/// How the world answers one effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    Works,
    Fails,
    Throttles,
    LosesTheAnswerAfter,
    LosesTheAnswerBefore,
    Gates,
    CannotBeRead,
}

/// A world of booleans: which steps have taken effect. Drives a machine the way a host does, and writes down every event.
struct Stage {
    done: BTreeMap<StepId, bool>,
    undone_order: Vec<StepId>,
    journal: Vec<Event>,
    now: i64,
    answers: Option<Decision>,
    crash_after_records: Option<usize>,
}

impl Stage {
    fn new(answers: Option<Decision>) -> Self {
        Self {
            done: BTreeMap::new(),
            undone_order: Vec::new(),
            journal: Vec::new(),
            now: 1,
            answers,
            crash_after_records: None,
        }
    }

    /// Runs until the machine rests, or dies; `fate` says how the world answers. `None` when it died.
    fn drive(
        &mut self,
        mut machine: Machine,
        fate: &mut dyn FnMut(&StepId, &Effect) -> Fate,
    ) -> Option<RunState> {
        let mut queue: VecDeque<Effect> = machine.begin(at(self.now)).into();
        let mut tasks = VecDeque::new();
        let mut records = 0;
        for _ in 0..2000 {
            let Some(effect) = queue.pop_front() else {
                let task = tasks
                    .pop_front()
                    .expect("a machine that does not rest asks for something");
                let input = self.answer(&task, fate);
                queue.extend(
                    machine
                        .step(at(self.now), input)
                        .expect("no event, no refusal"),
                );
                continue;
            };
            match effect {
                Effect::Rest => return Some(machine.state().clone()),
                Effect::Refuse(..) => continue,
                Effect::Record(event) => {
                    if self.crash_after_records == Some(records) {
                        return None;
                    }
                    records += 1;
                    self.now += 1;
                    self.journal.push(event.clone());
                    let more = machine
                        .step(at(self.now), Input::Recorded(event))
                        .expect("its own event is legal");
                    for effect in more.into_iter().rev() {
                        queue.push_front(effect);
                    }
                }
                task => tasks.push_back(task),
            }
        }
        panic!("the machine never rests: {:?}", self.journal);
    }

    fn answer(&mut self, effect: &Effect, fate: &mut dyn FnMut(&StepId, &Effect) -> Fate) -> Input {
        self.now += 1;
        let error = |class| PortError {
            class,
            operation: "test".to_owned(),
            place: "here".to_owned(),
            message: "no".to_owned(),
        };
        match effect {
            Effect::Observe(step) => {
                let observation = match fate(step, effect) {
                    Fate::CannotBeRead => Observation::Unknown(error(ErrorClass::Transient)),
                    _ if self.done.get(step).copied().unwrap_or(false) => {
                        Observation::Done(output_of(step))
                    }
                    _ => Observation::NotDone(Before::default()),
                };
                Input::Observed(step.clone(), observation)
            }
            Effect::Apply(step) => {
                let result = match fate(step, effect) {
                    Fate::Works => {
                        self.done.insert(step.clone(), true);
                        Ok(output_of(step))
                    }
                    Fate::Fails | Fate::CannotBeRead => {
                        Err(StepError::Port(error(ErrorClass::Denied)))
                    }
                    Fate::Throttles => Err(StepError::Port(error(ErrorClass::Throttled))),
                    Fate::LosesTheAnswerAfter => {
                        self.done.insert(step.clone(), true);
                        Err(StepError::Port(error(ErrorClass::Indeterminate)))
                    }
                    Fate::LosesTheAnswerBefore => {
                        Err(StepError::Port(error(ErrorClass::Indeterminate)))
                    }
                    Fate::Gates => Err(StepError::Gate(Question {
                        step: step.clone(),
                        code: "fence-unproven".to_owned(),
                        text: "go on?".to_owned(),
                        people: 2,
                    })),
                };
                Input::Performed(step.clone(), result)
            }
            Effect::Undo(step) => {
                let result = match fate(step, effect) {
                    Fate::Fails => Err(UndoError {
                        message: "no".to_owned(),
                        retryable: false,
                    }),
                    _ => {
                        self.done.insert(step.clone(), false);
                        self.undone_order.push(step.clone());
                        Ok("taken back".to_owned())
                    }
                };
                Input::Undone(step.clone(), result)
            }
            Effect::WakeAt(step, when) => {
                self.now = self.now.max(when.as_second() - 1_767_225_600);
                Input::Woken(step.clone())
            }
            Effect::Ask(question) => match self.answers {
                Some(Decision::Yes) if question.people == 0 => {
                    Input::Unanswered(question.step.clone())
                }
                Some(decision) => {
                    let who = format!("person-{}", self.now);
                    Input::Answered(answer(&question.step, &question.code, decision, &who), None)
                }
                None => Input::Unanswered(question.step.clone()),
            },
            Effect::Record(_) | Effect::Refuse(..) | Effect::Rest => {
                unreachable!("handled by the caller")
            }
        }
    }
}

fn run(
    mode: Mode,
    answers: Option<Decision>,
    fate: &mut dyn FnMut(&StepId, &Effect) -> Fate,
) -> (RunState, Stage) {
    let mut stage = Stage::new(answers);
    let state = stage
        .drive(Machine::new(fresh(mode)), fate)
        .expect("nothing crashes here");
    (state, stage)
}

/// The machine of an unplanned run that went so far.
fn machine_after(events: &[Event]) -> Machine {
    let mut state = fresh(Mode::Unplanned);
    for event in events {
        state.apply(at(1), event).expect("what can follow");
    }
    Machine::new(state)
}

/// The one that a new operator gets of it.
fn taken_over(events: &[Event]) -> Machine {
    let mut machine = machine_after(events);
    let taken = Event::TakenOver {
        by: "ben".to_owned(),
        epoch: Epoch(2),
    };
    machine.state.apply(at(2), &taken).expect("a new epoch");
    machine
}

fn succeeded(step: &str) -> Event {
    Event::StepSucceeded {
        step: id(step),
        output: output_of(&id(step)),
        found_done: false,
    }
}

fn started(step: &str) -> Event {
    Event::StepStarted {
        step: id(step),
        attempt: 1,
        before: Before::default(),
    }
}

/// Ana's answer.
fn answered(step: &str, code: &str, decision: Decision) -> Event {
    Event::Answered {
        answer: answer(&id(step), code, decision, "ana"),
        inbox: None,
    }
}

/// A step of whose last call the answer was lost.
fn in_doubt(step: &str) -> Event {
    Event::StepInDoubt {
        step: id(step),
        reason: "the answer was lost".to_owned(),
    }
}

/// The run turns back.
fn turned() -> Event {
    Event::Unwinding {
        because: "because".to_owned(),
    }
}

/// A step that failed, to be tried again then or never.
fn failed(step: &str, retry_at: Option<Timestamp>) -> Event {
    Event::StepFailed {
        step: id(step),
        error: StepError::TimedOut {
            after: Duration::ZERO,
        },
        retry_at,
    }
}
