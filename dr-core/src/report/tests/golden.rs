//! Whole reports, as they are read.

use super::journals::{all, completed};
use crate::report::{Report, to_html, to_json, to_text};

#[test]
fn a_report_reads_as_its_golden_summary() {
    for (name, story) in all() {
        insta::assert_snapshot!(format!("{name}.txt"), to_text(&story.report()));
    }
}

#[test]
fn a_report_is_its_golden_page() {
    for (name, story) in all() {
        let page = to_html(&story.report());
        // The style is the same for all, and is looked at in a browser.
        let (_, body) = page.split_once("</style>").expect("a page has a style");
        insta::assert_snapshot!(format!("{name}.html"), body);
    }
}

#[test]
fn a_report_reads_back_from_its_json() {
    for (name, story) in all() {
        let report = story.report();
        let back: Report = serde_json::from_str(&to_json(&report)).expect("valid JSON");
        assert_eq!(back, report, "{name}");
    }
}

#[test]
fn the_same_journal_gives_the_same_bytes() {
    assert_eq!(
        to_html(&completed().report()),
        to_html(&completed().report())
    );
    assert_eq!(
        to_json(&completed().report()),
        to_json(&completed().report())
    );
}
