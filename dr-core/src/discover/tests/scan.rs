//! Both sites at once, without a provider.

use std::collections::{BTreeMap, BTreeSet};
use std::pin::Pin;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use futures_util::FutureExt;
use jiff::Timestamp;

use crate::config::{self, builtin};
use crate::discover::{Scanners, scan};
use crate::model::{
    Binding, Duration, Estate, EstateScan, GapClass, Resource, ResourceKind, ScanGap, SiteId,
    VpcBinding,
};
use crate::port::{Clock, Reading, ScanPart, ScanProgress, ScanWatch, Scanner};

struct Stopped;

impl Clock for Stopped {
    fn now(&self) -> Timestamp {
        Timestamp::UNIX_EPOCH
    }

    fn sleep(&self, _: Duration) -> Pin<Box<dyn Future<Output = ()> + Send + 'static>> {
        Box::pin(std::future::ready(()))
    }
}

struct Unwatched;

impl ScanWatch for Unwatched {
    fn went_on(&self, _: &SiteId, _: ScanProgress) {}
}

/// Answers with readings that are written down, and remembers what it was asked.
#[derive(Default)]
struct Written {
    region: Reading,
    global: Reading,
    asked: Mutex<Vec<ScanPart>>,
}

#[async_trait]
impl Scanner for Written {
    async fn scan(&self, part: &ScanPart, _: &dyn ScanWatch) -> Reading {
        self.asked.lock().unwrap().push(part.clone());
        match part {
            ScanPart::Region => self.region.clone(),
            ScanPart::Global => self.global.clone(),
            ScanPart::Offers(_) => Reading::default(),
        }
    }
}

fn estate() -> Estate {
    config::load_estate(builtin::storefront_estate()).expect("it is right")
}

fn gap(kind: ResourceKind) -> ScanGap {
    ScanGap {
        kind,
        about: None,
        attributes: Vec::new(),
        class: GapClass::Denied,
        action: "rds:DescribeDBInstances".to_owned(),
        reason: "no".to_owned(),
        kept: 0,
    }
}

fn run(estate: &Estate, ohio: &Arc<Written>, california: &Arc<Written>) -> EstateScan {
    let [one, other] = &estate.sites;
    let scanners: Scanners = BTreeMap::from([
        (one.id.clone(), Arc::clone(ohio) as Arc<dyn Scanner>),
        (other.id.clone(), Arc::clone(california) as Arc<dyn Scanner>),
    ]);
    scan(estate, &scanners, &Stopped, &Unwatched)
        .now_or_never()
        .expect("nothing waits")
}

fn instance(kind: &str) -> Resource {
    Resource::new(ResourceKind::Ec2Instance, "i-1").with("instance-type", kind)
}

fn database(version: &str) -> Resource {
    Resource::new(ResourceKind::RdsInstance, "db")
        .with("engine", "postgres")
        .with("engine-version", version)
        .with("class", "db.m5.large")
}

fn reading(resources: Vec<Resource>, gaps: Vec<ScanGap>) -> Reading {
    Reading {
        resources,
        gaps,
        ..Reading::default()
    }
}

#[test]
fn each_site_is_asked_what_it_offers_of_what_either_site_uses_and_the_estate_names() {
    let ohio = Arc::new(Written {
        region: reading(vec![instance("c5.large"), database("16.3")], Vec::new()),
        ..Written::default()
    });
    let california = Arc::new(Written::default());
    run(&estate(), &ohio, &california);
    let asked = california.asked.lock().unwrap();
    let Some(ScanPart::Offers(demand)) = asked.last() else {
        panic!("{asked:?}");
    };
    let types = ["c5.large", "t3.medium", "t3.micro"].map(str::to_owned);
    assert_eq!(demand.instance_types, BTreeSet::from(types));
    let classes: Vec<&str> = demand.databases.iter().map(|d| d.class.as_str()).collect();
    assert_eq!(classes, ["db.m5.large", "db.t2.small"]);
}

#[test]
fn what_a_site_uses_and_could_not_be_read_leaves_what_is_offered_unknown_at_both() {
    let ohio = Arc::new(Written {
        region: reading(Vec::new(), vec![gap(ResourceKind::RdsInstance)]),
        ..Written::default()
    });
    let scan = run(&estate(), &ohio, &Arc::new(Written::default()));
    for part in scan.sites.values() {
        assert!(
            !part.is_complete(ResourceKind::RdsOrderable),
            "{}",
            part.site
        );
    }
    assert!(!scan.is_complete());
}

#[test]
fn the_global_services_are_read_once_and_through_the_other_site_where_the_first_leaves_gaps() {
    let complete = || Written {
        global: reading(
            vec![Resource::new(ResourceKind::Route53Zone, "Z1")],
            Vec::new(),
        ),
        ..Written::default()
    };
    let broken = || Written {
        global: reading(Vec::new(), vec![gap(ResourceKind::Route53Zone)]),
        ..Written::default()
    };
    let globals = |site: &Written| {
        let asked = site.asked.lock().unwrap();
        asked
            .iter()
            .filter(|part| **part == ScanPart::Global)
            .count()
    };
    let estate = estate();
    let (ohio, california) = (Arc::new(complete()), Arc::new(complete()));
    run(&estate, &ohio, &california);
    assert_eq!((globals(&ohio), globals(&california)), (1, 0));

    let (ohio, california) = (Arc::new(broken()), Arc::new(complete()));
    let scan = run(&estate, &ohio, &california);
    let global = scan.global.expect("it was read");
    assert_eq!(global.site, estate.sites[1].id);
    assert_eq!(global.gaps, []);
}

#[test]
fn a_resource_without_a_tag_belongs_to_the_component_that_is_bound_to_it() {
    let mut estate = estate();
    let home = estate.home().id.clone();
    let network: crate::model::ComponentId = "network".parse().unwrap();
    let vpc = Binding::Vpc(VpcBinding {
        vpc: "vpc-1".to_owned(),
    });
    let bindings = BTreeMap::from([(network.clone(), vpc)]);
    estate.bindings.insert(home.clone(), bindings);
    let vpcs = ["vpc-1", "vpc-2"].map(|id| Resource::new(ResourceKind::Ec2Vpc, id));
    let ohio = Arc::new(Written {
        region: reading(vpcs.to_vec(), Vec::new()),
        ..Written::default()
    });
    let scan = run(&estate, &ohio, &Arc::new(Written::default()));
    let components: Vec<_> = scan.sites[&home]
        .of_kind(ResourceKind::Ec2Vpc)
        .map(|vpc| vpc.component.clone())
        .collect();
    assert_eq!(components, [Some(network), None]);
}

#[test]
fn the_same_readings_are_the_same_scan_in_whatever_order_they_come() {
    let vpcs = ["vpc-2", "vpc-1", "vpc-3"].map(|id| Resource::new(ResourceKind::Ec2Vpc, id));
    let gaps = [ResourceKind::S3Bucket, ResourceKind::KmsKey].map(gap);
    let of = |reverse: bool| {
        let (mut vpcs, mut gaps) = (vpcs.to_vec(), gaps.to_vec());
        if reverse {
            vpcs.reverse();
            gaps.reverse();
        }
        let ohio = Arc::new(Written {
            region: reading(vpcs, gaps),
            ..Written::default()
        });
        run(&estate(), &ohio, &Arc::new(Written::default()))
    };
    assert_eq!(of(false), of(true));
    let text = serde_json::to_string(&of(false)).expect("JSON");
    let back: EstateScan = serde_json::from_str(&text).expect("what was written is read");
    assert_eq!(back, of(false));
}
