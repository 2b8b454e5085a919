//! The same finding has the same id in every form.

use std::collections::BTreeSet;

use serde_json::Value;

use super::*;

/// The ids of a form, read the way a program would.
fn ids(form: &str, text: &str) -> BTreeSet<String> {
    match form {
        "sarif" => {
            let log: Value = serde_json::from_str(text).unwrap();
            let results = log["runs"][0]["results"].as_array().unwrap().iter();
            let prints = results.map(|result| &result["partialFingerprints"]["drFindingId/v1"]);
            prints.map(|id| id.as_str().unwrap().to_owned()).collect()
        }
        // `name="… [ID]"` of the cases that have a finding.
        "junit" => between(text, " [", "]\" time="),
        // `· <code>ID</code><br>` behind a finding's subject.
        "markdown" => between(text, " · <code>", "</code><br>"),
        "html" => {
            let mut ids = between(text, "\" id=\"", "\"><div>");
            ids.extend(between(text, "<tr id=\"", "\"><td>"));
            ids
        }
        _ => unreachable!("{form}"),
    }
}

/// What stands between an opening and the closing that follows next, where it is an id.
fn between(text: &str, open: &str, close: &str) -> BTreeSet<String> {
    let ends = text.match_indices(close).map(|(end, _)| &text[..end]);
    let inside = ends.filter_map(|before| Some(before.rsplit_once(open)?.1));
    inside
        .filter(|id| id.len() == 12 && id.bytes().all(|byte| byte.is_ascii_hexdigit()))
        .map(str::to_owned)
        .collect()
}

#[test]
fn each_form_has_the_ids_of_all_findings_and_no_other() {
    for report in [hostile(), changed_lab(), lab(|_| {})] {
        let findings = report.findings.iter();
        let mut wanted: BTreeSet<String> = findings.map(|entry| entry.id.to_string()).collect();
        assert_eq!(wanted.len(), report.findings.len(), "no id twice");
        let excused = report.excused.iter();
        wanted.extend(excused.map(|one| one.entry.id.to_string()));
        for (form, text) in forms(&report) {
            assert_eq!(ids(form, &text), wanted, "{form}");
        }
    }
}

#[test]
fn an_id_outlives_what_it_was_found_on() {
    let before = changed_lab();
    let standby = "california".parse().expect("a name");
    let mut after = changed_lab();
    for entry in &mut after.findings {
        // As if the standby had been made anew: other ids, and the same cause.
        if let Some(evidence) = entry.evidence.get_mut(&standby) {
            evidence.id = Some("made-anew".to_owned());
        }
    }
    for ((form, before), (_, after)) in forms(&before).into_iter().zip(forms(&after)) {
        assert_ne!(before, after);
        assert_eq!(ids(form, &before), ids(form, &after), "{form}");
    }
}
