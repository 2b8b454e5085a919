use std::collections::BTreeSet;
use std::sync::Arc;

use super::*;
use crate::adapter::aws::AwsSite;
use crate::adapter::aws::memory::{Answer, Memory, wait};
use crate::adapter::local::SystemClock;
use crate::config::{self, builtin};
use crate::model::Route53Binding;

/// Route 53 and S3, from memory.
#[derive(Debug, Clone)]
struct Answers {
    /// Status, and what is told of the records.
    records: (u16, String),
    check: (u16, String),
    /// Status of `HeadBucket`, and the region that its header names.
    bucket: (u16, Option<&'static str>),
}

fn set(site: &str, place: &str, check: &str, evaluates: bool) -> String {
    format!(
        "<ResourceRecordSet><Name>App.storefront.example.</Name><Type>A</Type><SetIdentifier>{site}</SetIdentifier>\
         <Failover>{place}</Failover><AliasTarget><HostedZoneId>Z1</HostedZoneId>\
         <DNSName>dualstack.{site}.elb.amazonaws.com.</DNSName>\
         <EvaluateTargetHealth>{evaluates}</EvaluateTargetHealth></AliasTarget>{check}</ResourceRecordSet>"
    )
}

fn records(evaluates: bool) -> String {
    let check = "<HealthCheckId>switch</HealthCheckId>";
    let sets =
        set("ohio", "PRIMARY", check, false) + &set("california", "SECONDARY", "", evaluates);
    format!(
        "<ListResourceRecordSetsResponse><ResourceRecordSets>{sets}</ResourceRecordSets>\
         <IsTruncated>false</IsTruncated><MaxItems>300</MaxItems></ListResourceRecordSetsResponse>"
    )
}

fn check(inverted: bool) -> String {
    format!(
        "<GetHealthCheckResponse><HealthCheck><Id>switch</Id><CallerReference>one</CallerReference>\
         <HealthCheckConfig><Type>HTTPS</Type><ResourcePath>/serve-from-standby</ResourcePath>\
         <FullyQualifiedDomainName>switches.s3.us-west-1.amazonaws.com</FullyQualifiedDomainName>\
         <Inverted>{inverted}</Inverted><Disabled>false</Disabled></HealthCheckConfig>\
         <HealthCheckVersion>1</HealthCheckVersion></HealthCheck></GetHealthCheckResponse>"
    )
}

fn error(status: u16, code: &str) -> (u16, String) {
    let text = format!(
        "<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code><Message>no</Message></Error></ErrorResponse>"
    );
    (status, text)
}

/// A door that is as it should be.
fn healthy() -> Answers {
    Answers {
        records: (200, records(false)),
        check: (200, check(true)),
        bucket: (200, Some("us-west-1")),
    }
}

impl Answers {
    fn network(&self) -> Memory {
        let told = self.clone();
        Memory::new(move |request| {
            let uri = request.uri();
            let answer = if uri.contains("/rrset") {
                Answer::new(told.records.0, &told.records.1)
            } else if uri.contains("/healthcheck/") {
                Answer::new(told.check.0, &told.check.1)
            } else {
                let head = Answer::new(told.bucket.0, "");
                match told.bucket.1 {
                    Some(region) => head.with("x-amz-bucket-region", region),
                    None => head,
                }
            };
            answer.with("x-amz-request-id", "1")
        })
    }

    /// The codes of what is found with these answers.
    fn found(&self) -> BTreeSet<String> {
        let estate = config::load_estate(builtin::storefront_estate()).expect("it is right");
        let side = |index: usize| {
            let site = &estate.sites[index];
            let clock = Arc::new(SystemClock);
            Side {
                site: site.id.clone(),
                aws: AwsSite::over(site, self.network().config(), clock),
                binding: Route53Binding {
                    zone: "Z1".to_owned(),
                    set_identifier: site.id.to_string(),
                    health_check: None,
                    answers: vec![format!("{}.elb.amazonaws.com", site.id)],
                    switch_bucket: Some("switches".to_owned()),
                    switch_key: Some("serve-from-standby".to_owned()),
                    roles: None,
                    name_servers: Vec::new(),
                },
            }
        };
        let door = "front-door".parse().expect("a name");
        let component = estate.component(&door).expect("it has one").clone();
        let clock = Arc::new(SystemClock);
        let door = FrontDoor::new(component, [side(0), side(1)], clock);
        let found = wait(door.inspected());
        found.into_iter().map(|finding| finding.code).collect()
    }
}

fn codes<const N: usize>(codes: [&str; N]) -> BTreeSet<String> {
    codes.map(str::to_owned).into()
}

#[test]
fn what_route_53_and_s3_tell_of_a_sound_door_speaks_against_nothing() {
    assert_eq!(healthy().found(), codes([]));
}

#[test]
fn defects_are_read_out_of_what_is_told() {
    let upright = Answers {
        check: (200, check(false)),
        ..healthy()
    };
    assert_eq!(upright.found(), codes(["health-check-not-inverted"]));
    let following = Answers {
        records: (200, records(true)),
        ..healthy()
    };
    assert_eq!(following.found(), codes(["alias-evaluates-target-health"]));
    let gone = Answers {
        check: error(404, "NoSuchHealthCheck"),
        ..healthy()
    };
    assert_eq!(gone.found(), codes(["health-check-missing"]));
}

#[test]
fn the_region_of_a_bucket_is_told_by_a_redirect_and_by_a_refusal_too() {
    for status in [200, 301, 403] {
        let lost_with_home = Answers {
            bucket: (status, Some("us-east-2")),
            ..healthy()
        };
        assert_eq!(
            lost_with_home.found(),
            codes(["switch-not-at-standby"]),
            "{status}"
        );
    }
}

#[test]
fn what_cannot_be_read_is_told_and_the_rest_is_judged() {
    let unread = codes(["front-door-unread"]);
    let denied = Answers {
        records: error(403, "AccessDenied"),
        ..healthy()
    };
    assert_eq!(denied.found(), unread);
    let proxy = Answers {
        check: (404, "<html>not found</html>".to_owned()),
        ..healthy()
    };
    assert_eq!(proxy.found(), unread);
    let no_bucket = Answers {
        bucket: (404, None),
        records: (200, records(true)),
        ..healthy()
    };
    assert_eq!(
        no_bucket.found(),
        codes(["alias-evaluates-target-health", "front-door-unread"])
    );
}
