//! JUnit XML that every reader takes.

use std::collections::BTreeMap;

use xmlparser::{ElementEnd, Token, Tokenizer};

use super::*;

/// An element that was opened: its name, its attributes, and how many of which elements stand in it.
#[derive(Debug, Default)]
struct Element {
    name: String,
    attributes: BTreeMap<String, String>,
    inside: BTreeMap<String, usize>,
}

/// Every element of a well-formed document, in the order of their ends.
fn elements(text: &str) -> Vec<Element> {
    let mut open: Vec<Element> = Vec::new();
    let mut closed: Vec<Element> = Vec::new();
    for token in Tokenizer::from(text) {
        match token.unwrap_or_else(|error| panic!("{error}: {text}")) {
            Token::ElementStart { local, .. } => open.push(Element {
                name: local.to_string(),
                ..Element::default()
            }),
            Token::Attribute { local, value, .. } => {
                let element = open.last_mut().expect("an attribute has its element");
                let twice = element
                    .attributes
                    .insert(local.to_string(), value.to_string());
                assert_eq!(twice, None, "{local} twice");
            }
            Token::ElementEnd {
                end: ElementEnd::Open,
                ..
            } => {}
            Token::ElementEnd { end, .. } => {
                let element = open.pop().expect("an end has its start");
                if let ElementEnd::Close(_, name) = end {
                    assert_eq!(element.name, name.as_str());
                }
                for outer in &mut open {
                    *outer.inside.entry(element.name.clone()).or_default() += 1;
                }
                closed.push(element);
            }
            Token::Declaration { .. } | Token::Text { .. } => {}
            other => panic!("nothing else is written: {other:?}"),
        }
    }
    assert!(open.is_empty(), "{open:?}");
    closed
}

fn named<'e>(elements: &'e [Element], name: &str) -> Vec<&'e Element> {
    let elements = elements.iter();
    elements.filter(|element| element.name == name).collect()
}

#[test]
fn it_is_well_formed_and_its_counts_are_those_of_its_cases() {
    for report in [hostile(), changed_lab(), lab(|_| {})] {
        let elements = elements(&report.sheet().to_junit());
        let all = named(&elements, "testsuites");
        for suite in named(&elements, "testsuite").into_iter().chain(all) {
            for (attribute, element) in [
                ("tests", "testcase"),
                ("failures", "failure"),
                ("errors", "error"),
                ("skipped", "skipped"),
            ] {
                let counted = suite.inside.get(element).copied().unwrap_or_default();
                assert_eq!(
                    suite.attributes[attribute],
                    counted.to_string(),
                    "{attribute} of {:?}",
                    suite.attributes["name"]
                );
            }
        }
    }
}

#[test]
fn no_two_cases_have_one_name_since_gitlab_shows_only_the_first() {
    let elements = elements(&changed_lab().sheet().to_junit());
    let cases = named(&elements, "testcase");
    let mut names: Vec<_> = cases
        .iter()
        .map(|case| (&case.attributes["classname"], &case.attributes["name"]))
        .collect();
    let number = names.len();
    names.sort();
    names.dedup();
    assert_eq!(names.len(), number);
}

#[test]
fn a_finding_fails_a_gap_is_an_error_and_what_is_worth_knowing_passes() {
    let elements = elements(&hostile().sheet().to_junit());
    let count = |name| named(&elements, name).len();
    assert_eq!(count("failure"), 2);
    assert_eq!(count("error"), 1);
    // And what weakens all of it.
    assert_eq!(count("system-out"), 3);
}

#[test]
fn no_rule_has_passed_while_something_is_not_known() {
    let quiet = rules().count();
    let elements_of = |unknown| elements(&report(Vec::new(), unknown).sheet().to_junit());
    let complete = elements_of(Vec::new());
    assert_eq!(named(&complete, "testcase").len(), quiet);
    assert_eq!(named(&complete, "skipped").len(), 0);
    let with_gap = elements_of(vec![gap()]);
    assert_eq!(named(&with_gap, "testcase").len(), quiet + 1);
    assert_eq!(named(&with_gap, "skipped").len(), quiet);
}
