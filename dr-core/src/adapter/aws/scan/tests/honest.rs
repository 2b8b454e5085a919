//! What could not be read is a gap, never nothing.

use std::collections::{BTreeMap, BTreeSet};

use super::super::{ScanCall, calls};
use super::fake::{Answer, Fake};
use super::{answers, demand, scan_all, scan_part};
use crate::model::{GapClass, Resource, ResourceKind};
use crate::port::{Reading, ScanPart};
use crate::readiness::QUOTAS;

fn wire_name(call: &ScanCall) -> String {
    format!("{}:{}", call.api.service, call.api.call)
}

fn kinds(reading: &Reading) -> BTreeSet<ResourceKind> {
    reading
        .resources
        .iter()
        .map(|resource| resource.kind)
        .collect()
}

#[test]
fn a_scan_makes_every_call_of_the_table_and_no_other() {
    let (fake, reading) = scan_all(|_| None);
    let made: BTreeSet<String> = fake.calls().into_iter().map(|(call, _)| call).collect();
    let told: BTreeSet<String> = calls().iter().map(wire_name).collect();
    assert_eq!(made, told);
    assert_eq!(reading.gaps, []);
    assert_eq!(kinds(&reading), ResourceKind::ALL.iter().copied().collect());
}

#[test]
fn each_call_that_is_denied_alone_is_a_gap_that_names_the_action_to_allow() {
    for call in calls() {
        let denied = wire_name(&call);
        let (_, reading) = scan_all(move |asked| {
            (asked == denied).then(|| answers::error(asked, 403, "AccessDenied"))
        });
        let action = format!("{}:{}", call.api.service, call.action);
        assert!(
            !reading.gaps.is_empty(),
            "{action} denied, and nothing said"
        );
        for gap in &reading.gaps {
            assert_eq!((gap.class, &gap.action), (GapClass::Denied, &action));
            assert!(gap.fix().contains(&action));
        }
    }
}

#[test]
fn what_is_not_there_for_want_of_a_call_is_covered_by_a_gap() {
    let (_, complete) = scan_all(|_| None);
    for call in calls() {
        let name = wire_name(&call);
        let (_, reading) = scan_all(move |asked| {
            (asked == name).then(|| answers::error(asked, 500, "InternalError"))
        });
        let gaps: BTreeSet<ResourceKind> = reading.gaps.iter().map(|gap| gap.kind).collect();
        let absent = kinds(&complete);
        let absent = absent
            .difference(&kinds(&reading))
            .copied()
            .collect::<BTreeSet<_>>();
        assert!(
            absent.is_subset(&gaps),
            "{call:?}: {absent:?} are absent without a gap"
        );
        for whole in &complete.resources {
            let same = |r: &&crate::model::Resource| r.kind == whole.kind && r.id == whole.id;
            let now = reading.resources.iter().find(same);
            assert!(
                now == Some(whole) || gaps.contains(&whole.kind),
                "{call:?}: {} {} has changed without a gap",
                whole.kind,
                whole.id
            );
        }
    }
}

#[test]
fn a_page_that_fails_leaves_what_was_read_before_it_and_says_so() {
    let fake = Fake::new(|call, body| {
        match (call, body.contains("NextToken=")) {
        ("ec2:DescribeVpcs", false) => Answer::Body(
            200,
            "<DescribeVpcsResponse><vpcSet><item><vpcId>vpc-1</vpcId></item></vpcSet><nextToken>more</nextToken></DescribeVpcsResponse>".to_owned(),
        ),
        ("ec2:DescribeVpcs", true) => answers::error(call, 503, "Unavailable"),
        _ => answers::usual(call),
    }
    });
    let reading = scan_part(&fake, &ScanPart::Region);
    let vpcs = reading
        .resources
        .iter()
        .filter(|r| r.kind == ResourceKind::Ec2Vpc);
    assert_eq!(vpcs.count(), 1);
    let [gap] = reading.gaps.as_slice() else {
        panic!("{:?}", reading.gaps);
    };
    assert_eq!(
        (gap.kind, gap.class, gap.kept),
        (ResourceKind::Ec2Vpc, GapClass::Failed, 1)
    );
}

#[test]
fn every_page_is_read_and_pages_that_do_not_end_are_a_gap() {
    let page = |n: u32, next: &str| {
        Answer::Body(
            200,
            format!(
                "<DescribeVpcsResponse><vpcSet><item><vpcId>vpc-{n}</vpcId></item></vpcSet><nextToken>{next}</nextToken></DescribeVpcsResponse>"
            ),
        )
    };
    let fake = Fake::new(move |call, body| match call {
        "ec2:DescribeVpcs" if body.contains("NextToken=two") => page(3, ""),
        "ec2:DescribeVpcs" if body.contains("NextToken=one") => page(2, "two"),
        "ec2:DescribeVpcs" => page(1, "one"),
        _ => answers::usual(call),
    });
    let reading = scan_part(&fake, &ScanPart::Region);
    assert_eq!(
        reading
            .resources
            .iter()
            .filter(|r| r.kind == ResourceKind::Ec2Vpc)
            .count(),
        3
    );
    assert_eq!(reading.gaps, []);

    let endless = Fake::new(move |call, _| match call {
        "ec2:DescribeVpcs" => page(1, "same"),
        _ => answers::usual(call),
    });
    let reading = scan_part(&endless, &ScanPart::Region);
    assert_eq!(reading.gaps.len(), 1);
    assert_eq!(reading.gaps[0].kept, 2);
}

#[test]
fn a_page_of_a_proxy_is_no_answer_and_is_not_asked_for_for_ever() {
    let (fake, reading) = scan_all(|call| {
        (call == "ec2:DescribeVpcs")
            .then(|| Answer::Body(500, "<html><body>Bad gateway</body></html>".to_owned()))
    });
    assert_eq!(reading.gaps.len(), 1);
    assert_eq!(reading.gaps[0].class, GapClass::NotAnAnswer);
    let asked = fake
        .calls()
        .into_iter()
        .filter(|(call, _)| call == "ec2:DescribeVpcs");
    assert_eq!(asked.count(), 2);
}

#[test]
fn nothing_that_is_secret_is_kept() {
    let (_, reading) = scan_all(|_| None);
    let written = serde_json::to_string(&reading.resources).expect("JSON");
    assert!(
        !written.contains("hunter2") && !written.contains("aHVudGVyMg"),
        "{written}"
    );
    let find = |id: &str| {
        reading
            .resources
            .iter()
            .find(|r| r.id == id)
            .expect("it is there")
    };
    assert!(
        find("/plain")
            .text("value-hash")
            .is_some_and(|h| h.starts_with("sha256:"))
    );
    assert_eq!(find("/secret").text("value-hash"), None);
}

#[test]
fn a_bucket_without_a_policy_is_read_whole() {
    let (_, reading) = scan_all(|call| {
        let code = match call {
            "s3:GetBucketPolicy" => "NoSuchBucketPolicy",
            "s3:GetBucketReplication" => "ReplicationConfigurationNotFoundError",
            _ => return None,
        };
        Some(answers::error(call, 404, code))
    });
    assert_eq!(reading.gaps, []);
    let bucket = reading
        .resources
        .iter()
        .find(|r| r.kind == ResourceKind::S3Bucket);
    let bucket = bucket.expect("the estate names one");
    assert!(!bucket.attributes.contains_key("policy"));
    assert_eq!(bucket.text("versioning"), Some("Enabled"));
}

#[test]
fn what_is_offered_of_something_that_nobody_could_read_is_not_said() {
    let fake = Fake::new(|_, _| Answer::Silence);
    let reading = scan_part(&fake, &ScanPart::Offers(demand()));
    assert_eq!(reading.resources, []);
    assert_eq!(reading.gaps.len(), 2);
}

#[test]
fn a_bucket_of_which_nothing_was_answered_is_not_said_to_be_there() {
    let of = |denied: fn(&str) -> bool| {
        let (_, reading) =
            scan_all(move |call| denied(call).then(|| answers::error(call, 403, "AccessDenied")));
        let buckets = reading
            .resources
            .iter()
            .filter(|r| r.kind == ResourceKind::S3Bucket);
        (buckets.count(), reading.gaps)
    };
    let (buckets, gaps) = of(|call| call.starts_with("s3:Get") && call != "s3:GetObject");
    assert_eq!(buckets, 0);
    assert!(
        gaps.iter()
            .all(|gap| gap.attributes.is_empty() && gap.about.is_some())
    );
    let (buckets, gaps) = of(|call| call == "s3:GetBucketVersioning");
    assert_eq!((buckets, gaps.len()), (1, 1));
    assert_eq!(gaps[0].attributes, ["versioning", "mfa-delete"]);
}

fn quotas(reading: &Reading) -> BTreeMap<&str, (Option<f64>, Option<bool>)> {
    let quotas = reading.resources.iter();
    let quotas = quotas.filter(|r| r.kind == ResourceKind::ServiceQuota);
    let told = |quota: &Resource, name: &str| quota.attributes.get(name).cloned();
    quotas
        .map(|quota| {
            let value = told(quota, "value").and_then(|value| value.as_f64());
            let default = told(quota, "default").and_then(|value| value.as_bool());
            (quota.id.as_str(), (value, default))
        })
        .collect()
}

#[test]
fn a_quota_is_what_applies_to_the_account_and_its_default_only_where_nothing_else_is_available() {
    let (_, reading) = scan_all(|_| None);
    let told = quotas(&reading);
    assert_eq!(told.len(), QUOTAS.len());
    assert_eq!(told["vpc/L-F678F1CE"], (Some(7.0), Some(false)));
    assert_eq!(told["vpc/L-A4707A72"], (Some(5.0), Some(true)));
}

#[test]
fn each_quota_that_a_broken_list_did_not_come_to_is_a_gap_of_its_own_and_no_default_is_taken_for_it()
 {
    let fake =
        Fake::new(
            |call, body| match (call, body.contains("vpc"), body.contains("NextToken")) {
                ("servicequotas:ListServiceQuotas", true, false) => Answer::Body(
                    200,
                    r#"{"Quotas":[{"QuotaCode":"L-F678F1CE","Value":7.0}],"NextToken":"two"}"#
                        .to_owned(),
                ),
                ("servicequotas:ListServiceQuotas", true, true) => {
                    answers::error(call, 400, "AccessDeniedException")
                }
                _ => answers::usual(call),
            },
        );
    let reading = scan_part(&fake, &ScanPart::Region);
    let of_vpc = QUOTAS.iter().filter(|quota| quota.id.starts_with("vpc/"));
    let lost: BTreeSet<&str> = of_vpc
        .map(|quota| quota.id)
        .filter(|id| *id != "vpc/L-F678F1CE")
        .collect();
    let gaps: BTreeSet<&str> = reading
        .gaps
        .iter()
        .map(|gap| gap.about.as_deref().expect("each gap names its quota"))
        .collect();
    assert_eq!(gaps, lost);
    assert_eq!(quotas(&reading).len(), QUOTAS.len() - lost.len());
}

#[test]
fn a_quota_without_a_value_is_a_gap_with_the_reason_that_the_service_gives() {
    let (_, reading) = scan_all(|call| {
        let text = r#"{"Quotas":[{"QuotaCode":"L-F678F1CE","ErrorReason":{"ErrorCode":"DEPENDENCY_THROTTLING_ERROR","ErrorMessage":"ask later"}}]}"#;
        (call == "servicequotas:ListServiceQuotas").then(|| Answer::Body(200, text.to_owned()))
    });
    let [gap] = reading.gaps.as_slice() else {
        panic!("{:?}", reading.gaps);
    };
    assert_eq!(gap.about.as_deref(), Some("vpc/L-F678F1CE"));
    assert_eq!(
        (gap.class, gap.reason.as_str()),
        (GapClass::Failed, "ask later")
    );
}
