use std::sync::Arc;

use super::*;
use crate::adapter::aws::AwsSite;
use crate::adapter::aws::memory::{Answer, Memory, wait};
use crate::adapter::aws::route53::Side;
use crate::adapter::local::SystemClock;
use crate::adapter::pipeline::trial::permit;
use crate::config::{self, builtin};
use crate::model::{Route53Binding, Settings};
use crate::port::Traffic;

fn set(site: &str, place: &str) -> String {
    format!(
        "<ResourceRecordSet><Name>app.storefront.example.</Name><Type>A</Type><SetIdentifier>{site}</SetIdentifier>\
         <Failover>{place}</Failover><TTL>60</TTL><ResourceRecords><ResourceRecord><Value>192.0.2.1</Value>\
         </ResourceRecord></ResourceRecords></ResourceRecordSet>"
    )
}

/// A door with record edits whose primary record is that of ohio, told in that file; every edit is accepted.
fn door(file: &Path) -> FrontDoor {
    leading(file, ["ohio", "california"])
}

/// The same with the records of these sites as the primary and the secondary one.
fn leading(file: &Path, [primary, secondary]: [&str; 2]) -> FrontDoor {
    let sets = set(primary, "PRIMARY") + &set(secondary, "SECONDARY");
    let network = Memory::new(move |request| {
        let body = match request.method() {
            "POST" => "<ChangeResourceRecordSetsResponse><ChangeInfo><Id>C1</Id><Status>PENDING</Status>\
                       <SubmittedAt>2026-11-21T05:00:00Z</SubmittedAt></ChangeInfo></ChangeResourceRecordSetsResponse>"
                .to_owned(),
            _ => format!(
                "<ListResourceRecordSetsResponse><ResourceRecordSets>{sets}</ResourceRecordSets>\
                 <IsTruncated>false</IsTruncated><MaxItems>300</MaxItems></ListResourceRecordSetsResponse>"
            ),
        };
        Answer::new(200, &body).with("x-amz-request-id", "1")
    });
    let estate = config::load_estate(builtin::storefront_estate()).expect("it is right");
    let side = |index: usize| {
        let site = &estate.sites[index];
        Side {
            site: site.id.clone(),
            aws: AwsSite::over(site, network.config(), Arc::new(SystemClock)),
            binding: Route53Binding {
                zone: "Z1".to_owned(),
                set_identifier: site.id.to_string(),
                health_check: None,
                answers: vec!["192.0.2.1".to_owned()],
                switch_bucket: None,
                switch_key: None,
                roles: None,
                name_servers: Vec::new(),
            },
        }
    };
    let id = "front-door".parse().expect("a name");
    let mut component = estate.component(&id).expect("it has one").clone();
    if let Settings::Traffic(traffic) = &mut component.settings {
        traffic.method = TrafficMethod::RecordEdit;
    }
    let door = FrontDoor::new(component, [side(0), side(1)], Arc::new(SystemClock));
    door.told_in(Some(file.to_owned()))
}

fn codes(door: &FrontDoor) -> Vec<String> {
    let found = wait(door.inspect());
    found.into_iter().map(|finding| finding.code).collect()
}

#[test]
fn an_edit_of_the_records_is_told_to_the_stack_that_has_them() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("dr.auto.tfvars.json");
    std::fs::write(&file, r#"{"record": "app.storefront.example"}"#).unwrap();
    let door = door(&file);
    let california = door.standby().site.clone();
    wait(door.shift(&california, &permit("t"))).unwrap();
    let found: Value = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
    let wanted = serde_json::json!({"record": "app.storefront.example", "primary": "california"});
    assert_eq!(found, wanted);
}

#[test]
fn an_edit_that_could_not_be_told_is_made_and_found_until_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("dr.auto.tfvars.json");
    std::fs::write(&file, "primary = \"ohio\"").unwrap();
    let door = leading(&file, ["california", "ohio"]);
    let california = door.standby().site.clone();
    wait(door.shift(&california, &permit("t"))).unwrap();
    let found = wait(door.inspect());
    let untold = found.iter().find(|of| of.code == "records-not-in-code");
    let untold = untold.expect("it is found");
    assert!(
        untold.fix.contains(r#""primary": "california""#),
        "{untold:?}"
    );
}

#[test]
fn a_stack_that_says_other_records_than_there_are_is_found() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("dr.auto.tfvars.json");
    let untold = "records-not-in-code".to_owned();
    // Where it says nothing the home primary's record is the primary one, and so it is.
    assert!(!codes(&door(&file)).contains(&untold));
    std::fs::write(&file, r#"{"primary": "california"}"#).unwrap();
    assert!(codes(&door(&file)).contains(&untold));
}
