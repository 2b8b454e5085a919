//! A plan for people: what will be done, in which order, how long it takes, what it may lose, which calls it makes.

use std::collections::{BTreeMap, BTreeSet};

use dr_core::model::Objectives;
use dr_core::port::Plane;
use dr_core::runbook::{Plan, PlannedStage, PlannedStep};

use super::duration::short;
use super::finding;
use super::style::Style;

/// The whole plan.
pub(crate) fn text(plan: &Plan, style: Style) -> String {
    let mut text = format!(
        "{} of {}, {}, {}{}\n{}\n\n",
        style.bold(format!("plan {}", plan.runbook)),
        style.bold(plan.estate.name.as_str()),
        plan.mode,
        style.bold(plan.direction.to_string()),
        if plan.rehearsal { ", rehearsal" } else { "" },
        style.dim(format!("digest {}", plan.digest)),
    );
    let mut past_pivot = false;
    for (index, stage) in plan.stages.iter().enumerate() {
        text.push_str(&stage_text(index + 1, stage, &mut past_pivot, style));
    }
    text.push_str(&prediction(plan, style));
    text.push_str(&calls(plan, style));
    text.push_str(&created(plan, style));
    if !plan.findings.is_empty() {
        text.push_str(&format!("\n{}\n", style.bold("findings")));
        for finding in &plan.findings {
            text.push_str(&finding::text(finding, style));
        }
    }
    text
}

fn stage_text(number: usize, stage: &PlannedStage, past_pivot: &mut bool, style: Style) -> String {
    let together = if stage.steps.len() > 1 {
        style.dim(", side by side")
    } else {
        String::new()
    };
    let mut text = format!(
        "{}{together}\n",
        style.bold(format!("{number}. {}", stage.name)),
    );
    let pivots = stage.steps.iter().any(|step| step.pivot);
    for step in &stage.steps {
        text.push_str(&step_text(step, !*past_pivot && !pivots, style));
    }
    if pivots {
        let line =
            "── the pivot: up to here a run can be unwound, from here it only goes forward ──";
        text.push_str(&format!("   {}\n", style.warn(line)));
        *past_pivot = true;
    }
    text
}

fn step_text(step: &PlannedStep, can_unwind: bool, style: Style) -> String {
    let place = step
        .site
        .as_ref()
        .map(|site| format!(" at {site}"))
        .unwrap_or_default();
    let verb = if step.pivot {
        style.warn(format!("{:<40}", format!("{}{place}", step.verb)))
    } else {
        format!("{:<40}", format!("{}{place}", step.verb))
    };
    let mut text = format!(
        "   {verb} {:>8}   {}\n",
        format!("~{}", short(step.expected)),
        style.dim(format!(
            "{} × {} at most",
            step.attempts,
            short(step.timeout)
        )),
    );
    if can_unwind && let Some(undo) = &step.undo {
        text.push_str(&format!("     {}\n", style.dim(format!("undo: {undo}"))));
    }
    text
}

/// How long and how much, each against its objective.
fn prediction(plan: &Plan, style: Style) -> String {
    let Objectives { rpo, rto } = plan.estate.objectives;
    let serving = plan.prediction.until_serving;
    let within = |ok: bool| {
        if ok {
            style.good("within")
        } else {
            style.bad("exceeds")
        }
    };
    let loss = match plan.prediction.loss {
        Some(loss) => format!("{loss}, {} the RPO of {rpo}", within(loss <= rpo)),
        None => style.warn(format!(
            "unknown: the lag could not be read (the RPO is {rpo})"
        )),
    };
    format!(
        "\n{}\n  clients served again   about {serving}, {} the RTO of {rto}\n  run done               about {}\n  data lost              {loss}\n",
        style.bold("prediction"),
        within(serving <= rto),
        plan.prediction.total,
    )
}

/// The calls by region and plane, and within by service.
fn calls(plan: &Plan, style: Style) -> String {
    let mut text = format!("\n{}\n", style.bold("calls"));
    for ((place, plane), calls) in plan.calls_by_place() {
        let plane = match plane {
            Plane::Data => "data plane",
            Plane::Control => "control plane",
        };
        let optional = if calls.iter().all(|call| !call.required) {
            style.dim(" (tried, not needed)")
        } else {
            String::new()
        };
        let mut services: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        for call in &calls {
            services
                .entry(&call.service)
                .or_default()
                .insert(&call.call);
        }
        text.push_str(&format!(
            "  {}, {plane}{optional}\n",
            style.bold(place.to_string())
        ));
        for (service, calls) in services {
            let calls: Vec<&str> = calls.into_iter().collect();
            text.push_str(&format!("    {}: {}\n", service, calls.join(", ")));
        }
    }
    text
}

/// What needs quota, capacity and money.
fn created(plan: &Plan, style: Style) -> String {
    let created: BTreeSet<String> = plan
        .creates()
        .map(|(step, call)| {
            let place = &call.place;
            format!("  {}:{} at {place} ({step})\n", call.service, call.call)
        })
        .collect();
    if created.is_empty() {
        return format!("\n{} nothing\n", style.bold("creates"));
    }
    let lines: String = created.into_iter().collect();
    format!("\n{}\n{lines}", style.bold("creates"))
}
