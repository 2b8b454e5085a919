//! Two small sites that are alike, to change one thing at a time.

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::config::{self, builtin};
use crate::drift::{Report, examine};
use crate::model::{
    AutoscalingBinding, Binding, Estate, EstateScan, GapClass, RdsBinding, Resource,
    ResourceKind as Kind, ScanGap, SiteId, SiteScan,
};

/// The two sites, the primary first.
pub(super) const SITES: [&str; 2] = ["ohio", "california"];

pub(super) struct World {
    pub(super) estate: Estate,
    pub(super) scan: EstateScan,
    pub(super) last: Option<EstateScan>,
}

impl World {
    /// Two sites that differ only in what says where.
    pub(super) fn alike() -> Self {
        let estate = config::load_estate(builtin::storefront_estate()).expect("it is right");
        let sites = estate.sites.iter().map(|site| {
            let mut resources = stack(site.id.as_str(), site.region.as_str());
            resources.sort_by(|a, b| (a.kind, &a.id).cmp(&(b.kind, &b.id)));
            let scan = SiteScan {
                site: site.id.clone(),
                region: site.region.clone(),
                at: at("2026-11-21T12:00:00Z"),
                resources,
                gaps: Vec::new(),
                calls: 1,
                throttled: 0,
            };
            (site.id.clone(), scan)
        });
        let scan = EstateScan {
            format: EstateScan::FORMAT,
            kinds: EstateScan::kinds_read(),
            estate: estate.name.clone(),
            sites: sites.collect(),
            global: Some(global()),
        };
        Self {
            estate,
            scan,
            last: None,
        }
    }

    /// Binds the fleet and the database of each site.
    pub(super) fn bind(&mut self) {
        for (site, n) in SITES.into_iter().zip(["1", "2"]) {
            let database = RdsBinding {
                instance: format!("shop-{site}"),
                port: 5432,
                subnet_group: format!("shop-{site}"),
                parameter_group: format!("shop-{site}"),
                kms_key: None,
                security_group: format!("sg-d-0000000{n}"),
                quarantine_group: format!("sg-q-0000000{n}"),
                network_acl: format!("acl-0000000{n}"),
                endpoint_parameter: Some(format!("/shop/{site}/endpoint")),
                endpoint_secret: None,
                endpoint_key: None,
                endpoint_zone: None,
                endpoint_record: None,
                login: None,
                certificates: None,
            };
            let fleet = AutoscalingBinding {
                group: format!("shop-{site}-app"),
            };
            let name = |text: &str| text.parse().expect("a name");
            let bindings = [
                (name("database"), Binding::Rds(database)),
                (name("app"), Binding::Ec2Autoscaling(fleet)),
            ];
            let site: SiteId = site.parse().expect("a name");
            self.estate.bindings.insert(site, bindings.into());
        }
    }

    pub(super) fn report(&self) -> Report {
        let direction = self.estate.outward();
        examine(&self.estate, &direction, &self.scan, self.last.as_ref())
            .expect("both sites are there")
    }

    /// The codes of what is found, with the attributes.
    pub(super) fn found(&self) -> Vec<(String, Option<String>)> {
        let findings = self.report().findings;
        let found = findings.into_iter();
        found
            .map(|entry| (entry.finding.code, entry.attribute))
            .collect()
    }

    pub(super) fn site(&mut self, site: &str) -> &mut SiteScan {
        let id: SiteId = site.parse().expect("a name");
        self.scan.sites.get_mut(&id).expect("it is there")
    }

    /// The only thing of a kind, or the first whose id contains `part`.
    pub(super) fn thing(&mut self, site: &str, kind: Kind, part: &str) -> &mut Resource {
        let mut things = self.site(site).resources.iter_mut();
        things
            .find(|thing| thing.kind == kind && thing.id.contains(part))
            .expect("it is there")
    }

    pub(super) fn set(&mut self, site: &str, kind: Kind, attribute: &str, value: Value) {
        let thing = self.thing(site, kind, "");
        thing.attributes.insert(attribute.to_owned(), value);
    }

    /// As [`World::set`], of the first whose id contains `part`.
    pub(super) fn set_of(
        &mut self,
        site: &str,
        kind: Kind,
        part: &str,
        attribute: &str,
        value: Value,
    ) {
        let thing = self.thing(site, kind, part);
        thing.attributes.insert(attribute.to_owned(), value);
    }

    pub(super) fn remove(&mut self, site: &str, kind: Kind, part: &str) {
        let resources = &mut self.site(site).resources;
        let before = resources.len();
        resources.retain(|thing| thing.kind != kind || !thing.id.contains(part));
        assert_eq!(resources.len() + 1, before, "one thing is removed");
    }

    pub(super) fn add(&mut self, site: &str, resource: Resource) {
        let resources = &mut self.site(site).resources;
        resources.push(resource);
        resources.sort_by(|a, b| (a.kind, &a.id).cmp(&(b.kind, &b.id)));
    }

    pub(super) fn gap(&mut self, site: &str, kind: Kind, about: Option<&str>, attributes: &[&str]) {
        self.site(site).gaps.push(ScanGap {
            kind,
            about: about.map(str::to_owned),
            attributes: attributes.iter().map(|name| (*name).to_owned()).collect(),
            class: GapClass::Denied,
            action: "ec2:Describe".to_owned(),
            reason: "not allowed".to_owned(),
            kept: 0,
        });
    }
}

pub(super) fn at(text: &str) -> Timestamp {
    text.parse().expect("an instant")
}

/// Global services in which nothing stands.
fn global() -> SiteScan {
    SiteScan {
        site: SITES[0].parse().expect("a name"),
        region: "us-east-2".parse().expect("a region"),
        at: at("2026-11-21T12:00:00Z"),
        resources: Vec::new(),
        gaps: Vec::new(),
        calls: 1,
        throttled: 0,
    }
}

/// A small stack: a network, a fleet behind nothing, a database with its groups, a parameter.
fn stack(site: &str, region: &str) -> Vec<Resource> {
    let n = if site == SITES[0] { "1" } else { "2" };
    let id = |prefix: &str| format!("{prefix}-0000000{n}");
    let tagged = |kind, id: String, component: &str, name: Option<String>| {
        let name = name.map(|name| ("Name".to_owned(), name));
        let tags = [("dr:component".to_owned(), component.to_owned())];
        Resource::new(kind, id).tagged(tags.into_iter().chain(name))
    };
    let zone = format!("{region}a");
    let mut all = vec![
        Resource::new(Kind::StsAccount, "111122223333"),
        Resource::new(Kind::Ec2Zone, format!("z{n}")).named(Some(&zone)),
        tagged(Kind::Ec2Vpc, id("vpc"), "network", Some(format!("shop-{site}")))
            .with("cidr", format!("10.{n}.0.0/16")),
        tagged(Kind::Ec2SecurityGroup, id("sg-a"), "app", None)
            .named(Some(&format!("shop-{site}-app")))
            .with("vpc", id("vpc")),
        tagged(Kind::Ec2SecurityGroup, id("sg-d"), "database", None)
            .named(Some(&format!("shop-{site}-db")))
            .with("vpc", id("vpc"))
            .with("ingress", json!([
                { "protocol": "tcp", "from-port": 5432, "to-port": 5432, "group": id("sg-a") },
                { "protocol": "tcp", "from-port": 5432, "to-port": 5432, "cidr": format!("10.{n}.9.0/24") },
            ])),
        // Two that nobody named: told apart by what hangs on them.
        tagged(Kind::Ec2RouteTable, id("rtb-p"), "network", None)
            .with("vpc", id("vpc"))
            .with("main", false)
            .with("subnets", vec![id("subnet-p")])
            .with("routes", json!([{ "destination": "0.0.0.0/0", "through": "gateway", "target": id("igw") }])),
        tagged(Kind::Ec2RouteTable, id("rtb-q"), "network", None)
            .with("vpc", id("vpc"))
            .with("main", false)
            .with("subnets", vec![id("subnet-q")])
            .with("routes", json!([{ "destination": format!("10.{n}.0.0/16"), "through": "gateway", "target": "local" }])),
        Resource::new(Kind::Ec2InternetGateway, id("igw")).with("vpcs", vec![id("vpc")]),
        tagged(Kind::AutoscalingGroup, format!("shop-{site}-app"), "app", None)
            .named(Some(&format!("shop-{site}-app")))
            .with("minimum", u64::from(n == "1"))
            .with("desired", if n == "1" { 3 } else { 0 })
            .with("maximum", 6)
            .with("zones", vec![zone.clone()])
            .with("subnets", vec![id("subnet-p")]),
        tagged(Kind::RdsParameterGroup, format!("shop-{site}"), "database", None)
            .named(Some(&format!("shop-{site}")))
            .with("family", "postgres15")
            .with("parameters", json!({ "max_connections": "200" })),
        tagged(Kind::RdsInstance, format!("shop-{site}"), "database", None)
            .named(Some(&format!("shop-{site}")))
            .arn(Some(&format!("arn:aws:rds:{region}:111122223333:db:shop-{site}")))
            .with("class", "db.t2.small")
            .with("engine-version", "15.4")
            .with("parameter-groups", vec![format!("shop-{site}")])
            .with("endpoint", format!("shop.c{n}.{region}.rds.amazonaws.com"))
            .with("zone", zone.clone()),
        tagged(Kind::SsmParameter, format!("/shop/{site}/endpoint"), "database", None)
            .named(Some(&format!("/shop/{site}/endpoint")))
            .with("type", "String")
            .with("value-hash", format!("sha256:{n}"))
            .with("mentions", vec![format!("shop.c{n}.{region}.rds.amazonaws.com"), region.to_owned()]),
    ];
    if n == "2" {
        let replica = all.iter_mut().find(|thing| thing.kind == Kind::RdsInstance);
        let source = "arn:aws:rds:us-east-2:111122223333:db:shop-ohio";
        let replica = replica.expect("it is there");
        replica
            .attributes
            .insert("replica-of".to_owned(), json!(source));
    }
    for tier in ["p", "q"] {
        all.push(
            tagged(
                Kind::Ec2Subnet,
                id(&format!("subnet-{tier}")),
                "network",
                None,
            )
            .with("vpc", id("vpc"))
            .with(
                "cidr",
                format!("10.{n}.{}.0/24", if tier == "p" { 1 } else { 9 }),
            )
            .with("zone", zone.clone())
            .with("public-addresses", tier == "p"),
        );
    }
    all
}
