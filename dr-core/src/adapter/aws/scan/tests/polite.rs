//! How many calls, how fast, and when a region is given up.

use std::collections::{BTreeMap, BTreeSet};

use super::super::reader::DEAD_AFTER;
use super::super::service::REGION;
use super::fake::{Answer, Fake};
use super::{answers, scan_all, scan_part};
use crate::model::{Duration, GapClass, ResourceKind};
use crate::port::ScanPart;

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
