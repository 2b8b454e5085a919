//! A report as a timeline.

use jiff::Timestamp;

use super::document::Report;
use super::step::{SpanKind, StepReport, StepSpan, status_words};
use super::timeline::{Band, BandLook, Bar, Group, Lane, Look, Mark, MarkLook, Timeline};
use super::words;
use crate::model::Duration;
use crate::runbook::StepStatus;

/// The objective's mark is drawn if the drawing need not become longer than this many quarters of what it shows.
const STRETCH_QUARTERS: i64 = 6;

/// The timeline of a run, counted from where its recovery time counts from.
pub(super) fn timeline(report: &Report) -> Timeline {
    let origin = report.recovery_time.counted_from;
    let from = origin.min(report.run.started);
    let end = report.run.ended.unwrap_or(report.run.as_of).max(from);
    let mut marks = marks(report);
    let objective = objective(report, origin);
    let mut until = end;
    if let Some(mark) = objective {
        let shown = mark.at.as_millisecond() - from.as_millisecond();
        let length = end.as_millisecond() - from.as_millisecond();
        if shown.saturating_mul(4) <= length.saturating_mul(STRETCH_QUARTERS) {
            until = until.max(mark.at);
            marks.push(mark);
        }
    }
    Timeline {
        id: "run".to_owned(),
        title: format!(
            "Timeline of {} by stage and step. The same facts stand in the table of steps.",
            report.run.run
        ),
        range: (from, until),
        origin,
        groups: groups(report, end),
        bands: bands(report, end),
        marks,
        quiet: quiet(report, from, end),
    }
}

fn objective(report: &Report, origin: Timestamp) -> Option<Mark> {
    let rto = i64::try_from(report.recovery_time.objective.as_millis()).ok()?;
    let at = origin.as_millisecond().checked_add(rto)?;
    Some(Mark {
        at: Timestamp::from_millisecond(at).ok()?,
        look: MarkLook::Objective,
        label: format!("RTO {}", words::figure(report.recovery_time.objective)),
    })
}

fn marks(report: &Report) -> Vec<Mark> {
    let mut marks = Vec::new();
    if report.run.started > report.recovery_time.counted_from {
        marks.push(Mark {
            at: report.run.started,
            look: MarkLook::Plain,
            label: "run starts".to_owned(),
        });
    }
    for step in steps(report).filter(|step| step.pivot) {
        if let Some(at) = step.ended.filter(|_| step.status == StepStatus::Succeeded) {
            marks.push(Mark {
                at,
                look: MarkLook::Pivot,
                label: "pivot".to_owned(),
            });
        }
    }
    if let Some(at) = report.recovery_time.served_at {
        marks.push(Mark {
            at,
            look: MarkLook::Served,
            label: "clients served".to_owned(),
        });
    }
    for takeover in &report.takeovers {
        marks.push(Mark {
            at: takeover.at,
            look: MarkLook::Plain,
            label: format!("epoch {}", takeover.epoch),
        });
    }
    marks
}

fn steps(report: &Report) -> impl Iterator<Item = &StepReport> {
    report.stages.iter().flat_map(|stage| &stage.steps)
}

fn groups(report: &Report, end: Timestamp) -> Vec<Group> {
    report
        .stages
        .iter()
        .map(|stage| Group {
            name: stage.name.clone(),
            lanes: stage
                .steps
                .iter()
                .map(|step| Lane {
                    label: step.does.clone(),
                    pivot: step.pivot,
                    bars: bars(step, end),
                })
                .collect(),
        })
        .collect()
}

fn bars(step: &StepReport, end: Timestamp) -> Vec<Bar> {
    let mut bars: Vec<Bar> = step.spans.iter().map(|span| bar(step, span, end)).collect();
    if let (StepStatus::Skipped, Some(at)) = (step.status, step.ended) {
        bars.push(Bar {
            from: at,
            until: at,
            open: false,
            look: Look::Skipped,
            title: format!("{}: skipped at {}", step.does, words::time_of_day(at)),
        });
    }
    bars
}

fn bar(step: &StepReport, span: &StepSpan, end: Timestamp) -> Bar {
    let until = span.until.unwrap_or(end).max(span.from);
    let (look, what) = match span.kind {
        SpanKind::Work if span.until.is_none() => (Look::Work, status_words(step.status)),
        SpanKind::Work => (Look::Work, "carried out"),
        SpanKind::Checked if step.found_done => (Look::Checked, "found done, nothing was changed"),
        SpanKind::Checked => (Look::Checked, "done"),
        SpanKind::Failed => (Look::Failed, "attempt failed"),
        SpanKind::Pause => (Look::Pause, "pause before the next attempt"),
        SpanKind::Waiting => (Look::Waiting, "waiting for people"),
        SpanKind::Doubt => (Look::Doubt, "in doubt: outcome unknown"),
        SpanKind::Undo => (Look::Undo, "taken back"),
        SpanKind::UndoFailed => (Look::Failed, "could not be taken back"),
    };
    let when = if span.from == until {
        format!("at {}", words::time_of_day(until))
    } else {
        format!(
            "{} to {}, {}",
            words::time_of_day(span.from),
            words::time_of_day(until),
            words::figure(Duration::between(span.from, until))
        )
    };
    let open = if span.until.is_none() {
        ", not ended"
    } else {
        ""
    };
    Bar {
        from: span.from,
        until,
        open: span.until.is_none(),
        look,
        title: format!("{}: {what}; {when}{open}", step.does),
    }
}

fn bands(report: &Report, end: Timestamp) -> Vec<Band> {
    let outages = report.clients.stretches.iter().map(|stretch| Band {
        from: stretch.from,
        until: stretch.until.unwrap_or(stretch.seen_until),
        look: BandLook::Outage,
        title: format!(
            "clients were not served from {} for {}",
            words::time_of_day(stretch.from),
            words::figure(stretch.lasted())
        ),
    });
    let holds = report.holds.iter().map(|hold| Band {
        from: hold.from,
        until: hold.until.unwrap_or(end).max(hold.from),
        look: BandLook::Held,
        title: format!(
            "held from {}: {}",
            words::time_of_day(hold.from),
            hold.because
        ),
    });
    let silent = report
        .takeovers
        .iter()
        .filter(|t| !t.resumed)
        .map(|takeover| Band {
            from: silent_since(takeover.at, takeover.silent_for),
            until: takeover.at,
            look: BandLook::Silent,
            title: format!(
                "nothing recorded for {} before {} took over",
                words::figure(takeover.silent_for),
                takeover.by
            ),
        });
    outages.chain(holds).chain(silent).collect()
}

fn silent_since(at: Timestamp, silent_for: Duration) -> Timestamp {
    let ms = i64::try_from(silent_for.as_millis()).unwrap_or(0);
    Timestamp::from_millisecond(at.as_millisecond().saturating_sub(ms)).unwrap_or(at)
}

/// Between two things that are drawn, the run rested, nobody drove it, or clients were served already.
fn quiet(report: &Report, from: Timestamp, end: Timestamp) -> Vec<(Timestamp, Timestamp)> {
    let mut edges: Vec<Timestamp> = steps(report)
        .flat_map(|step| &step.spans)
        .flat_map(|span| [Some(span.from), span.until])
        .flatten()
        .chain(
            report
                .clients
                .stretches
                .iter()
                .flat_map(|s| [s.from, s.seen_until]),
        )
        .chain(
            report
                .holds
                .iter()
                .flat_map(|hold| [hold.from, hold.until.unwrap_or(end)]),
        )
        .chain(report.takeovers.iter().map(|takeover| takeover.at))
        .chain([from, end, report.run.started])
        .collect();
    edges.sort();
    edges.dedup();
    let rests = |a: Timestamp, b: Timestamp| {
        let held = |h: &super::document::HoldReport| h.from <= a && h.until.is_none_or(|u| b <= u);
        let silent =
            |t: &super::document::Takeover| silent_since(t.at, t.silent_for) <= a && b <= t.at;
        report.holds.iter().any(held)
            || report.takeovers.iter().any(silent)
            || report
                .recovery_time
                .served_at
                .is_some_and(|served| served <= a)
    };
    edges
        .windows(2)
        .map(|pair| (pair[0], pair[1]))
        .filter(|(a, b)| rests(*a, *b))
        .collect()
}
