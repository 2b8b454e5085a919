//! JUnit XML, as Jenkins and GitLab read it.
//!
//! A suite is a family of rules. A finding is a test case that failed, so that each has its own line and its own history; one that is
//! only worth knowing passed and says so in its output. A rule that found nothing is a case that passed, which makes a list that stays
//! the same from run to run. What could not be read is a case with an error, and with a gap no rule has passed: what it did not see,
//! nobody knows.
//!
//! GitLab names a case by `classname` and `name`, shows the first of two that are the same, and shows the text of a failure, not
//! its `message`: <https://docs.gitlab.com/ci/testing/unit_test_reports/>.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::escape::{cut, xml};
use super::{Sheet, about, accepted, capitalised, shown};
use crate::drift::exception::Excused;
use crate::drift::report::{Entry, Unknown};
use crate::model::{RuleDoc, Severity};

/// Longer texts are cut: the page and JSON have them whole.
const LONGEST: usize = 2000;

/// The suite of what is not known.
const NOT_KNOWN: &str = "not-known";
/// The suite of what weakens all of it.
const READING: &str = "reading";
/// The suite of findings whose rule this version does not know.
const OTHER: &str = "other";

/// One suite on its way.
#[derive(Default)]
struct Suite {
    cases: String,
    tests: usize,
    failures: usize,
    errors: usize,
    skipped: usize,
}

pub(super) fn write(sheet: &Sheet<'_>) -> String {
    let suites = suites(sheet);
    let total = |of: fn(&Suite) -> usize| -> usize { suites.values().map(of).sum() };
    let mut out = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"dr {} {}, {} to {}\" tests=\"{}\" failures=\"{}\" errors=\"{}\" skipped=\"{}\">\n",
        sheet.command,
        xml(sheet.estate.as_str()),
        xml(sheet.primary.as_str()),
        xml(sheet.standby.as_str()),
        total(|suite| suite.tests),
        total(|suite| suite.failures),
        total(|suite| suite.errors),
        total(|suite| suite.skipped),
    );
    // Without a zone, in UTC: that is what the schema of Ant's reports asks for.
    let at = sheet.at.strftime("%Y-%m-%dT%H:%M:%S");
    for (name, suite) in &suites {
        let _ = write!(
            out,
            "  <testsuite name=\"dr.{}.{name}\" timestamp=\"{at}\" tests=\"{}\" failures=\"{}\" errors=\"{}\" skipped=\"{}\">\n{}  </testsuite>\n",
            sheet.command, suite.tests, suite.failures, suite.errors, suite.skipped, suite.cases
        );
    }
    out.push_str("</testsuites>\n");
    out
}

fn suites(sheet: &Sheet<'_>) -> BTreeMap<String, Suite> {
    let mut suites: BTreeMap<String, Suite> = BTreeMap::new();
    for entry in sheet.findings {
        let family = sheet.family(entry).map(|family| family.to_string());
        let family = family.unwrap_or_else(|| OTHER.to_owned());
        let suite = suites.entry(family.clone()).or_default();
        suite.finding(sheet, &family, entry);
    }
    for excused in sheet.excused {
        let family = sheet
            .family(&excused.entry)
            .map(|family| family.to_string());
        let family = family.unwrap_or_else(|| OTHER.to_owned());
        let suite = suites.entry(family.clone()).or_default();
        suite.excused(sheet, &family, excused);
    }
    for rule in &sheet.rules {
        let family = rule.family.to_string();
        let excused = sheet.excused.iter().map(|one| &one.entry);
        let mut found = sheet.findings.iter().chain(excused);
        let has_findings = found.any(|entry| entry.finding.code == rule.code);
        if !has_findings {
            let suite = suites.entry(family.clone()).or_default();
            suite.quiet(sheet, &family, rule);
        }
    }
    if !sheet.caveats.is_empty() {
        let suite = suites.entry(READING.to_owned()).or_default();
        suite.caveats(sheet);
    }
    for unknown in sheet.unknown {
        let suite = suites.entry(NOT_KNOWN.to_owned()).or_default();
        suite.unknown(sheet, unknown);
    }
    suites
}

impl Suite {
    fn case(&mut self, class: &str, name: &str, inside: &str) {
        self.tests += 1;
        let _ = writeln!(
            self.cases,
            "    <testcase classname=\"{}\" name=\"{}\" time=\"0\">{inside}</testcase>",
            xml(class),
            xml(name)
        );
    }

    /// A finding. Its id is in its name: two findings of a rule may be about the same thing.
    fn finding(&mut self, sheet: &Sheet<'_>, family: &str, entry: &Entry) {
        let finding = &entry.finding;
        let class = format!("dr.{}.{family}.{}", sheet.command, finding.code);
        let attribute = entry.attribute.as_deref();
        let attribute = attribute.map(|it| format!(", {it}")).unwrap_or_default();
        let name = format!("{}{attribute} [{}]", finding.subject, entry.id);
        let text = told(sheet, entry);
        let inside = if finding.severity == Severity::Notice {
            format!("<system-out>{text}</system-out>")
        } else {
            self.failures += 1;
            format!(
                "<failure type=\"{}\" message=\"{}\">{text}</failure>",
                finding.severity,
                xml(&cut(&finding.message, LONGEST))
            )
        };
        self.case(&class, &name, &inside);
    }

    /// A finding that somebody accepts: it did not fail, and did not pass.
    fn excused(&mut self, sheet: &Sheet<'_>, family: &str, excused: &Excused) {
        self.skipped += 1;
        let finding = &excused.entry.finding;
        let class = format!("dr.{}.{family}.{}", sheet.command, finding.code);
        let name = format!("{} [{}]", finding.subject, excused.entry.id);
        let why = xml(&accepted(excused));
        self.case(&class, &name, &format!("<skipped message=\"{why}\"/>"));
    }

    /// A rule that found nothing.
    fn quiet(&mut self, sheet: &Sheet<'_>, family: &str, rule: &RuleDoc) {
        let class = format!("dr.{}.{family}.{}", sheet.command, rule.code);
        let inside = if sheet.unknown.is_empty() {
            String::new()
        } else {
            self.skipped += 1;
            "<skipped message=\"it found nothing in what was read, and not everything could be read\"/>"
                .to_owned()
        };
        self.case(&class, &format!("not found: {}", rule.title), &inside);
    }

    /// What weakens all of it: a case that passed, with output.
    fn caveats(&mut self, sheet: &Sheet<'_>) {
        let class = format!("dr.{}.{READING}", sheet.command);
        let caveats: Vec<String> = sheet.caveats.iter().map(|it| xml(it)).collect();
        let inside = format!("<system-out>{}\n</system-out>", caveats.join("\n"));
        self.case(&class, "when the sites were read", &inside);
    }

    fn unknown(&mut self, sheet: &Sheet<'_>, unknown: &Unknown) {
        self.errors += 1;
        let class = format!("dr.{}.{NOT_KNOWN}.{}", sheet.command, unknown.kind);
        let name = format!("{}: {}, {}", unknown.site, unknown.kind, about(unknown));
        let kind = match unknown.class {
            Some(class) => class.to_string(),
            None => "not told apart".to_owned(),
        };
        let reason = xml(&cut(&unknown.reason, LONGEST));
        let inside = format!(
            "<error type=\"{kind}\" message=\"{reason}\">{reason}\nfix: {}\n</error>",
            xml(&unknown.fix)
        );
        self.case(&class, &name, &inside);
    }
}

/// Everything about a finding, line by line.
fn told(sheet: &Sheet<'_>, entry: &Entry) -> String {
    let finding = &entry.finding;
    let mut lines = vec![
        format!("{} [{}]", sheet.name(entry), finding.severity),
        format!("{}: {}", finding.subject, cut(&finding.message, LONGEST)),
    ];
    lines.extend(entry.witness.as_ref().map(|it| format!("witness: {it}")));
    for site in sheet.sites() {
        let Some(evidence) = entry.evidence.get(site) else {
            continue;
        };
        let value = evidence.value.as_ref().map(shown);
        let value = value.map(|value| format!(" = {}", cut(&value, LONGEST)));
        lines.push(format!(
            "{site}: {}{}",
            evidence.id.as_deref().unwrap_or("nothing"),
            value.unwrap_or_default()
        ));
    }
    lines.extend(entry.origins.iter().map(|it| format!("from: {it}")));
    lines.push(format!("fix: {}", finding.fix));
    if let Some(rule) = sheet.rule(&finding.code) {
        lines.push(format!("why: {}", capitalised(rule.why)));
        lines.push(format!("source: {}", rule.source));
    }
    lines.push(format!("finding: {}", entry.id));
    let lines: Vec<String> = lines.iter().map(|line| xml(line)).collect();
    format!("{}\n", lines.join("\n"))
}
