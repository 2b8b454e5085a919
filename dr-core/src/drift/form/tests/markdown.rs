//! Markdown that fits into a comment and cannot be broken out of.

use super::*;

/// The number of lines of a table's row that are cells: `|` that are no text.
fn cells(line: &str) -> usize {
    line.matches('|').count() - 1
}

#[test]
fn no_name_breaks_a_table_a_line_or_a_fold() {
    let text = hostile().sheet().to_markdown();
    for line in text.lines().filter(|line| line.starts_with('|')) {
        assert!([2, 3, 4].contains(&cells(line)), "{line}");
    }
    assert_eq!(text.matches("<details>").count(), 4);
    assert_eq!(text.matches("</details>").count(), 4);
    for line in text.lines().filter(|line| !line.is_empty()) {
        let known = [
            "## ",
            "### ",
            "| ",
            "|-",
            "**",
            "<",
            "`",
            "Witness: ",
            "From: ",
            "- **",
            "> ⚠️",
            "Counterparts: ",
            "Rule ",
        ];
        let is_prose = rules().any(|rule| line.contains(rule.code)) || line.starts_with("Nothing ");
        assert!(
            is_prose || known.iter().any(|start| line.starts_with(start)),
            "{line}"
        );
    }
    for mark in [
        "<script",
        "@team",
        " #12",
        "](http://evil",
        "http://evil",
        "__b__",
    ] {
        assert!(!text.contains(mark), "{mark} in {text}");
    }
}

#[test]
fn a_finding_about_no_thing_has_no_table_of_things() {
    let mut entry = finding(Severity::Notice, 0);
    entry.evidence.clear();
    let text = report(vec![entry], Vec::new()).sheet().to_markdown();
    assert!(!text.contains("| thing |"), "{text}");
}

#[test]
fn too_much_evidence_is_left_out_from_the_mildest_on_and_no_finding_is() {
    let many = |severity, count| (0..count).map(move |number| finding(severity, number));
    let mut findings: Vec<Entry> = many(Severity::Blocking, 6).collect();
    findings.extend(many(Severity::Notice, 30));
    let report = report(findings, Vec::new());
    let text = report.sheet().to_markdown();
    assert!(text.chars().count() <= 65_536, "{}", text.chars().count());
    assert_eq!(text.matches("<details>").count(), 6);
    assert_eq!(text.matches("did not fit").count(), 1);
    for entry in &report.findings {
        assert!(text.contains(entry.id.as_str()), "{}", entry.id);
    }
}

#[test]
fn a_report_that_is_too_long_for_a_comment_is_cut_and_says_by_how_much() {
    let many = |severity, count| (0..count).map(move |number| finding(severity, number));
    let mut findings: Vec<Entry> = many(Severity::Blocking, 5).collect();
    findings.extend(many(Severity::Notice, 400));
    let mut accepted = excused();
    accepted.entry = finding(Severity::Blocking, 7);
    let report = Report {
        excused: vec![accepted; 300],
        ..report(findings, vec![gap(); 300])
    };
    let text = report.sheet().to_markdown();
    assert!(text.chars().count() <= 65_536, "{}", text.chars().count());
    for entry in &report.findings[..5] {
        assert!(
            text.contains(entry.id.as_str()),
            "what stops a failover stays"
        );
    }
    assert!(text.contains("Stops a failover (5)") && text.contains("Worth knowing (400)"));
    assert_eq!(
        text.matches(" more: they stand in the other forms").count(),
        3,
        "{text}"
    );
    let rows = text
        .lines()
        .filter(|line| line.starts_with("| <code>ohio"))
        .count();
    let left_out: usize = text
        .split("_and ")
        .nth(3)
        .and_then(|rest| rest.split(' ').next()?.parse().ok())
        .unwrap();
    assert_eq!(rows + left_out, 300);
}
