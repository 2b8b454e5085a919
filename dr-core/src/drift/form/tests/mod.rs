//! Every form of a report with names that nobody should have, and of a real scan.

mod ids;
mod junit;
mod markdown;
mod sarif;
mod schema;

use std::collections::BTreeMap;

use serde_json::json;

use crate::config::{Source, load_estate};
use crate::drift::exception::Excused;
use crate::drift::origin::Origin;
use crate::drift::pair::Ground;
use crate::drift::report::{Coverage, Entry, Evidence, FindingId, Report, Unknown, Verdict};
use crate::drift::{examine, rules};
use crate::model::{
    Direction, EstateScan, Exception, Finding, GapClass, ResourceKind, Severity, Subject,
};

/// A name that does harm wherever it is not made harmless.
const HOSTILE: &str = "<script>alert(1)</script>]]>|`x`\u{1b}[31m\u{202e}gpj\u{200f} @team #12 \
                       [a](http://evil.example) {0} & \"q\" 's' __b__ <!-- \n# h\r\n- - - \u{0}\u{fffe}";

/// What may stand in no form but as an escape.
const STEERING: [char; 6] = ['\u{1b}', '\u{202e}', '\u{200f}', '\r', '\u{0}', '\u{fffe}'];

/// A finding whose every text is hostile, of the first rule of that severity.
fn finding(severity: Severity, number: usize) -> Entry {
    let rule = rules()
        .find(|rule| rule.severity == severity)
        .expect("each severity has a rule");
    let subject = Subject::Resource {
        component: Some("app".parse().expect("a name")),
        kind: ResourceKind::Ec2SecurityGroup,
        name: format!("{HOSTILE}{number}"),
    };
    let evidence = |value| Evidence {
        id: Some(HOSTILE.to_owned()),
        value,
    };
    Entry {
        id: FindingId::new(rule.code, &subject.to_string(), Some(HOSTILE)),
        finding: Finding::new(severity, rule.code, subject, HOSTILE, HOSTILE),
        attribute: Some(HOSTILE.to_owned()),
        evidence: BTreeMap::from([
            (
                "ohio".parse().expect("a name"),
                evidence(Some(json!([{ HOSTILE: HOSTILE }]))),
            ),
            (
                "california".parse().expect("a name"),
                Evidence {
                    id: None,
                    value: None,
                },
            ),
        ]),
        witness: Some(HOSTILE.to_owned()),
        paired_by: Some(Ground::Position),
        origins: vec![Origin::Removed {
            site: "california".parse().expect("a name"),
            address: HOSTILE.to_owned(),
        }],
    }
}

/// A finding that somebody accepts, with hostile words.
fn excused() -> Excused {
    Excused {
        entry: finding(Severity::Slowing, 2),
        exception: Exception {
            rule: HOSTILE.to_owned(),
            component: None,
            resource: None,
            attribute: None,
            reason: HOSTILE.to_owned(),
            owner: HOSTILE.to_owned(),
            expires: "2026-12-31".parse().expect("a day"),
            approved_by: Some(HOSTILE.to_owned()),
        },
    }
}

fn gap() -> Unknown {
    Unknown {
        site: "ohio".parse().expect("a name"),
        kind: ResourceKind::KmsKey,
        about: Some(HOSTILE.to_owned()),
        attributes: vec![HOSTILE.to_owned()],
        class: Some(GapClass::Denied),
        reason: HOSTILE.to_owned(),
        fix: HOSTILE.to_owned(),
    }
}

fn report(findings: Vec<Entry>, unknown: Vec<Unknown>) -> Report {
    Report {
        format: Report::FORMAT,
        estate: "storefront".parse().expect("a name"),
        primary: "ohio".parse().expect("a name"),
        standby: "california".parse().expect("a name"),
        read_at: "2026-01-02T03:04:05Z".parse().expect("an instant"),
        at: "2026-01-02T03:04:05Z".parse().expect("an instant"),
        caveats: Vec::new(),
        since: None,
        verdict: Verdict::of(&findings, &unknown),
        findings,
        excused: Vec::new(),
        unknown,
        coverage: BTreeMap::from([(ResourceKind::Ec2SecurityGroup, Coverage::default())]),
    }
}

/// One finding of each severity, a finding of a rule that nobody knows, one that is accepted, and a gap.
fn hostile() -> Report {
    let mut findings: Vec<Entry> = [Severity::Blocking, Severity::Slowing, Severity::Notice]
        .map(|severity| finding(severity, 0))
        .into();
    let mut later = finding(Severity::Notice, 1);
    later.finding.code = "a-rule-of-tomorrow".to_owned();
    findings.push(later);
    Report {
        excused: vec![excused()],
        caveats: vec![HOSTILE.to_owned()],
        ..report(findings, vec![gap()])
    }
}

/// The scan of the laboratory, changed at the standby.
fn lab(change: impl FnOnce(&mut EstateScan)) -> Report {
    let text = include_str!("../../../../../tests/corpus/drift/estate.yaml");
    let estate = load_estate(Source::new("estate.yaml", text)).expect("the estate is right");
    let text = include_str!("../../../../../tests/corpus/drift/scan.json");
    let mut scan: EstateScan = serde_json::from_str(text).expect("a scan of dr discover");
    change(&mut scan);
    let direction = Direction {
        from: "ohio".parse().expect("a name"),
        to: "california".parse().expect("a name"),
    };
    examine(&estate, &direction, &scan, None).expect("both sites were read")
}

/// What the laboratory comes to with a change of each kind.
fn changed_lab() -> Report {
    lab(|scan| {
        let standby = "california".parse().expect("a name");
        let resources = &mut scan.sites.get_mut(&standby).expect("it was read").resources;
        resources.retain(|resource| resource.kind != ResourceKind::SsmParameter);
        for resource in resources {
            match resource.kind {
                ResourceKind::RdsInstance => {
                    let attributes = &mut resource.attributes;
                    attributes.insert("class".to_owned(), json!("db.t3.micro"));
                    attributes.insert("engine-version".to_owned(), json!("14.1"));
                }
                ResourceKind::Ec2SecurityGroup => {
                    resource.attributes.remove("ingress");
                }
                ResourceKind::EksCluster => {
                    resource.tags.insert("owner".to_owned(), HOSTILE.to_owned());
                }
                _ => {}
            }
        }
    })
}

/// All forms but text, which the command line has.
fn forms(report: &Report) -> [(&'static str, String); 4] {
    let sheet = report.sheet();
    [
        ("sarif", sheet.to_sarif()),
        ("junit", sheet.to_junit()),
        ("markdown", sheet.to_markdown()),
        ("html", sheet.to_html()),
    ]
}

#[test]
fn the_same_report_gives_the_same_bytes_however_it_was_kept() {
    let report = changed_lab();
    let text = serde_json::to_string(&report).unwrap();
    let kept: Report = serde_json::from_str(&text).unwrap();
    assert_eq!(kept, report);
    assert_eq!(forms(&kept), forms(&report));
    assert_eq!(serde_json::to_string(&kept).unwrap(), text);
}

#[test]
fn nothing_of_the_world_steers_a_display() {
    for (form, text) in forms(&hostile()) {
        for c in STEERING {
            assert!(!text.contains(c), "{form} has {c:?}");
        }
    }
}

#[test]
fn the_page_runs_no_script_and_asks_nobody() {
    let page = hostile().sheet().to_html();
    for mark in ["<script", "</script", "<!-- ", "<img", "<link", "src="] {
        assert!(!page.contains(mark), "{mark}");
    }
    assert!(page.contains("&#60;script&#62;alert(1)"), "{page}");
    assert!(page.contains("default-src 'none'"));
}

#[test]
fn words_of_commands_in_the_texts_of_rules_are_code_on_the_page() {
    let page = lab(|scan| {
        let standby = "california".parse().expect("a name");
        let site = scan.sites.get_mut(&standby).expect("it was read");
        for resource in &mut site.resources {
            if resource.kind == ResourceKind::AutoscalingGroup {
                resource.attributes.insert("maximum".to_owned(), json!(2));
            }
        }
    })
    .sheet()
    .to_html();
    assert!(page.contains("<code>provision</code> scales"), "{page}");
}

#[test]
fn what_is_accepted_and_would_stop_a_failover_is_no_clean_bill_in_any_form() {
    let mut accepted = excused();
    accepted.entry = finding(Severity::Blocking, 2);
    accepted.exception.owner = "ana".to_owned();
    accepted.exception.approved_by = Some("ben".to_owned());
    accepted.exception.reason = "the day of the move".to_owned();
    let report = Report {
        excused: vec![accepted],
        ..report(Vec::new(), Vec::new())
    };
    assert_eq!(report.verdict, Verdict::InSync);
    let [sarif, junit, markdown, html] = forms(&report);
    for (form, text) in [&sarif, &junit, &markdown, &html] {
        for part in [
            "would stop a failover; accepted until 2026-12-31",
            "(ana, approved by ben)",
        ] {
            assert!(text.contains(part), "{form} lacks {part}: {text}");
        }
    }
    let headline =
        "The sites are in sync but for 1 accepted difference, which would stop a failover";
    assert!(
        html.1.contains(headline) && html.1.contains("seal attention"),
        "{}",
        html.1
    );
    assert!(markdown.1.contains(headline) && !markdown.1.contains('✅'));
    assert!(markdown.1.contains("| 🤝 Accepted | 1 |"), "{}", markdown.1);
    assert!(html.1.contains("href=\"#accepted\"") && html.1.contains("1 blocking"));
}

#[test]
fn what_weakens_a_report_stands_in_every_form() {
    let report = Report {
        caveats: vec!["ohio was read long ago".to_owned()],
        ..report(Vec::new(), Vec::new())
    };
    for (form, text) in forms(&report) {
        assert!(text.contains("hio was read long ago"), "{form}: {text}");
    }
}

#[test]
fn a_report_without_findings_says_so_in_every_form() {
    let report = lab(|_| {});
    assert_eq!(report.verdict, Verdict::InSync);
    for (form, text) in forms(&report) {
        assert!(text.contains("in sync") || form == "junit", "{form}");
    }
}
