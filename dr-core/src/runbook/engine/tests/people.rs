//! What people's answers count for.

use super::*;

fn yes(who: &str, inbox: Option<u64>) -> Event {
    Event::Answered {
        answer: answer(&id("approve"), APPROVAL, Decision::Yes, who),
        inbox,
    }
}

/// A run whose approval asks for so many people, after these events.
fn approved(people: u32, events: &[Event]) -> RunState {
    let mut plan = plan(Mode::Unplanned);
    plan.stages[0].steps[0].verb = Verb::Approve { people };
    let mut state = fresh(Mode::Unplanned);
    state.plan = Arc::new(plan);
    for event in events {
        state.apply(at(1), event).expect("what can follow");
    }
    state
}

#[test]
fn a_question_counts_people_and_not_their_answers() {
    let state = approved(2, &[yes("ana", None), yes("ana", None)]);
    assert_eq!(state.yes_by(&id("approve"), APPROVAL), ["ana"]);
    let state = approved(2, &[yes("ana", None), yes("ben", None)]);
    assert_eq!(state.yes_by(&id("approve"), APPROVAL), ["ana", "ben"]);
}

#[test]
fn an_approval_by_two_people_waits_for_the_second() {
    let next = |events: &[Event]| Machine::new(approved(2, events)).begin(at(2));
    let one = next(&[yes("ana", None)]);
    assert!(
        matches!(&one[..], [Effect::Record(Event::Asked { question })] if question.people == 2),
        "{one:?}"
    );
    let two = next(&[yes("ana", None), yes("ben", None)]);
    assert!(
        matches!(&two[..], [Effect::Record(Event::StepSucceeded { .. })]),
        "{two:?}"
    );
}

/// The host asks the inbox for the answers from `inbox_read` on.
#[test]
fn an_answer_of_the_inbox_is_taken_in_once() {
    assert_eq!(approved(2, &[]).inbox_read, 0);
    assert_eq!(approved(2, &[yes("ana", Some(0))]).inbox_read, 1);
    let both = [yes("ana", Some(0)), yes("ben", Some(1))];
    assert_eq!(approved(2, &both).inbox_read, 2);
    // An answer at the terminal has no number there.
    assert_eq!(approved(2, &[yes("ana", None)]).inbox_read, 0);
}

/// Whether a run that went so far takes an answer in, or why it changes nothing.
fn taken(events: &[Event], answer: &Answer) -> Result<(), &'static str> {
    let effects = machine_after(events).step(at(2), Input::Answered(answer.clone(), None));
    match &effects.expect("an answer is no event")[..] {
        [Effect::Record(Event::Answered { answer: taken, .. })] if taken == answer => Ok(()),
        [Effect::Refuse(refused, why), ..] if refused == answer => Err(why),
        other => panic!("it is taken or refused: {other:?}"),
    }
}

#[test]
fn what_people_say_is_taken_in_where_it_settles_something_and_refused_with_a_reason_elsewhere() {
    let say = |step: &str, decision| answer(&id(step), "", decision, "ana");
    let begun = [
        succeeded("approve"),
        started("fence"),
        failed("fence", None),
    ];
    let doubtful = [succeeded("approve"), started("fence"), in_doubt("fence")];
    let turned = [succeeded("approve"), turned()];
    use Decision as D;
    assert_eq!(taken(&begun, &say("fence", D::Skip)), Ok(()));
    assert_eq!(taken(&begun, &say("fence", D::Retry)), Ok(()));
    assert_eq!(taken(&doubtful, &say("fence", D::Retry)), Ok(()));
    assert_eq!(taken(&begun, &say("fence", D::Abort)), Ok(()));
    let refused: [(&[Event], Answer, &str); 7] = [
        (
            &begun,
            say("promote", D::Skip),
            "a promotion cannot be skipped",
        ),
        (&begun, say("approve", D::Skip), "the step is behind"),
        (
            &begun,
            say("shift", D::Retry),
            "the step neither failed nor is in doubt",
        ),
        (&begun, say("nothing", D::Skip), "the plan has no such step"),
        (&turned, say("fence", D::Abort), "the run unwinds already"),
        (&turned, say("fence", D::Skip), "the run unwinds"),
        (
            &begun,
            say("fence", D::Yes),
            "nothing of that code is asked there that a yes would settle",
        ),
    ];
    for (events, said, why) in refused {
        assert_eq!(taken(events, &said), Err(why));
    }
    for (who, why) in [(" ", "because"), ("ana", "")] {
        let unsigned = Answer {
            who: who.to_owned(),
            why: why.to_owned(),
            ..say("fence", D::Skip)
        };
        assert_eq!(
            taken(&begun, &unsigned),
            Err("it needs a name and a reason")
        );
    }
}

#[test]
fn a_step_at_a_gate_asks_what_the_gate_asks_and_a_planned_run_does_not_turn_back_for_it() {
    let mut shut = true;
    let (state, stage) = run(
        Mode::Planned,
        Some(Decision::Yes),
        &mut |step, effect| match (step.as_str(), effect) {
            ("provision", Effect::Apply(_)) if std::mem::take(&mut shut) => Fate::Gates,
            _ => Fate::Works,
        },
    );
    assert_eq!(state.status, RunStatus::Completed);
    let asked: Vec<(&str, u32)> = stage
        .journal
        .iter()
        .filter_map(|event| match event {
            Event::Asked { question } => Some((question.code.as_str(), question.people)),
            _ => None,
        })
        .collect();
    assert_eq!(asked, [(APPROVAL, 1), ("fence-unproven", 2)]);
    assert_eq!(state.yes_by(&id("provision"), "fence-unproven").len(), 2);
}

#[test]
fn who_said_yes_is_told_for_each_question_of_each_step() {
    let mut state = fresh(Mode::Unplanned);
    for (step, code, decision, who) in [
        ("approve", APPROVAL, Decision::Yes, "ana"),
        ("fence", APPROVAL, Decision::Yes, "ben"),
        ("approve", "gate", Decision::Yes, "cleo"),
        ("approve", APPROVAL, Decision::Retry, "dan"),
        ("approve", APPROVAL, Decision::Yes, "ana"),
    ] {
        let answer = answer(&id(step), code, decision, who);
        let said = Event::Answered {
            answer,
            inbox: None,
        };
        state.apply(at(1), &said).expect("people may say anything");
    }
    assert_eq!(state.yes_by(&id("approve"), APPROVAL), ["ana"]);
    assert_eq!(state.yes_by(&id("fence"), APPROVAL), ["ben"]);
    assert_eq!(state.yes_by(&id("approve"), "gate"), ["cleo"]);
    assert_eq!(state.yes_by(&id("shift"), APPROVAL), [""; 0]);
}

#[test]
fn an_approval_may_be_given_before_it_is_asked_for_and_nothing_else_may() {
    let yes = |step: &str, code: &str| answer(&id(step), code, Decision::Yes, "ana");
    let why = Err("nothing of that code is asked there that a yes would settle");
    assert_eq!(taken(&[], &yes("approve", APPROVAL)), Ok(()));
    assert_eq!(taken(&[], &yes("approve", "fence-unproven")), why);
    assert_eq!(taken(&[], &yes("promote", APPROVAL)), why);
}

#[test]
fn a_yes_settles_the_question_that_is_open_and_only_if_people_can_pass_it() {
    let begun = [succeeded("approve"), started("fence")];
    let asked = |people| Event::Asked {
        question: Question {
            step: id("fence"),
            code: "fence-unproven".to_owned(),
            text: "go on?".to_owned(),
            people,
        },
    };
    let said = |people, code| {
        let mut events = begun.to_vec();
        events.extend([failed("fence", None), asked(people)]);
        taken(&events, &answer(&id("fence"), code, Decision::Yes, "ana"))
    };
    let why = Err("nothing of that code is asked there that a yes would settle");
    assert_eq!(said(2, "fence-unproven"), Ok(()));
    assert_eq!(said(2, "lag-exceeds-rpo"), why);
    assert_eq!(said(0, "fence-unproven"), why);
}

#[test]
fn a_yes_that_passes_a_gate_is_a_waiver_and_an_approval_is_none() {
    let approved = machine_after(&[answered("approve", APPROVAL, Decision::Yes)]);
    assert!(approved.state.history.waivers.is_empty());
    let begun = [
        succeeded("approve"),
        started("fence"),
        failed("fence", None),
    ];
    let lag = [answered("fence", "lag", Decision::Yes)];
    let passed = machine_after(&[&begun[..], &lag].concat());
    let waivers = &passed.state.history.waivers[&id("fence")];
    let told: Vec<_> = waivers.iter().map(|w| (&w.code[..], &w.who[..])).collect();
    assert_eq!(told, [("lag", "ana")]);
}
