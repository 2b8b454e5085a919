//! How many calls, how fast, and when a region is given up.

use std::collections::{BTreeMap, BTreeSet};

use super::super::reader::DEAD_AFTER;
use super::super::service::REGION;
use super::fake::{Answer, Fake};
use super::{answers, scan_all, scan_part, scan_parts};
use crate::discover::VERSIONS;
use crate::model::{Duration, GapClass, ResourceKind};
use crate::port::{Demand, Reading, ScanPart};

#[test]
fn a_dead_region_costs_a_few_calls_and_every_kind_is_a_gap() {
    let fake = Fake::new(|_, _| Answer::Silence);
    let reading = scan_part(&fake, &ScanPart::Region);
    assert_eq!(fake.calls().len(), DEAD_AFTER);
    assert_eq!(reading.resources, []);
    let unreachable: BTreeSet<&str> = reading
        .gaps
        .iter()
        .filter(|gap| gap.class == GapClass::Unreachable)
        .map(|gap| gap.action.as_str())
        .collect();
    assert_eq!(unreachable.len(), DEAD_AFTER);
    for topic in REGION.iter().flat_map(|service| service.topics) {
        let told = reading.gaps.iter().any(|gap| gap.kind == topic.kind);
        // The estate names a bucket of this site, and its stack's state.
        assert!(told, "{} is not told of", topic.kind);
    }
    let given_up = reading
        .gaps
        .iter()
        .find(|gap| gap.kind == ResourceKind::AcmCertificate);
    let reason = &given_up.expect("it is told of").reason;
    assert!(reason.contains("us-east-2 did not answer"), "{reason}");
}

#[test]
fn a_service_that_is_silent_is_asked_once_and_the_others_are_read() {
    let fake = Fake::new(|call, _| match call.split_once(':') {
        Some(("rds", _)) => Answer::Silence,
        _ => answers::usual(call),
    });
    let reading = scan_part(&fake, &ScanPart::Region);
    let asked = fake
        .calls()
        .into_iter()
        .filter(|(call, _)| call.starts_with("rds:"));
    assert_eq!(asked.count(), 1);
    assert!(reading.gaps.iter().all(|gap| gap.kind.service() == "rds"));
    let first = reading
        .gaps
        .iter()
        .filter(|gap| gap.class == GapClass::Unreachable);
    assert_eq!(first.count(), 1, "the rest was not asked, and that is said");
}

#[test]
fn a_connection_that_breaks_once_is_tried_again() {
    let broken = std::sync::Mutex::new(false);
    let fake = Fake::new(move |call, _| {
        let mut broken = broken.lock().unwrap();
        if call == "ec2:DescribeVpcs" && !*broken {
            *broken = true;
            return Answer::Refused;
        }
        answers::usual(call)
    });
    assert_eq!(scan_part(&fake, &ScanPart::Region).gaps, []);
}

#[test]
fn refusals_for_too_many_are_waited_out_counted_and_in_the_end_a_gap() {
    let (fake, reading) = scan_all(|call| {
        (call == "ec2:DescribeVpcs").then(|| answers::error(call, 503, "RequestLimitExceeded"))
    });
    assert_eq!(reading.throttled, 4);
    assert_eq!(reading.calls, fake.calls().len() as u64);
    assert_eq!(reading.gaps.len(), 1);
    assert_eq!(reading.gaps[0].class, GapClass::Throttled);
}

#[test]
fn a_scan_stays_within_a_quarter_of_what_ec2_allows() {
    // A long list: 200 pages.
    let fake = Fake::new(|call, body| {
        if call != "ec2:DescribeSubnets" {
            return answers::usual(call);
        }
        let page: u32 = body
            .split("NextToken=")
            .nth(1)
            .and_then(|rest| rest.split('&').next()?.parse().ok())
            .unwrap_or(0);
        let next = if page < 200 {
            (page + 1).to_string()
        } else {
            String::new()
        };
        Answer::Body(
            200,
            format!(
                "<DescribeSubnetsResponse><subnetSet/><nextToken>{next}</nextToken></DescribeSubnetsResponse>"
            ),
        )
    });
    let reading = scan_part(&fake, &ScanPart::Region);
    assert_eq!(reading.gaps, []);
    let mut of_second: BTreeMap<i64, usize> = BTreeMap::new();
    for (_, at) in fake
        .calls()
        .iter()
        .filter(|(call, _)| call.starts_with("ec2:"))
    {
        *of_second.entry(at.as_second()).or_default() += 1;
    }
    let most = of_second.values().max().copied().unwrap_or_default();
    assert!(most <= 25 + 5, "{most} calls in one second");
    assert!(
        fake.clock.passed() > Duration::from_secs(30),
        "200 pages cannot be read at once"
    );
}

/// How often a call was made.
fn times(fake: &Fake, call: &str) -> usize {
    let calls = fake.calls().into_iter();
    calls.filter(|(made, _)| made == call).count()
}

#[test]
fn the_parts_of_a_scan_share_one_budget() {
    let fake = Fake::new(|call, _| answers::usual(call));
    // Forty questions, after those about what stands in the region.
    let types = (0..4_000).map(|number| format!("type.{number}"));
    let demand = Demand {
        instance_types: types.collect(),
        ..Demand::default()
    };
    scan_parts(&fake, &[ScanPart::Region, ScanPart::Offers(demand)]);
    assert_eq!(times(&fake, "ec2:DescribeInstanceTypeOfferings"), 40);
    let calls = fake.calls();
    let of_ec2 = calls.iter().filter(|(call, _)| call.starts_with("ec2:"));
    let at_once = of_ec2.filter(|(_, at)| at.as_second() == 0).count();
    assert!(at_once <= 25 + 5, "{at_once} calls in the first second");
}

#[test]
fn what_many_templates_start_is_one_question_and_one_that_is_not_told_is_a_gap() {
    let fake = Fake::new(|call, _| {
        let item = |id| format!("<item><launchTemplateId>{id}</launchTemplateId></item>");
        match call {
            "ec2:DescribeLaunchTemplates" => Answer::Body(
                200,
                format!(
                    "<DescribeLaunchTemplatesResponse><launchTemplates>{}{}</launchTemplates></DescribeLaunchTemplatesResponse>",
                    item("lt-1"),
                    item("lt-2")
                ),
            ),
            _ => answers::usual(call),
        }
    });
    let reading = scan_part(&fake, &ScanPart::Region);
    assert_eq!(times(&fake, "ec2:DescribeLaunchTemplateVersions"), 1);
    let templates = reading.resources.iter();
    let templates = templates.filter(|r| r.kind == ResourceKind::Ec2LaunchTemplate);
    let told: Vec<_> = templates
        .filter_map(|template| template.attributes.get(VERSIONS))
        .collect();
    assert_eq!(told.len(), 1);
    assert_eq!(told[0]["3"]["instance-type"], "t3.micro");
    let [gap] = reading.gaps.as_slice() else {
        panic!("{:?}", reading.gaps);
    };
    assert_eq!(gap.about.as_deref(), Some("lt-2"));
    assert!(gap.attributes.contains(&"instance-type".to_owned()));
}

#[test]
fn the_health_of_targets_is_asked_of_the_estates_groups_only() {
    let fake = Fake::new(|call, _| {
        match call {
        "elasticloadbalancing:DescribeTargetGroups" => Answer::Body(
            200,
            "<DescribeTargetGroupsResponse><DescribeTargetGroupsResult><TargetGroups><member><TargetGroupArn>arn:tg</TargetGroupArn></member><member><TargetGroupArn>arn:other</TargetGroupArn></member></TargetGroups></DescribeTargetGroupsResult></DescribeTargetGroupsResponse>".to_owned(),
        ),
        _ => answers::usual(call),
    }
    });
    let reading = scan_part(&fake, &ScanPart::Region);
    assert_eq!(times(&fake, "elasticloadbalancing:DescribeTargetHealth"), 1);
    assert_eq!(times(&fake, "elasticloadbalancing:DescribeTags"), 1);
    assert_eq!(reading.gaps, []);
}

/// The rules of the estate's listener, where the service's answer holds these, and what is missing.
fn rules(answer: &'static str) -> (Option<serde_json::Value>, Reading) {
    let fake = Fake::new(move |call, _| match call {
        "elasticloadbalancing:DescribeRules" => Answer::Body(
            200,
            format!(
                "<DescribeRulesResponse><DescribeRulesResult>{answer}</DescribeRulesResult></DescribeRulesResponse>"
            ),
        ),
        _ => answers::usual(call),
    });
    let reading = scan_part(&fake, &ScanPart::Region);
    let mut listeners = reading.resources.iter();
    let listener = listeners.find(|thing| thing.kind == ResourceKind::ElbListener);
    let rules = listener.and_then(|listener| listener.attributes.get("rules").cloned());
    (rules, reading)
}

#[test]
fn the_rules_of_a_listener_stand_in_the_order_in_which_they_are_asked_without_the_default_one() {
    let (rules, reading) = rules(
        "<Rules><member><Priority>default</Priority><IsDefault>true</IsDefault></member><member><Priority>100</Priority><IsDefault>false</IsDefault><Conditions><member><Field>host-header</Field><HostHeaderConfig><Values><member>b.example</member><member>a.example</member></Values></HostHeaderConfig></member></Conditions><Actions><member><Type>forward</Type><TargetGroupArn>arn:tg</TargetGroupArn></member></Actions></member><member><Priority>20</Priority><IsDefault>false</IsDefault><Conditions><member><Field>path-pattern</Field><Values><member>/x</member></Values><PathPatternConfig><Values><member>/x</member></Values></PathPatternConfig></member></Conditions><Actions><member><Type>fixed-response</Type><FixedResponseConfig><StatusCode>404</StatusCode></FixedResponseConfig></member></Actions></member></Rules><NextMarker></NextMarker>",
    );
    assert_eq!(reading.gaps, []);
    assert_eq!(
        rules.unwrap(),
        serde_json::json!([
            {"order": 1, "conditions": [{"field": "path-pattern", "values": ["/x"]}],
             "actions": [{"type": "fixed-response", "answers": "404"}]},
            {"order": 2, "conditions": [{"field": "host-header", "values": ["a.example", "b.example"]}],
             "actions": [{"type": "forward", "target-groups": ["arn:tg"]}]},
        ])
    );
}

#[test]
fn rules_whose_pages_do_not_end_are_a_gap_of_their_listener() {
    let (rules, reading) = rules(
        "<Rules><member><Priority>1</Priority><IsDefault>false</IsDefault></member></Rules><NextMarker>same</NextMarker>",
    );
    assert_eq!(rules, None);
    let [gap] = &reading.gaps[..] else {
        panic!("one gap: {:?}", reading.gaps);
    };
    assert_eq!(gap.about.as_deref(), Some("arn:listener"));
    assert_eq!(gap.attributes, ["rules"]);
}

#[test]
fn components_that_own_no_parameter_are_not_asked_for_by_name() {
    let fake = Fake::new(|call, body| match call {
        "ssm:DescribeParameters" if body.contains("tag:dr:component") => {
            Answer::Body(200, r#"{"Parameters":[]}"#.to_owned())
        }
        _ => answers::usual(call),
    });
    assert_eq!(scan_part(&fake, &ScanPart::Region).gaps, []);
    assert_eq!(times(&fake, "ssm:DescribeParameters"), 2);
}

#[test]
fn parameters_of_a_database_are_known_before_other_components_are_asked_about() {
    let fake = Fake::new(|call, body| match call {
        "ssm:DescribeParameters"
            if body.contains("tag:dr:component") && !body.contains("\"database\"") =>
        {
            Answer::Body(200, r#"{"Parameters":[]}"#.to_owned())
        }
        _ => answers::usual(call),
    });
    assert_eq!(scan_part(&fake, &ScanPart::Region).gaps, []);
    // The list, whether any has such a tag, and those of the database.
    assert_eq!(times(&fake, "ssm:DescribeParameters"), 3);
}

#[test]
fn a_component_that_could_not_be_asked_for_is_a_gap() {
    let fake = Fake::new(|call, body| match call {
        "ssm:DescribeParameters" if body.contains("tag:dr:component") => {
            answers::error(call, 403, "AccessDeniedException")
        }
        _ => answers::usual(call),
    });
    let reading = scan_part(&fake, &ScanPart::Region);
    assert!(!reading.gaps.is_empty());
    let tags = |gap: &crate::model::ScanGap| gap.attributes == ["tags"];
    assert!(reading.gaps.iter().all(tags), "{:?}", reading.gaps);
}
