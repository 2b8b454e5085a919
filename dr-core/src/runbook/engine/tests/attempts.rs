//! What is tried, how often, in which order; and what is read before it is tried again.

use super::*;

/// How often a step was started.
fn starts(stage: &Stage, name: &str) -> usize {
    let is_start =
        |event: &&Event| matches!(event, Event::StepStarted { step, .. } if step.as_str() == name);
    stage.journal.iter().filter(is_start).count()
}

#[test]
fn what_was_under_way_when_an_operator_died_is_read_before_it_is_done_again() {
    let mut machine = taken_over(&[succeeded("approve"), started("fence")]);
    assert_eq!(
        machine.state().step(&id("fence")).status,
        StepStatus::InDoubt
    );
    assert_eq!(machine.begin(at(3)), [Effect::Observe(id("fence"))]);
}

#[test]
fn a_step_whose_time_was_over_is_read_before_it_is_tried_again() {
    let mut machine = taken_over(&[succeeded("approve"), started("fence")]);
    machine.begin(at(3));
    let nothing = Observation::NotDone(Before::default());
    let mut effects = machine.step(at(4), Input::Observed(id("fence"), nothing));
    // Resolved, read, started: then it runs out of time.
    while let Some(Effect::Record(event)) = effects.expect("legal").first().cloned() {
        effects = machine.step(at(5), Input::Recorded(event));
        if machine.state().step(&id("fence")).status == StepStatus::Pending {
            let nothing = Observation::NotDone(Before::default());
            effects = machine.step(at(5), Input::Observed(id("fence"), nothing));
        }
    }
    assert_eq!(
        machine.state().step(&id("fence")).status,
        StepStatus::Started
    );
    let over = Err(StepError::TimedOut {
        after: Duration::from_mins(10),
    });
    let told = machine
        .step(at(700), Input::Performed(id("fence"), over))
        .expect("legal");
    let [Effect::Record(event @ Event::StepInDoubt { .. })] = &told[..] else {
        panic!("it is in doubt: {told:?}");
    };
    let next = machine.step(at(700), Input::Recorded(event.clone()));
    assert_eq!(next.expect("legal"), [Effect::Observe(id("fence"))]);
}

#[test]
fn a_stage_begins_when_every_step_of_the_one_before_is_behind() {
    let done =
        |steps: &[&str]| -> Vec<Event> { steps.iter().map(|step| succeeded(step)).collect() };
    let mut half = taken_over(&done(&["approve", "fence", "activate"]));
    assert_eq!(half.begin(at(3)), [Effect::Observe(id("provision"))]);
    let mut whole = taken_over(&done(&["approve", "fence", "activate", "provision"]));
    assert_eq!(whole.begin(at(3)), [Effect::Observe(id("promote"))]);
}

#[test]
fn a_step_is_tried_as_often_as_the_plan_says() {
    // Refused for the moment, and begun without any effect.
    for fate in [Fate::Throttles, Fate::LosesTheAnswerBefore] {
        let (state, stage) = run(
            Mode::Planned,
            Some(Decision::Yes),
            &mut |step, effect| match (step.as_str(), effect) {
                ("provision", Effect::Apply(_)) => fate,
                _ => Fate::Works,
            },
        );
        assert_eq!(state.status, RunStatus::Unwound, "{fate:?}");
        assert_eq!(starts(&stage, "provision"), 2, "{fate:?}");
    }
}

#[test]
fn each_try_of_a_step_has_its_number() {
    for attempts in 0..3 {
        let last = Event::StepStarted {
            step: id("fence"),
            attempt: attempts,
            before: Before::default(),
        };
        let tried = [last, failed("fence", Some(at(1)))];
        let tried = tried.into_iter().filter(|_| attempts > 0);
        let events: Vec<Event> = std::iter::once(succeeded("approve")).chain(tried).collect();
        let mut machine = machine_after(&events);
        machine.begin(at(2));
        let nothing = Input::Observed(id("fence"), Observation::NotDone(Before::default()));
        let effects = machine.step(at(3), nothing).expect("a reading is no event");
        let [Effect::Record(Event::StepStarted { attempt, .. })] = effects[..] else {
            panic!("{effects:?}");
        };
        assert_eq!(attempt, attempts + 1);
    }
}

#[test]
fn who_takes_a_run_over_gives_a_step_that_failed_for_good_another_chance() {
    let events = [
        succeeded("approve"),
        started("fence"),
        failed("fence", None),
    ];
    let asks = machine_after(&events).begin(at(3));
    assert!(
        matches!(asks[..], [Effect::Record(Event::Asked { .. })]),
        "{asks:?}"
    );
    let reads = taken_over(&events).begin(at(3));
    assert_eq!(reads, [Effect::Observe(id("fence"))]);
}

#[test]
fn a_step_in_doubt_is_read_again_after_its_pause_unless_the_run_is_to_rest() {
    let events = [succeeded("approve"), started("fence"), in_doubt("fence")];
    let mut machine = machine_after(&events);
    machine.begin(at(2));
    let nothing = Input::Observed(id("fence"), Observation::NotDone(Before::default()));
    let waits = machine.step(at(3), nothing).expect("no event");
    assert!(matches!(waits[..], [Effect::WakeAt(..)]), "{waits:?}");
    let woken = |machine: &mut Machine| machine.step(at(60), Input::Woken(id("fence")));
    let reads = woken(&mut machine.clone()).expect("legal");
    assert_eq!(reads, [Effect::Observe(id("fence"))]);
    let stops = machine.step(at(4), Input::Stop).expect("legal");
    assert!(
        matches!(stops[..], [Effect::Record(Event::Held { .. })]),
        "{stops:?}"
    );
    let late = woken(&mut machine).expect("legal");
    assert!(!late.contains(&Effect::Observe(id("fence"))), "{late:?}");
}

#[test]
fn a_run_that_is_told_to_stop_begins_nothing_more() {
    let mut machine = taken_over(&[succeeded("approve")]);
    assert_eq!(machine.begin(at(3)), [Effect::Observe(id("fence"))]);
    // The observation is under way: it ends, and nothing is begun on it.
    assert_eq!(machine.step(at(4), Input::Stop).expect("legal"), []);
    let nothing = Observation::NotDone(Before::default());
    let effects = machine
        .step(at(5), Input::Observed(id("fence"), nothing))
        .expect("legal");
    assert!(
        matches!(effects[..], [Effect::Record(Event::Held { .. })]),
        "{effects:?}"
    );
}

#[test]
fn a_step_that_failed_for_the_moment_is_tried_again_after_its_pause_and_not_before() {
    let again = failed("fence", Some(at(50)));
    let machine = machine_after(&[succeeded("approve"), started("fence"), again]);
    let begin = |now| machine.clone().begin(at(now));
    assert_eq!(begin(49), [Effect::WakeAt(id("fence"), at(50))]);
    for due in [50, 51] {
        assert_eq!(begin(due), [Effect::Observe(id("fence"))]);
    }
}

#[test]
fn a_step_that_is_to_hold_on_doubt_asks_before_anything_is_read() {
    let mut machine = taken_over(&[succeeded("approve"), started("fence")]);
    let mut plan = (*machine.state.plan).clone();
    plan.stages[1].steps[0].on_doubt = OnDoubt::Hold;
    machine.state.plan = Arc::new(plan);
    let asked = machine.clone().begin(at(3));
    assert!(
        matches!(&asked[..], [Effect::Record(Event::Asked { question })] if question.code == "in-doubt"),
        "{asked:?}"
    );
    // A person has looked, and wants it to be gone on with: it is read, as always.
    let retry = answered("fence", "in-doubt", Decision::Retry);
    machine.state.apply(at(4), &retry).expect("legal");
    assert_eq!(machine.begin(at(5)), [Effect::Observe(id("fence"))]);
}

#[test]
fn the_pauses_between_tries_double_up_to_a_minute() {
    let pauses = [0, 1, 2, 3, 4, 5, 60].map(|failures| decide::backoff(failures).as_millis());
    assert_eq!(
        pauses,
        [2, 4, 8, 16, 32, 60, 60].map(|seconds| seconds * 1000)
    );
}

#[test]
fn a_step_in_doubt_that_reads_as_not_done_is_believed_once_its_call_is_over_and_not_before() {
    let machine = machine_after(&[succeeded("approve"), started("fence"), in_doubt("fence")]);
    let over = crate::runbook::lock::CALL.after(at(1));
    let read = |now| {
        let not_done = Observation::NotDone(Before::default());
        let effects = machine
            .clone()
            .step(now, Input::Observed(id("fence"), not_done));
        effects.expect("a reading is no event")
    };
    for early in [at(1), at(2), over - jiff::SignedDuration::from_millis(1)] {
        assert_eq!(read(early), [Effect::WakeAt(id("fence"), over)]);
    }
    let resolved = Effect::Record(Event::DoubtResolved { step: id("fence") });
    assert_eq!(read(over), [resolved]);
}

#[test]
fn a_step_that_cannot_be_read_fails_unless_it_is_in_doubt() {
    let error = PortError {
        class: ErrorClass::Denied,
        operation: "rds:DescribeDBInstances".to_owned(),
        place: "database@ohio".to_owned(),
        message: "AccessDenied".to_owned(),
    };
    let unread = Input::Observed(id("fence"), Observation::Unknown(error.clone()));
    let effects = machine_after(&[succeeded("approve")]).step(at(2), unread);
    let failed = Event::StepFailed {
        step: id("fence"),
        error: StepError::Port(error),
        retry_at: None,
    };
    assert_eq!(
        effects.expect("a reading is no event"),
        [Effect::Record(failed)]
    );
}

#[test]
fn a_question_that_nobody_answered_here_no_longer_matters_once_it_is_not_asked() {
    let mut machine = machine_after(&[succeeded("approve")]);
    let before = machine.clone();
    let late = machine.step(at(2), Input::Unanswered(id("approve")));
    assert_eq!(late.expect("silence is no event"), []);
    assert_eq!(machine.begin(at(3)), before.clone().begin(at(3)));
}

/// Carries out what is to be recorded until something is to be done, and says what.
fn records(machine: &mut Machine, effects: Vec<Effect>) -> Vec<Effect> {
    let mut queue: VecDeque<Effect> = effects.into();
    let mut left = Vec::new();
    while let Some(effect) = queue.pop_front() {
        match effect {
            Effect::Record(event) => {
                let more = machine.step(at(3), Input::Recorded(event));
                queue.extend(more.expect("its own event is legal"));
            }
            other => left.push(other),
        }
    }
    left
}

#[test]
fn a_pause_that_ends_while_its_step_is_taken_back_does_not_take_it_back_twice() {
    let again = failed("fence", Some(at(60)));
    let mut machine = machine_after(&[succeeded("approve"), started("fence"), again]);
    let waits = machine.begin(at(2));
    assert!(matches!(&waits[..], [Effect::WakeAt(..)]), "{waits:?}");
    let abort = answer(&id("fence"), "", Decision::Abort, "ana");
    let effects = machine.step(at(3), Input::Answered(abort, Some(0)));
    let undo = records(&mut machine, effects.expect("an answer is no event"));
    assert!(matches!(&undo[..], [Effect::Undo(_)]), "{undo:?}");
    let late = machine.step(at(60), Input::Woken(id("fence")));
    assert_eq!(late.expect("no event"), []);
}

#[test]
fn a_step_that_is_being_read_is_skipped_when_the_reading_has_ended() {
    let mut machine = machine_after(&[succeeded("approve")]);
    let reads = machine.begin(at(2));
    assert!(matches!(&reads[..], [Effect::Observe(_)]), "{reads:?}");
    let skip = answer(&id("fence"), "", Decision::Skip, "ana");
    let effects = machine.step(at(3), Input::Answered(skip, Some(0)));
    let left = records(&mut machine, effects.expect("an answer is no event"));
    assert_eq!(left, [], "the reading is under way");
    let read = Input::Observed(id("fence"), Observation::NotDone(Before::default()));
    let effects = machine.step(at(4), read).expect("no event");
    assert!(
        matches!(&effects[..], [Effect::Record(Event::StepSkipped { step, .. })] if *step == id("fence")),
        "{effects:?}"
    );
}

#[test]
fn a_failed_step_is_asked_about_where_there_is_nothing_to_go_back_to() {
    let before = [
        succeeded("approve"),
        started("fence"),
        failed("fence", None),
    ];
    let steps = ["approve", "fence", "provision", "activate", "promote"];
    let past: Vec<Event> = steps.map(succeeded).into();
    let past = [past, vec![started("shift"), failed("shift", None)]].concat();
    for (mode, events) in [(Mode::Unplanned, &before[..]), (Mode::Planned, &past)] {
        let mut state = fresh(mode);
        for event in events {
            state.apply(at(1), event).expect("what can follow");
        }
        let next = Machine::new(state).begin(at(2));
        assert!(
            matches!(&next[..], [Effect::Record(Event::Asked { .. })]),
            "{mode}: {next:?}"
        );
    }
}
