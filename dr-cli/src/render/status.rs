//! The estate now, for people: the grid, then runs, what is pending, what was set aside, what could not be read.

use std::fmt::Write as _;

use dr_core::model::{ClientView, Duration, Role};
use dr_core::report::Tone;
use dr_core::report::words::{figure, instant};
use dr_core::runbook::RunStatus;
use dr_core::status::{LeaseStatus, Pending, PendingFence, RunLine, SetAside, SiteStatus, Status};

use super::event::{fence_level, status_in_words};
use super::grid;
use super::style::Style;

/// The whole of it.
pub(crate) fn text(status: &Status, style: Style, command: &dyn Fn(&str) -> String) -> String {
    let simulated = if status.simulated { ", simulated" } else { "" };
    let mut text = format!(
        "{} {}{simulated}, {}\n\n{}\n\n",
        style.dim("estate"),
        style.bold(status.estate.as_str()),
        instant(status.at),
        columns(status, style)
    );
    let mut facts = Facts {
        text: &mut text,
        style,
        last: "",
    };
    if let Some(reason) = &status.roles_unknown {
        facts.line("roles", &style.bad(format!("not known: {reason}")));
    }
    for lease in &status.leases {
        facts.line("write lease", &lease_line(lease, style));
    }
    if let Some(view) = &status.clients {
        facts.line("clients", &clients(view, status, style));
    }
    if let Some(holder) = &status.operator {
        let who = style.active(format!("{} carries out {}", holder.who, holder.run));
        let left = Duration::between(status.at, holder.until);
        facts.line(
            "operator",
            &format!("{who}, lock held for {} more", figure(left)),
        );
    }
    for run in &status.runs {
        facts.line("runs", &run_line(run, style));
    }
    for pending in &status.pending {
        facts.line("pending", &pending_line(pending, status, style));
    }
    if status.pending.is_empty() {
        facts.line("pending", "nothing");
    }
    for old in &status.set_aside {
        facts.line("set aside", &set_aside(old, status, style));
    }
    for gap in &status.gaps {
        let what = style.warn(&gap.what);
        facts.line("not read", &format!("{what}: {}", gap.reason));
    }
    for next in next(status) {
        facts.line("next", &style.active(command(&next)));
    }
    text
}

/// Lines with a name in front, which is written once for those that share it.
struct Facts<'a> {
    text: &'a mut String,
    style: Style,
    last: &'static str,
}

impl Facts<'_> {
    fn line(&mut self, name: &'static str, value: &str) {
        let shown = if self.last == name { "" } else { name };
        self.last = name;
        let name = self.style.dim(format!("{shown:<12}"));
        let _ = writeln!(self.text, "{name}  {value}");
    }
}

fn columns(status: &Status, style: Style) -> String {
    let mut header = vec!["COMPONENT".to_owned(), "TECHNOLOGY".to_owned()];
    header.extend(status.sites.iter().map(|site| head(site, style)));
    let mut table = grid::table(header);
    for row in &status.rows {
        let mut cells = vec![
            row.component.to_string(),
            format!("{} ({})", row.technology, row.kind),
        ];
        cells.extend(status.sites.iter().map(|site| {
            row.cells
                .get(&site.site)
                .map_or_else(String::new, |cell| toned(&cell.says, cell.tone, style))
        }));
        table.add_row(cells);
    }
    grid::lines(&table)
}

/// A site and the role that it has now; beside it the one that it has at home, where that is another.
fn head(site: &SiteStatus, style: Style) -> String {
    let role = match site.role {
        Some(Role::Primary) => "PRIMARY".to_owned(),
        Some(Role::Standby) => "standby".to_owned(),
        None => style.bad("role not known"),
    };
    let mut notes = Vec::new();
    if site.role.is_some_and(|role| role != site.home_role) {
        notes.push(format!("at home {}", site.home_role));
    }
    if !site.answers {
        notes.push("does not answer".to_owned());
    } else if site.role.is_some() && !site.role_was_read {
        notes.push("by what the other site is".to_owned());
    }
    let mut text = format!("{} · {role}\n{}", site.site, site.region);
    if !notes.is_empty() {
        text.push_str(", ");
        text.push_str(&notes.join(", "));
    }
    text
}

fn toned(text: &str, tone: Tone, style: Style) -> String {
    match tone {
        Tone::Good => text.to_owned(),
        Tone::Attention => style.warn(format!("! {text}")),
        Tone::Bad => style.bad(format!("✘ {text}")),
        Tone::Open => style.active(format!("▸ {text}")),
    }
}

fn lease_line(lease: &LeaseStatus, style: Style) -> String {
    let says = toned(&lease.says, lease.tone, style);
    match &lease.kept_at {
        Some(site) => format!("{says}; kept at {site}"),
        None => says,
    }
}

fn clients(view: &ClientView, status: &Status, style: Style) -> String {
    let written = format!(
        "{} of {} writes acknowledged",
        view.acknowledged, view.tried
    );
    let served: Vec<&str> = view.served_by.iter().map(AsRef::as_ref).collect();
    let served = match served.as_slice() {
        [] => style.bad("by no site"),
        sites => format!("by {}", sites.join(" and ")),
    };
    let outage = view.outage.as_ref().filter(|outage| outage.until.is_none());
    let outage = outage.map_or_else(String::new, |outage| {
        let since = Duration::between(outage.from, status.at);
        style.bad(format!("; not served for {}", figure(since)))
    });
    format!("{written} in the last minute, {served}{outage}")
}

fn run_line(run: &RunLine, style: Style) -> String {
    let took = Duration::between(run.started, run.last);
    format!(
        "{} {}, {}, began {}, {}\n{:14}{}",
        style.bold(run.run.as_str()),
        run.direction,
        run.mode,
        instant(run.started),
        if run.status.is_over() {
            format!("took {}", figure(took))
        } else {
            format!("last record after {}", figure(took))
        },
        "",
        status_in_words(run.status, style)
    )
}

/// Whether a question says the same.
fn asked(status: &Status, because: &str) -> bool {
    status
        .pending
        .iter()
        .any(|pending| matches!(pending, Pending::Question { text, .. } if text == because))
}

fn pending_line(pending: &Pending, all: &Status, style: Style) -> String {
    match pending {
        Pending::Run {
            run,
            status,
            because,
            under_way,
            in_doubt,
        } => {
            let mut text = format!("{run} is {}", word(*status, style));
            if let Some(because) = because.as_ref().filter(|because| !asked(all, because)) {
                let _ = write!(text, ": {because}");
            }
            for (steps, what) in [(under_way, "begun"), (in_doubt, "in doubt")] {
                if !steps.is_empty() {
                    let names: Vec<&str> = steps.iter().map(AsRef::as_ref).collect();
                    let _ = write!(text, "; {what}: {}", names.join(", "));
                }
            }
            text
        }
        Pending::Question {
            run,
            step,
            code,
            text,
            people,
            said_yes,
        } => {
            let have = match (people, said_yes.as_slice()) {
                (0, _) => String::new(),
                (people, []) => format!(" [{people} to say yes]"),
                (people, names) => format!(" [{people} to say yes, {} did]", names.join(", ")),
            };
            let step = style.bold(step.as_str());
            format!("{run} asks at {step} ({code}){have}: {text}")
        }
        Pending::Fence(PendingFence {
            run,
            site,
            level,
            since,
            failed: _,
        }) => {
            let age = Duration::between(*since, all.at);
            format!(
                "fence of {}: {} for {}; {run} applies it when the site answers",
                style.bold(site.as_str()),
                fence_level(*level, style),
                figure(age)
            )
        }
        Pending::Protection { run, what } => format!("{run} closed without it: {what}"),
    }
}

fn word(status: RunStatus, style: Style) -> String {
    match status {
        RunStatus::Running => style.active("under way"),
        RunStatus::Unwinding => style.warn("unwinding"),
        RunStatus::Held => style.warn("held"),
        RunStatus::Stuck => style.bad("stuck"),
        RunStatus::Completed | RunStatus::Unwound | RunStatus::Aborted => "over".to_owned(),
    }
}

fn set_aside(old: &SetAside, status: &Status, style: Style) -> String {
    let age = Duration::between(old.since, status.at);
    let kept = match old.expires {
        None => "no expiry written down".to_owned(),
        Some(expires) if expires > status.at => {
            let left = Duration::between(status.at, expires);
            format!("kept {} more, until {}", figure(left), instant(expires))
        }
        Some(expires) => style.warn(format!(
            "no longer needed since {}: compare its last writes, then delete it",
            instant(expires)
        )),
    };
    format!(
        "{} at {}: old primary of {}, set aside {} ago; {kept}",
        style.bold(&old.id),
        old.site,
        old.component,
        figure(age)
    )
}

/// What to type about what is pending.
fn next(status: &Status) -> Vec<String> {
    let mut commands = Vec::new();
    for pending in &status.pending {
        let Pending::Run {
            run,
            status: stands,
            ..
        } = pending
        else {
            continue;
        };
        commands.push(format!("dr run show {run}"));
        let asks = status
            .pending
            .iter()
            .any(|other| matches!(other, Pending::Question { run: of, .. } if of == run));
        // Nothing is to be decided first: whoever is on call goes on with it.
        if *stands == RunStatus::Held && !asks {
            commands.push(format!("dr run resume {run}"));
        }
    }
    commands
}

#[cfg(test)]
mod tests;
