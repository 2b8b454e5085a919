//! SARIF 2.1.0: <https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html>.
//!
//! A finding is a result, a gap is a notification of an invocation that did not succeed: a viewer that shows results only must not
//! take a scan with gaps for a clean one. Things stand in no file, so that a result's place is a logical one; where the estate's
//! file is known it is named beside it, since GitHub refuses a whole upload for one result without a file.

use serde_json::{Value, json};

use super::escape::{cut, json as json_text, sarif as plain, visible};
use super::{Sheet, about, accepted, capitalised, sentence};
use crate::drift::exception::Excused;
use crate::drift::report::{Entry, Unknown};
use crate::model::{RuleDoc, Severity, Subject};

const SCHEMA: &str =
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

/// What is not known has one descriptor, the first of the notifications.
const NOT_KNOWN: &str = "not-known";

/// What weakens all results, the second.
const READING: &str = "reading";

/// Longer messages are cut; the properties have every value whole.
const LONGEST_MESSAGE: usize = 1000;

pub(super) fn write(sheet: &Sheet<'_>) -> String {
    let results = sheet.findings.iter().map(|entry| result(sheet, entry));
    let excused = sheet.excused.iter().map(|one| suppressed(sheet, one));
    let results: Vec<Value> = results.chain(excused).collect();
    let rules: Vec<Value> = sheet.rules.iter().map(|doc| rule(doc)).collect();
    let caveats = sheet.caveats.iter().map(|caveat| {
        json!({
            "descriptor": { "id": READING, "index": 1 },
            "level": "warning",
            "message": { "text": plain(&sentence(&capitalised(caveat))) },
            "properties": { "readAt": sheet.at },
        })
    });
    let notifications = sheet.unknown.iter().map(notification).chain(caveats);
    let notifications: Vec<Value> = notifications.collect();
    let log = json!({
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "dr",
                "semanticVersion": env!("CARGO_PKG_VERSION"),
                "rules": rules,
                "notifications": [{
                    "id": NOT_KNOWN,
                    "shortDescription": { "text": "Something could not be read or not be told apart" },
                    "fullDescription": { "text": "Nothing is said about it: neither that it is as it should be nor that it is not." },
                    "defaultConfiguration": { "level": "error" },
                }, {
                    "id": READING,
                    "shortDescription": { "text": "What was read is old, of the future, or of two different times" },
                    "fullDescription": { "text": "Every result rests on it." },
                    "defaultConfiguration": { "level": "warning" },
                }],
            }},
            // What stands before the last slash is the category: runs of the same one replace each other.
            "automationDetails": {
                "id": format!("dr-{}/{}/{}-to-{}/", sheet.command, sheet.estate, sheet.primary, sheet.standby),
            },
            "invocations": [{
                "executionSuccessful": sheet.unknown.is_empty(),
                "toolExecutionNotifications": notifications,
            }],
            "results": results,
            "properties": {
                "estate": sheet.estate,
                "primary": sheet.primary,
                "standby": sheet.standby,
                "readAt": sheet.at,
                "headline": sheet.headline,
            },
        }],
    });
    json_text(&format!("{log:#}\n"))
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Blocking => "error",
        Severity::Slowing => "warning",
        Severity::Notice => "note",
    }
}

fn rule(doc: &RuleDoc) -> Value {
    let (why, fix) = (plain(doc.why), plain(&sentence(doc.fix)));
    let mut rule = json!({
        "id": doc.code,
        "shortDescription": { "text": plain(&capitalised(doc.title)) },
        "fullDescription": { "text": why },
        "help": {
            "text": format!("{why}\n\nFix: {fix}\n\nSource: {}", plain(doc.source)),
            "markdown": format!("{why}\n\n**Fix:** {fix}\n\n**Source:** {}", plain(doc.source)),
        },
        "defaultConfiguration": { "level": level(doc.severity) },
        "properties": { "tags": ["disaster-recovery", doc.family.to_string()] },
    });
    if doc.source.starts_with("https://") {
        rule["helpUri"] = json!(doc.source);
    }
    rule
}

fn result(sheet: &Sheet<'_>, entry: &Entry) -> Value {
    let finding = &entry.finding;
    let message = cut(&finding.message, LONGEST_MESSAGE);
    let mut text = format!("{}: {}", finding.subject, sentence(&message));
    if let Some(witness) = &entry.witness {
        text.push_str(&format!(" Witness: {}", sentence(witness)));
    }
    text.push_str(&format!(" Fix: {}", sentence(&finding.fix)));
    let mut result = json!({
        "ruleId": finding.code,
        "level": level(finding.severity),
        "message": { "text": plain(&text) },
        "locations": [location(sheet, &finding.subject)],
        "partialFingerprints": {
            "drFindingId/v1": entry.id,
            // The only one that GitHub reads: without it every finding of a rule in one file is the same alert.
            "primaryLocationLineHash": entry.id,
        },
        "properties": properties(entry),
    });
    if let Some(index) = sheet
        .rules
        .iter()
        .position(|rule| rule.code == finding.code)
    {
        result["ruleIndex"] = json!(index);
    }
    result
}

/// A finding that an exception hides: viewers show it as closed, with the reason.
fn suppressed(sheet: &Sheet<'_>, excused: &Excused) -> Value {
    let mut result = result(sheet, &excused.entry);
    result["suppressions"] = json!([{
        "kind": "external",
        "status": "accepted",
        "justification": plain(&accepted(excused)),
    }]);
    result
}

/// What the message has not, or has cut.
fn properties(entry: &Entry) -> Value {
    let mut properties = json!({
        "severity": entry.finding.severity,
        "fix": entry.finding.fix,
        "evidence": entry.evidence,
        "origins": entry.origins,
    });
    let more = [
        ("attribute", entry.attribute.as_ref().map(|it| json!(it))),
        ("witness", entry.witness.as_ref().map(|it| json!(it))),
        ("pairedBy", entry.paired_by.map(|it| json!(it))),
        (
            "confidence",
            entry.paired_by.map(|it| json!(it.confidence())),
        ),
    ];
    for (name, value) in more {
        if let Some(value) = value {
            properties[name] = value;
        }
    }
    properties
}

fn location(sheet: &Sheet<'_>, subject: &Subject) -> Value {
    let name = match subject {
        Subject::Resource { name, .. } => name.clone(),
        other => other.to_string(),
    };
    let mut location = json!({
        "logicalLocations": [{
            "name": visible(&name),
            "fullyQualifiedName": visible(&format!("{}/{subject}", sheet.estate)),
            "kind": "resource",
        }],
    });
    if let Some(file) = &sheet.declared_in {
        location["physicalLocation"] = json!({
            "artifactLocation": { "uri": relative_uri(file) },
            "region": { "startLine": 1 },
        });
    }
    location
}

/// A path as a relative reference (RFC 3986): what may not stand in a segment is percent-encoded, a colon too, which would make a
/// scheme of what stands before it.
fn relative_uri(path: &str) -> String {
    let mut uri = String::with_capacity(path.len());
    for byte in path.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => {
                uri.push(char::from(byte));
            }
            other => uri.push_str(&format!("%{other:02X}")),
        }
    }
    uri
}

fn notification(unknown: &Unknown) -> Value {
    let text = format!(
        "{} in {}, {}: {} Fix: {}",
        unknown.kind,
        unknown.site,
        about(unknown),
        sentence(&cut(&unknown.reason, LONGEST_MESSAGE)),
        sentence(&unknown.fix)
    );
    json!({
        "descriptor": { "id": NOT_KNOWN, "index": 0 },
        "level": "error",
        "message": { "text": plain(&text) },
        "properties": unknown,
    })
}
