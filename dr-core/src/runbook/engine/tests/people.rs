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
