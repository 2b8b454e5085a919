//! What a comparison with gaps would have shown.

use serde_json::json;

use super::world::{SITES, World};
use crate::drift::{Entry, Unsettled};
use crate::model::{ResourceKind as Kind, Subject};

/// A change of one site: what it is, and how it is made.
type Change = (String, Box<dyn Fn(&mut World)>);

/// Each thing removed, and each attribute of each thing changed, one at a time.
fn changes() -> Vec<Change> {
    let mut changes: Vec<Change> = Vec::new();
    for site in SITES {
        for thing in &World::alike().site(site).resources {
            let (kind, id) = (thing.kind, thing.id.clone());
            let name = format!("{site}: {kind} {id}");
            let gone = id.clone();
            changes.push((
                format!("{name} removed"),
                Box::new(move |world| {
                    let resources = &mut world.site(site).resources;
                    resources.retain(|thing| thing.kind != kind || thing.id != gone);
                }),
            ));
            for attribute in thing.attributes.keys() {
                let (id, attribute) = (id.clone(), attribute.clone());
                changes.push((
                    format!("{name} {attribute}"),
                    Box::new(move |world| {
                        let thing = world.thing(site, kind, &id);
                        thing.attributes.insert(attribute.clone(), json!("x-1"));
                    }),
                ));
            }
        }
    }
    changes
}

/// What is found, and what is left open.
fn seen(world: &World) -> (Vec<Entry>, Unsettled) {
    let report = world.report();
    let direction = world.estate.outward();
    let open = Unsettled::of(&world.estate, &direction, &world.scan, &report.unknown)
        .expect("both sites are there");
    (report.findings, open)
}

fn would_show(open: &Unsettled, entry: &Entry) -> bool {
    let Subject::Resource { kind, .. } = &entry.finding.subject else {
        return false;
    };
    open.would_show(*kind, entry.attribute.as_deref(), entry.is_surely_paired())
}

#[test]
fn no_finding_that_a_gap_hides_would_have_been_shown() {
    let mut hidden = 0;
    let mut settled = 0;
    let mut wrong: Vec<String> = Vec::new();
    for (change, make) in changes() {
        let mut whole = World::alike();
        make(&mut whole);
        let (all, _) = seen(&whole);
        for site in SITES {
            for kind in Kind::ALL {
                let mut world = World::alike();
                make(&mut world);
                let resources = &mut world.site(site).resources;
                let before = resources.len();
                resources.retain(|thing| thing.kind != *kind);
                if resources.len() == before {
                    continue;
                }
                world.gap(site, *kind, None, &[]);
                let (shown, open) = seen(&world);
                for entry in &all {
                    let is_shown = shown.iter().any(|other| other.id == entry.id);
                    let is_settled = would_show(&open, entry);
                    hidden += usize::from(!is_shown);
                    settled += usize::from(is_settled);
                    if !is_shown && is_settled {
                        let code = (&entry.finding.code, entry.finding.subject.to_string());
                        wrong.push(format!("{change}, without {kind} of {site}: {code:?}"));
                    }
                }
            }
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
    assert!(hidden > 100 && settled > hidden, "{hidden}, {settled}");
}

#[test]
fn a_gap_leaves_nothing_open_that_has_nothing_to_do_with_it() {
    let mut world = World::alike();
    world.gap(SITES[0], Kind::SsmParameter, None, &[]);
    let (_, open) = seen(&world);
    assert!(open.would_show(Kind::RdsInstance, Some("class"), true));
    assert!(open.would_show(Kind::Ec2SecurityGroup, Some("ingress.cidr"), true));
    assert!(!open.would_show(Kind::SsmParameter, None, false));
    let nothing = seen(&World::alike()).1;
    assert_eq!(nothing, Unsettled::default());
}
