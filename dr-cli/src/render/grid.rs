//! The estate as a grid: components down, the two sites across.

use std::fmt::Write as _;

use comfy_table::{ContentArrangement, LineStyle, Table, TableStyle};
use dr_core::model::{
    Component, Compute, Estate, Kind, ObjectStorage, Probe, ProbeKind, Role, Settings, Site,
    TrafficMethod,
};

use super::style::Style;

/// One line under the header, none between rows.
const LOOK: TableStyle = TableStyle::new().header_separator(LineStyle::new('─', '─', '─', '─'));

/// A table in the one look that all tables of `dr` have.
pub(crate) fn table(header: Vec<String>) -> Table {
    let mut table = Table::new();
    table
        .load_style(LOOK)
        .set_content_arrangement(ContentArrangement::Dynamic)
        .set_header(header);
    table
}

/// A table as text, without spaces at the ends of its lines.
pub(crate) fn lines(table: &Table) -> String {
    table.trim_fmt()
}

/// The estate: the grid, then what holds for all of it.
pub(crate) fn estate(estate: &Estate, style: Style) -> String {
    let mut header = vec!["COMPONENT".to_owned(), "TECHNOLOGY".to_owned()];
    header.extend(estate.sites.iter().map(|site| {
        let role = match site.home_role {
            Role::Primary => "PRIMARY",
            Role::Standby => "standby",
        };
        format!("{} · {role}\n{}", site.id, site.region)
    }));
    let mut table = table(header);
    for kind in Kind::ALL {
        for component in estate.of_kind(kind) {
            let mut row = vec![
                component.id.to_string(),
                format!("{} ({})", component.technology, component.kind()),
            ];
            row.extend(
                estate
                    .sites
                    .iter()
                    .map(|site| cell(estate, component, site)),
            );
            table.add_row(row);
        }
    }
    format!(
        "{} {}\n\n{}\n\n{}",
        style.dim("estate"),
        style.bold(estate.name.as_str()),
        lines(&table),
        facts(estate, style)
    )
}

/// What holds for the whole estate, a line each.
fn facts(estate: &Estate, style: Style) -> String {
    let mut text = String::new();
    let mut fact = |name: &str, value: &str| {
        let _ = writeln!(text, "{}  {value}", style.dim(format!("{name:<12}")));
    };
    fact(
        "objectives",
        &format!(
            "RPO {}, RTO {}",
            estate.objectives.rpo, estate.objectives.rto
        ),
    );
    match estate.write_lease {
        Some(lease) => fact(
            "write lease",
            &format!("{lease}, kept in the standby's site"),
        ),
        None => fact(
            "write lease",
            "none: a lost primary cannot be proven fenced by waiting",
        ),
    }
    for (index, probe) in estate.steady_state.iter().enumerate() {
        let name = if index == 0 { "steady state" } else { "" };
        fact(name, &probe_text(probe));
    }
    for (index, backup) in estate.backups.iter().enumerate() {
        let name = if index == 0 { "backups" } else { "" };
        fact(
            name,
            &format!(
                "{} at `{}` UTC, kept {}",
                backup.component, backup.schedule, backup.keep
            ),
        );
    }
    text
}

fn probe_text(probe: &Probe) -> String {
    match &probe.kind {
        ProbeKind::ClientWrites {
            through,
            at_least,
            over,
        } => format!("{at_least} of client writes through {through} over {over}"),
        ProbeKind::ReplicationLag { component, at_most } => {
            format!("{component} at most {at_most} behind")
        }
        ProbeKind::HealthyMembers {
            component,
            at_least,
        } => format!("at least {at_least} healthy in {component}"),
        ProbeKind::MonitoringUp { component } => format!("{component} watches the primary"),
    }
}

/// What a component is on a site while roles are as at home.
fn cell(estate: &Estate, component: &Component, site: &Site) -> String {
    let primary = site.home_role == Role::Primary;
    match &component.settings {
        Settings::Repository(r) if r.standby_off && !primary => "off until needed".to_owned(),
        Settings::Repository(_) => "running".to_owned(),
        Settings::Infrastructure(i) => i
            .state
            .as_ref()
            .and_then(|id| estate.component(id))
            .and_then(|store| bucket(store, site))
            .map_or_else(
                || "own state".to_owned(),
                |bucket| format!("state in {bucket}"),
            ),
        Settings::Network(n) => format!("{} zones, {} addresses", n.zones, n.addresses),
        Settings::Balancer(b) => b.fleet.as_ref().map_or_else(
            || "no fleet".to_owned(),
            |fleet| format!("in front of {fleet}"),
        ),
        Settings::Compute(c) => fleet(c, primary),
        Settings::Kubernetes(c) => fleet(c, primary),
        Settings::Database(d) => {
            let role = if primary { "primary" } else { "replica" };
            format!("{role}, {} × {}", d.nodes, d.class)
        }
        Settings::Monitoring(m) => m
            .hosted_on
            .as_ref()
            .map_or_else(|| "own host".to_owned(), |host| format!("on {host}")),
        Settings::Traffic(t) => {
            let clients = if primary {
                "clients are sent here"
            } else {
                "in reserve"
            };
            let method = match t.method {
                TrafficMethod::HealthSwitch => "health switch",
                TrafficMethod::RecordEdit => "record edit",
            };
            if primary {
                format!("{clients}\n{}, TTL {}, {method}", t.record, t.ttl)
            } else {
                clients.to_owned()
            }
        }
        Settings::ObjectStore(_) => {
            bucket(component, site).unwrap_or_else(|| "no bucket".to_owned())
        }
    }
}

fn fleet(compute: &Compute, primary: bool) -> String {
    let Compute {
        size,
        capacity,
        standby_count,
    } = compute;
    if primary {
        format!("{} × {size}, at least {}", capacity.count, capacity.minimum)
    } else if *standby_count < capacity.count {
        format!("{standby_count} × {size}, scaled down")
    } else {
        format!("{standby_count} × {size}")
    }
}

fn bucket(component: &Component, site: &Site) -> Option<String> {
    match &component.settings {
        Settings::ObjectStore(ObjectStorage { buckets }) => buckets.get(&site.id).cloned(),
        _ => None,
    }
}
