use super::*;
use crate::config::{self, builtin};
use crate::model::{Duration, Mode, Settings, TrafficMethod};
use crate::runbook::Runbook;

fn matrix_of(method: TrafficMethod, name: &str, mode: Mode, homeward: bool) -> Matrix {
    let estate = config::load_estate(builtin::storefront_estate());
    let mut estate = estate.unwrap_or_else(|problems| panic!("{problems}"));
    for component in estate.components.values_mut() {
        if let Settings::Traffic(traffic) = &mut component.settings {
            traffic.method = method;
        }
    }
    let source = builtin::storefront_runbook(name).expect("a shipped runbook");
    let runbook = Runbook::parse(source).unwrap_or_else(|problems| panic!("{problems}"));
    let lasts = Duration::from_mins(120);
    Matrix::new(estate, runbook, mode, homeward, lasts).expect("it can be put to the test")
}

fn shipped() -> Matrix {
    matrix_of(
        TrafficMethod::HealthSwitch,
        "failover",
        Mode::Unplanned,
        false,
    )
}

fn number(matrix: &Matrix, name: &str) -> usize {
    let found = matrix.outages().iter().position(|o| o.name == name);
    found.unwrap_or_else(|| panic!("{name} is among {:#?}", matrix.outages()))
}

#[test]
fn everything_that_the_plan_calls_can_be_taken_away() {
    let matrix = shipped();
    for name in [
        "region ohio",
        "region california",
        "rds@ohio",
        "rds@california",
        "s3@california",
        "git@california",
        "prometheus@california",
        "state bucket@california",
        "route53 control plane",
        "iam control plane",
        "ci",
        "operator's machine",
    ] {
        number(&matrix, name);
    }
    let mut names: Vec<&str> = matrix.outages().iter().map(|o| o.name.as_str()).collect();
    let all = names.len();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), all, "each is named once");
}

#[test]
fn the_shipped_failover_stands_every_single_outage_that_it_must_stand() {
    let matrix = shipped();
    let cells: Vec<Cell> = matrix
        .cells(false)
        .iter()
        .map(|cell| matrix.try_out(cell))
        .collect();
    let proof = Proof::of(&matrix, cells);
    let unproven: Vec<String> = proof
        .unproven()
        .map(|cell| format!("{}: {:?} {}", proof.name(cell), cell.step, cell.because))
        .collect();
    assert_eq!(unproven, [] as [String; 0]);
    assert!(proof.is_safe());
    for cell in &proof.cells {
        let explained = cell.verdict == Verdict::Reached || !cell.because.is_empty();
        assert!(explained, "{} explains itself", proof.name(cell));
    }
}

#[test]
fn a_region_that_is_needed_makes_it_late_and_says_why() {
    let matrix = shipped();
    let cell = matrix.try_out(&[number(&matrix, "region california")]);
    assert_eq!(cell.verdict, Verdict::Late, "{cell:#?}");
    assert!(!cell.required);
    assert!(cell.because.contains("california"), "{}", cell.because);
    assert!(
        cell.took
            .is_some_and(|took| took > Duration::from_mins(110))
    );
}

#[test]
fn a_move_that_edits_records_does_not_stand_the_loss_of_their_control_plane() {
    let matrix = matrix_of(TrafficMethod::RecordEdit, "failback", Mode::Planned, true);
    let cell = matrix.try_out(&[number(&matrix, "route53 control plane")]);
    assert_eq!(cell.verdict, Verdict::Late, "{cell:#?}");
    assert!(cell.required);
    assert!(cell.because.contains("front-door"), "{}", cell.because);
}

#[test]
fn an_operator_whose_machine_dies_is_followed_by_another() {
    let matrix = shipped();
    let cell = matrix.try_out(&[number(&matrix, "operator's machine")]);
    assert_eq!(cell.verdict, Verdict::Reached, "{cell:#?}");
    let undisturbed = matrix.try_out(&[]);
    assert_eq!((undisturbed.attempts, cell.attempts), (1, 2));
    assert!(cell.took.is_some());
    assert_eq!(cell.violations, [] as [String; 0]);
}

#[test]
fn a_page_of_a_matrix_stands_alone_and_shows_every_outage() {
    let matrix = shipped();
    let pair = [number(&matrix, "region ohio"), number(&matrix, "rds@ohio")];
    let mut cells: Vec<Cell> = matrix
        .cells(false)
        .iter()
        .take(6)
        .map(|cell| matrix.try_out(cell))
        .collect();
    cells.push(matrix.try_out(&pair));
    let proof = Proof::of(&matrix, cells);
    let page = to_html(&proof);
    for outage in matrix.outages() {
        assert!(
            page.contains(&outage.name.replace('\'', "&#39;")),
            "{outage}"
        );
    }
    for reference in ["http:", "https:", "src=", "<script"] {
        assert!(!page.contains(reference), "{reference}");
    }
}

#[test]
fn observers_that_do_not_answer_keep_nobody_from_being_served() {
    let matrix = shipped();
    let cell = matrix.try_out(&[number(&matrix, "http")]);
    assert_eq!(cell.verdict, Verdict::Reached, "{cell:#?}");
    assert!(cell.downtime < Duration::from_mins(20), "{cell:#?}");
}
