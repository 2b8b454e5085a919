use super::*;
use crate::model::{DeniedCall, FenceLevel};

fn at(second: i64) -> jiff::Timestamp {
    jiff::Timestamp::from_second(second).unwrap()
}

fn waiver(code: &str, who: &str) -> Waiver {
    Waiver {
        code: code.to_owned(),
        who: who.to_owned(),
        why: "because".to_owned(),
        at: at(0),
    }
}

fn fence(level: FenceLevel, second: i64) -> (StepId, Output) {
    let evidence = FenceEvidence {
        site: "ohio".parse().unwrap(),
        level,
        at: at(second),
        observations: Vec::new(),
        pending: level != FenceLevel::Confirmed,
        unanswered: Vec::new(),
        denied: Vec::new(),
    };
    let output = Output::with("fenced", Detail::Fence(evidence));
    (format!("fence-{second}").parse().unwrap(), output)
}

#[test]
fn evidence_of_a_journal_that_knew_no_denied_calls_is_read() {
    let (_, output) = fence(FenceLevel::ByLease, 5);
    let told = serde_json::to_string(&output).unwrap();
    assert!(!told.contains("denied"), "{told}");
    assert_eq!(serde_json::from_str::<Output>(&told).unwrap(), output);

    let Detail::Fence(mut evidence) = output.detail else {
        panic!("it is a fence");
    };
    evidence.denied.push(DeniedCall {
        operation: "rds:ModifyDBInstance".to_owned(),
        place: "ohio".to_owned(),
        message: "AccessDenied".to_owned(),
    });
    let told = serde_json::to_string(&evidence).unwrap();
    assert_eq!(
        serde_json::from_str::<FenceEvidence>(&told).unwrap(),
        evidence
    );
}

#[test]
fn a_waiver_counts_for_its_own_gate_and_a_person_once() {
    let step: StepId = "promote".parse().unwrap();
    let mut history = History::default();
    history.waivers.insert(
        step.clone(),
        vec![
            waiver("fence-unproven", "ana"),
            waiver("fence-unproven", "ana"),
            waiver("lag-exceeds-rpo", "ben"),
        ],
    );
    let people = |step: &StepId, code| -> Vec<String> {
        let waivers = history.waived_by(step, code);
        waivers.iter().map(|waiver| waiver.who.clone()).collect()
    };
    assert_eq!(people(&step, "fence-unproven"), ["ana"]);
    assert_eq!(people(&step, "lag-exceeds-rpo"), ["ben"]);
    let other: StepId = "shift".parse().unwrap();
    assert!(people(&other, "fence-unproven").is_empty());
}

#[test]
fn the_strongest_evidence_of_a_fence_counts_and_of_equals_the_newest() {
    let counts = |outputs: Vec<(StepId, Output)>| {
        let history = History {
            outputs,
            ..History::default()
        };
        let fence = history.fence().expect("there is evidence");
        (fence.level, fence.at)
    };
    use FenceLevel as L;
    assert_eq!(
        counts(vec![fence(L::ByLease, 1), fence(L::Unknown, 2)]),
        (L::ByLease, at(1))
    );
    assert_eq!(
        counts(vec![fence(L::Unknown, 1), fence(L::Confirmed, 2)]),
        (L::Confirmed, at(2))
    );
    assert_eq!(
        counts(vec![fence(L::ByLease, 2), fence(L::ByLease, 1)]),
        (L::ByLease, at(2))
    );
    assert_eq!(History::default().fence(), None);
}
