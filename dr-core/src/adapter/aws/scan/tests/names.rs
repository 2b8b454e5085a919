//! Of Route 53's five calls a second each counts: what is asked, and what is known of the zones all the same.

use super::fake::{Answer, Fake};
use super::{answers, estate, scans_of};
use crate::model::{Binding, Estate, Resource, ResourceKind as Kind, Route53Binding};
use crate::port::{Reading, ScanPart};

const ZONES: &str = "route53:ListHostedZones";
const RECORDS: &str = "route53:ListResourceRecordSets";
const CHECKS: &str = "route53:ListHealthChecks";

/// The estate, with its front door bound to a zone on the home site.
fn bound_to(zone: &str) -> Estate {
    let mut estate = estate();
    let front = Binding::Route53(Route53Binding {
        zone: zone.to_owned(),
        set_identifier: "ohio".to_owned(),
        health_check: None,
        answers: Vec::new(),
        switch_bucket: None,
        switch_key: None,
        roles: None,
        name_servers: Vec::new(),
    });
    let home = estate.home().id.clone();
    let door = "front-door".parse().expect("a name");
    let bindings = estate.bindings.entry(home).or_default();
    bindings.insert(door, front);
    estate
}

/// What is read of the names, and with which calls.
fn names_of(
    estate: &Estate,
    answer: impl Fn(&str, &str) -> Answer + Send + Sync + 'static,
) -> (Reading, Vec<String>) {
    let fake = Fake::new(answer);
    let mut readings = scans_of(estate, &fake, &[ScanPart::Global]);
    let calls = fake.calls().into_iter().map(|(call, _)| call).collect();
    (readings.remove(0), calls)
}

fn of_kind(reading: &Reading, kind: Kind) -> Vec<&Resource> {
    let resources = reading.resources.iter();
    resources.filter(|one| one.kind == kind).collect()
}

/// A page of one record, and where the next one begins.
fn page(name: &str, next: Option<&str>) -> Answer {
    let next = next.map_or_else(
        || "<IsTruncated>false</IsTruncated>".to_owned(),
        |next| format!("<IsTruncated>true</IsTruncated><NextRecordName>{next}</NextRecordName>"),
    );
    Answer::Body(
        200,
        format!(
            "<ListResourceRecordSetsResponse><ResourceRecordSets><ResourceRecordSet><Name>{name}</Name><Type>A</Type></ResourceRecordSet></ResourceRecordSets>{next}<MaxItems>300</MaxItems></ListResourceRecordSetsResponse>"
        ),
    )
}

#[test]
fn zones_are_not_listed_where_the_estate_names_the_one_that_holds_its_name() {
    let (reading, calls) = names_of(&bound_to("Z1"), |call, _| answers::usual(call));
    assert_eq!(calls, [RECORDS, CHECKS]);
    assert_eq!(reading.gaps, []);
    let [zone] = of_kind(&reading, Kind::Route53Zone)[..] else {
        panic!("one zone: {:?}", reading.resources);
    };
    assert_eq!(zone.id, "Z1");
    assert_eq!(zone.name.as_deref(), Some("storefront.example."));
    assert_eq!(of_kind(&reading, Kind::Route53Record).len(), 2);
}

#[test]
fn zones_are_listed_where_the_name_is_in_none_that_the_estate_names_and_each_is_read_once() {
    let elsewhere = |call: &str, asked: &str| match (call, asked.contains("Z1")) {
        (RECORDS, false) => page("other.example.", None),
        _ => answers::usual(call),
    };
    let (reading, calls) = names_of(&bound_to("Z0"), elsewhere);
    assert_eq!(calls, [RECORDS, CHECKS, ZONES, RECORDS]);
    let zones = of_kind(&reading, Kind::Route53Zone);
    let ids: Vec<&str> = zones.iter().map(|zone| &zone.id[..]).collect();
    assert_eq!(ids, ["Z0", "Z1"]);
    // A name that no zone has yet is no reason to read a zone twice.
    let nowhere = |call: &str, _: &str| match call {
        RECORDS => page("other.example.", None),
        _ => answers::usual(call),
    };
    let (_, calls) = names_of(&bound_to("Z1"), nowhere);
    assert_eq!(calls, [RECORDS, CHECKS, ZONES]);
}

#[test]
fn every_page_of_a_zone_is_read_and_pages_that_do_not_end_leave_zone_and_records_as_gaps() {
    let paged = |call: &str, asked: &str| match (call, asked.contains("name=b.example")) {
        (RECORDS, false) => page("a.example.", Some("b.example.")),
        (RECORDS, true) => page("b.example.", None),
        _ => answers::usual(call),
    };
    let (reading, _) = names_of(&bound_to("Z1"), paged);
    assert_eq!(of_kind(&reading, Kind::Route53Record).len(), 2);
    assert_eq!(reading.gaps, []);
    let endless = |call: &str, _: &str| match call {
        RECORDS => page("a.example.", Some("b.example.")),
        _ => answers::usual(call),
    };
    let (reading, _) = names_of(&bound_to("Z1"), endless);
    assert_eq!(
        of_kind(&reading, Kind::Route53Zone),
        Vec::<&Resource>::new()
    );
    let mut gaps: Vec<_> = reading
        .gaps
        .iter()
        .map(|gap| (gap.kind, gap.kept))
        .collect();
    gaps.sort_unstable();
    assert_eq!(gaps, [(Kind::Route53Zone, 0), (Kind::Route53Record, 2)]);
}
