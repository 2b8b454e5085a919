//! What `dr drift` did not read it does not judge, and never calls in sync; and its verdict says no more than its findings and gaps.
//! On pairs of sites that are made from seeds (`dr_tests::twins`).
#![expect(clippy::disallowed_macros, reason = "the figures are printed")]

use std::collections::BTreeSet;

use dr_core::drift::{Entry, FindingId, Unknown, Verdict};
use dr_core::model::{Finding, GapClass, ResourceKind as Kind, ScanGap, Severity, Subject};
use dr_core::sim::Dice;
use dr_tests::twins::{Belongs, SIDES, Style, Twins, kinds, side_by_side, told};

/// What is to be missing: in which pair, on which side, of which kind; of one thing, and which attribute of it, or all of the kind.
type Missing = (usize, usize, Kind, Option<String>, Vec<String>);

#[test]
fn what_was_not_read_is_never_in_sync_and_nothing_is_invented_about_it() {
    let twins: Vec<Twins> = [3, 4]
        .map(|seed| {
            Twins::new(Style {
                applications: 1,
                ..Style::drawn(seed)
            })
        })
        .to_vec();
    let mut gaps: Vec<Missing> = Vec::new();
    for (number, pair) in twins.iter().enumerate() {
        for side in SIDES {
            for kind in kinds(&pair.sides[side]) {
                gaps.push((number, side, kind, None, Vec::new()));
            }
            let mut seen: BTreeSet<(Kind, String)> = BTreeSet::new();
            for thing in pair.sides[side]
                .iter()
                .filter(|thing| thing.belongs == Belongs::Estate)
            {
                let names = thing
                    .resource
                    .attributes
                    .keys()
                    .map(String::as_str)
                    .chain(["tags"]);
                for name in
                    names.filter(|name| seen.insert((thing.resource.kind, (*name).to_owned())))
                {
                    gaps.push((
                        number,
                        side,
                        thing.resource.kind,
                        Some(thing.resource.id.clone()),
                        vec![name.to_owned()],
                    ));
                }
            }
        }
    }
    let failures = side_by_side(gaps.len(), |at| {
        let (number, side, kind, about, attributes) = &gaps[at];
        let mut pair = twins[*number].clone();
        match about {
            None => pair.sides[*side].retain(|thing| thing.resource.kind != *kind),
            Some(about) => {
                for thing in pair.sides[*side]
                    .iter_mut()
                    .filter(|thing| thing.resource.id == *about && thing.resource.kind == *kind)
                {
                    if attributes[0] == "tags" {
                        thing.resource.tags.clear();
                        thing.resource.component = None;
                    }
                    thing.resource.attributes.remove(&attributes[0]);
                }
            }
        }
        pair.gaps[*side].push(ScanGap {
            kind: *kind,
            about: about.clone(),
            attributes: attributes.clone(),
            class: GapClass::Denied,
            action: "service:Describe".to_owned(),
            reason: "not allowed".to_owned(),
            kept: 0,
        });
        let report = pair.examine();
        let is_right = report.verdict == Verdict::Incomplete && report.findings.is_empty();
        (!is_right).then(|| {
            format!(
                "{kind} {attributes:?} on side {side}: {:?}{}",
                report.verdict,
                told(&report)
            )
        })
    });
    let failures: Vec<&String> = failures.iter().flatten().collect();
    println!("gaps {}, wrongly told {}", gaps.len(), failures.len());
    assert!(failures.is_empty(), "{failures:#?}");
}

#[test]
fn the_verdict_follows_from_the_report_alone() {
    let mut dice = Dice::new(14);
    let severities = [Severity::Notice, Severity::Slowing, Severity::Blocking];
    let unknown = Unknown {
        site: "ohio".parse().expect("a name"),
        kind: Kind::Ec2Vpc,
        about: None,
        attributes: Vec::new(),
        class: Some(GapClass::Denied),
        reason: "not allowed".to_owned(),
        fix: "allow it".to_owned(),
    };
    for _ in 0..100_000 {
        let mut count = [0_usize; 3];
        let findings: Vec<Entry> = (0..dice.between(0, 6))
            .map(|number| {
                let drawn = usize::try_from(dice.between(0, 2)).expect("an index");
                count[drawn] += 1;
                let finding = Finding::new(severities[drawn], "code", Subject::Estate, "message", "fix");
                let id = FindingId::new("code", &number.to_string(), None);
                let text = serde_json::json!({ "id": id, "severity": finding.severity, "code": finding.code, "subject": finding.subject, "message": finding.message, "fix": finding.fix });
                serde_json::from_value(text).expect("an entry")
            })
            .collect();
        let gaps = vec![unknown.clone(); usize::try_from(dice.between(0, 2)).expect("a size")];
        let expected = if count[2] > 0 {
            Verdict::Blocked
        } else if !gaps.is_empty() {
            Verdict::Incomplete
        } else if count == [0, 0, 0] {
            Verdict::InSync
        } else {
            Verdict::Drift
        };
        assert_eq!(
            Verdict::of(&findings, &gaps),
            expected,
            "{count:?}, {} gaps",
            gaps.len()
        );
    }
}
