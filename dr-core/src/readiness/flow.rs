//! Every rule asked, the law, the verdict.

use super::facts::Facts;
use super::report::{Answer, Doubt, Line, Report, Score, Standing};
use super::rule::{Found, Need, Outcome, Rule, Where};
use super::rules;
use crate::drift::{
    EXPIRED, Entry, Excused, FindingId, Side, UNAPPROVED, UNUSED, Unknown, caveats, exceptions_of,
    excuse,
};
use crate::model::{Family, Finding, Severity, SiteScan};

/// Asks every rule.
pub fn examine(facts: &Facts<'_>) -> Report {
    let mut lines: Vec<Line> = Vec::new();
    let mut findings = Vec::new();
    for rule in Family::ALL
        .iter()
        .flat_map(|family| rules::all().filter(|rule| rule.doc.family == *family))
    {
        let (line, found) = judge(rule, facts);
        lines.push(line);
        findings.extend(found);
    }
    let (findings, excused) = accept(&mut lines, findings, facts);
    let parts = facts.scan.parts().map(|part| part.at);
    Report {
        format: Report::FORMAT,
        estate: facts.estate.name.clone(),
        primary: facts.direction.from.clone(),
        standby: facts.direction.to.clone(),
        at: facts.at,
        read_at: parts.min().unwrap_or_default(),
        caveats: caveats(facts.estate, facts.direction, facts.scan, facts.now),
        verdict: verdict(&lines),
        score: score(&lines),
        first: first(&lines, &findings),
        rules: lines,
        findings,
        excused,
    }
}

/// Takes out what somebody accepts, adds what is wrong with the exceptions themselves, and says how each rule ended. An exception
/// without a use has none only where its rule saw everything and had something to look at: a kept scan does not tell all.
fn accept(
    lines: &mut Vec<Line>,
    findings: Vec<Entry>,
    facts: &Facts<'_>,
) -> (Vec<Entry>, Vec<Excused>) {
    let line = |code: &str| lines.iter().find(|line| line.code == code);
    let exceptions = exceptions_of(&facts.estate.exceptions, |code| line(code).is_some());
    let (mut findings, excused) = excuse(&exceptions, findings, facts.now, |exception| {
        line(&exception.rule).is_some_and(|line| {
            line.unknown.is_empty() && !(line.holds.is_empty() && line.findings.is_empty())
        })
    });
    findings.sort_by(Entry::worst_first);
    for doc in [&EXPIRED, &UNAPPROVED, &UNUSED] {
        if findings.iter().any(|entry| entry.finding.code == doc.code) {
            lines.push(Line::new(doc, Vec::new()));
        }
    }
    for line in lines {
        let of_line = |entry: &&Entry| entry.finding.code == line.code;
        let accepted = excused.iter().map(|one: &Excused| &one.entry);
        line.accepted = accepted.filter(of_line).map(|it| it.id.clone()).collect();
        let own: Vec<&Entry> = findings.iter().filter(of_line).collect();
        line.standing = standing(line, own.iter().map(|it| it.finding.severity).max());
        line.findings = own.into_iter().map(|it| it.id.clone()).collect();
    }
    (findings, excused)
}

/// How a rule ended, by the worst of what it found and nobody accepts.
fn standing(line: &Line, worst: Option<Severity>) -> Standing {
    match worst {
        Some(Severity::Blocking) => Standing::Blocks,
        _ if !line.unknown.is_empty() => Standing::Unknown,
        Some(Severity::Slowing) => Standing::Slows,
        Some(Severity::Notice) => Standing::Notice,
        None if !line.accepted.is_empty() => Standing::Accepted,
        None if line.holds.is_empty() => Standing::Nothing,
        None => Standing::Holds,
    }
}

/// What stands in the way of a rule, each gap that touches what it needs.
fn gaps(rule: &Rule, facts: &Facts<'_>) -> Vec<Doubt> {
    let mut doubts: Vec<Doubt> = rule
        .needs
        .iter()
        .flat_map(|need| of_need(need, facts))
        .collect();
    doubts.sort();
    doubts.dedup();
    doubts
}

fn of_need(need: &Need, facts: &Facts<'_>) -> Vec<Doubt> {
    let scan = |side| Some(facts.column(side).scan);
    let parts: Vec<Option<&SiteScan>> = match need.at {
        Where::Primary => vec![scan(Side::Primary)],
        Where::Standby => vec![scan(Side::Standby)],
        Where::Both => vec![scan(Side::Primary), scan(Side::Standby)],
        Where::Global => vec![facts.global()],
    };
    let mut doubts = Vec::new();
    for part in parts {
        let Some(part) = part else {
            doubts.push(Doubt {
                reason: format!("the scan has nothing of {}", need.kind.service()),
                fix: "dr discover".to_owned(),
                gap: None,
            });
            continue;
        };
        let touched = part.gaps.iter().filter(|gap| need.is_touched(gap));
        doubts.extend(touched.map(|gap| {
            let gap = Unknown::gap(&part.site, gap);
            Doubt {
                reason: format!("{} in {}: {}", gap.kind, gap.site, gap.reason),
                fix: gap.fix.clone(),
                gap: Some(Box::new(gap)),
            }
        }));
    }
    doubts
}

/// One rule. The law: where something that it needs was not read it does not hold, it is about something, and it concludes
/// nothing from what it did not see.
fn judge(rule: &Rule, facts: &Facts<'_>) -> (Line, Vec<Entry>) {
    let mut line = Line::new(&rule.doc, gaps(rule, facts));
    let is_read = line.unknown.is_empty();
    let mut findings = Vec::new();
    for outcome in (rule.check)(facts) {
        match outcome {
            Outcome::Holds(what) => line.holds.push(what),
            Outcome::Nothing(why) => line.nothing.push(why),
            Outcome::Unknown(doubt) => line.unknown.push(doubt),
            Outcome::Found(found) if is_read || !found.is_absence => {
                findings.push(entry(rule, *found));
            }
            Outcome::Found(_) => {}
        }
    }
    line.findings = findings.iter().map(|entry| entry.id.clone()).collect();
    (line, findings)
}

fn entry(rule: &Rule, found: Found) -> Entry {
    let doc = &rule.doc;
    let severity = found.severity.unwrap_or(doc.severity);
    let fix = found.fix.unwrap_or_else(|| doc.fix.to_owned());
    let subject = found.subject.to_string();
    let id = FindingId::new(doc.code, &subject, found.attribute.as_deref());
    let finding = Finding::new(severity, doc.code, found.subject, found.message, fix);
    Entry {
        attribute: found.attribute,
        evidence: found.evidence,
        ..Entry::new(id, finding)
    }
}

fn verdict(lines: &[Line]) -> Answer {
    let worst = |line: &Line| match line.standing {
        Standing::Blocks => Answer::Blocked,
        Standing::Unknown if line.severity == Severity::Blocking => Answer::Unknown,
        Standing::Unknown | Standing::Slows | Standing::Notice => Answer::Impaired,
        Standing::Holds | Standing::Accepted | Standing::Nothing => Answer::Ready,
    };
    lines.iter().map(worst).max().unwrap_or(Answer::Ready)
}

fn score(lines: &[Line]) -> Score {
    let mut score = Score::default();
    for line in lines {
        score.all.count(line.standing);
        let family = score.families.entry(line.family).or_default();
        family.count(line.standing);
    }
    // Nothing judged is nothing proven.
    let judged = score.all.judged();
    score.percent = (score.all.holds * 100).checked_div(judged).unwrap_or(0);
    score
}

/// What stops a failover, then what may, then what costs minutes.
fn first(lines: &[Line], findings: &[Entry]) -> Vec<String> {
    let of = |severity| {
        let findings = findings.iter();
        findings
            .filter(move |entry| entry.finding.severity == severity)
            .map(|entry| entry.id.to_string())
    };
    let unknown = lines
        .iter()
        .filter(|line| line.severity == Severity::Blocking && !line.unknown.is_empty());
    of(Severity::Blocking)
        .chain(unknown.map(|line| line.code.clone()))
        .chain(of(Severity::Slowing))
        .collect()
}
