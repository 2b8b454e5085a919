//! The four columns together, on cases that people labelled: live, Terraform's state, the estate, the last scan.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::world::{SITES, World, at};
use crate::drift::{Origin, Report};
use crate::model::{EstateScan, Resource, ResourceKind as Kind, Settings, SiteId};

/// The cases, and what their letters mean.
const CASES: &str = include_str!("columns.txt");

/// What is changed.
struct What {
    name: &'static str,
    kind: Kind,
    /// The attribute, or inside it with a dot; empty: whether the thing is there.
    path: &'static str,
    /// The type in Terraform.
    of_type: &'static str,
    /// What `a`, `b` … stand for; null is not set.
    values: Value,
}

fn what(name: &'static str) -> What {
    let rds = (Kind::RdsInstance, "aws_db_instance");
    let group = (Kind::AutoscalingGroup, "aws_autoscaling_group");
    let ((kind, of_type), path, values) = match name {
        "class" => (
            rds,
            "class",
            json!(["db.t2.small", "db.t3.micro", "db.m5.large"]),
        ),
        "zones" => (rds, "multi-az", json!([true, false])),
        "role" => (
            rds,
            "replica-of",
            json!([null, "arn:aws:rds:us-east-2:111122223333:db:shop-ohio"]),
        ),
        "version" => (rds, "engine-version", json!(["15.4", "15.5", "14.9", "15"])),
        "storage" => (rds, "storage-gib", json!([100, 150, 200])),
        "backups" => (rds, "backup-days", json!([7, 0, 14])),
        "protection" => (rds, "deletion-protection", json!([true, false])),
        "parameter" => (
            (Kind::RdsParameterGroup, "aws_db_parameter_group"),
            "parameters.max_connections",
            json!(["200", "400"]),
        ),
        "machine" => (
            (Kind::Ec2LaunchTemplate, "aws_launch_template"),
            "instance-type",
            json!(["t3.micro", "t2.nano"]),
        ),
        "nodes" => (
            (Kind::EksNodeGroup, "aws_eks_node_group"),
            "instance-types",
            json!([["t3.medium"], ["t2.nano"]]),
        ),
        "kubernetes" => (
            (Kind::EksCluster, "aws_eks_cluster"),
            "version",
            json!(["1.33", "1.32"]),
        ),
        "health" => (
            (Kind::ElbTargetGroup, "aws_lb_target_group"),
            "health-check.path",
            json!(["/healthz", "/", "/live"]),
        ),
        "listener" => (
            (Kind::ElbListener, "aws_lb_listener"),
            "tls-policy",
            json!(["TLS13-1-2", "2016-08"]),
        ),
        "most" => (group, "maximum", json!([6, 2, 8])),
        "desired" => (group, "desired", json!([3, 5])),
        "fewest" => (group, "minimum", json!([3, 1])),
        "suspended" => (group, "suspended", json!([[], ["Launch"]])),
        "rotation" => (
            (Kind::KmsKey, "aws_kms_key"),
            "rotation",
            json!([true, false]),
        ),
        "versioning" => (
            (Kind::S3Bucket, "aws_s3_bucket_versioning"),
            "versioning",
            json!(["Enabled", "Suspended"]),
        ),
        "subnet" => (
            (Kind::Ec2Subnet, "aws_subnet"),
            "public-addresses",
            json!([true, false]),
        ),
        "thing" => ((Kind::SsmParameter, "aws_ssm_parameter"), "", json!([null])),
        other => panic!("{other} is nothing that the cases know"),
    };
    What {
        name,
        kind,
        path,
        of_type,
        values,
    }
}

impl What {
    /// What a letter stands for; null where nothing is set.
    fn value(&self, letter: u8) -> Value {
        match letter {
            b'a'..=b'd' => self.values[usize::from(letter - b'a')].clone(),
            _ => Value::Null,
        }
    }

    fn address(&self) -> String {
        format!("module.site.{}.this", self.of_type)
    }

    /// The attribute's name, and the key inside it.
    fn parts(&self) -> (&'static str, Option<&'static str>) {
        match self.path.split_once('.') {
            Some((top, inside)) => (top, Some(inside)),
            None => (self.path, None),
        }
    }

    /// The thing on a site. Those that the small world lacks are added.
    fn thing<'w>(&self, world: &'w mut World, site: &str) -> &'w mut Resource {
        let id = if self.kind == Kind::Ec2Subnet {
            "subnet-p"
        } else {
            ""
        };
        let mut known = world.site(site).resources.iter();
        if !known.any(|thing| thing.kind == self.kind) {
            let component = match self.kind {
                Kind::Ec2LaunchTemplate => "app",
                Kind::EksCluster | Kind::EksNodeGroup => "cluster",
                Kind::ElbTargetGroup | Kind::ElbListener => "balancer",
                _ => "database",
            };
            let tag = ("dr:component".to_owned(), component.to_owned());
            let thing = Resource::new(self.kind, format!("shop-{site}-{}", self.name));
            let thing = match self.kind {
                Kind::Ec2LaunchTemplate => thing.with("version", 1).with("latest-version", 1),
                Kind::EksNodeGroup => thing.with("cluster", format!("shop-{site}")),
                Kind::ElbTargetGroup => {
                    thing.with("health-check", json!({ "port": "traffic-port" }))
                }
                _ => thing,
            };
            world.add(site, thing.tagged([tag]));
        }
        world.thing(site, self.kind, id)
    }

    /// Gives the attribute of a thing the value of a letter.
    fn set(&self, thing: &mut Resource, letter: u8) {
        let value = self.value(letter);
        let (top, inside) = self.parts();
        let attributes = &mut thing.attributes;
        match inside {
            Some(key) => {
                let map = attributes
                    .entry(top.to_owned())
                    .or_insert_with(|| json!({}));
                let map = map.as_object_mut().expect("the attribute is a map");
                map.insert(key.to_owned(), value);
                map.retain(|_, value| !value.is_null());
            }
            None => {
                attributes.insert(top.to_owned(), value);
                attributes.retain(|_, value| !value.is_null());
            }
        }
    }

    /// What the state says of the attribute, by its letter, and of the thing besides: as the scan keeps it.
    fn said(&self, letter: u8) -> Map<String, Value> {
        let said = match self.kind {
            Kind::RdsInstance => json!({ "encrypted": false }),
            Kind::RdsParameterGroup => json!({ "parameters": { OTHER_PARAMETER: "500" } }),
            _ => json!({}),
        };
        let mut thing = Resource::new(Kind::TerraformResource, "");
        thing.attributes = said
            .as_object()
            .expect("a map")
            .clone()
            .into_iter()
            .collect();
        self.set(&mut thing, letter);
        thing.attributes.into_iter().collect()
    }
}

/// Beside the one that is changed.
const OTHER_PARAMETER: &str = "log_min_duration_statement";

/// One line of the table.
struct Case<'t> {
    line: &'t str,
    what: What,
    live: &'t [u8],
    state: &'t [u8],
    estate: u8,
    last: &'t [u8],
    with: BTreeMap<&'t str, &'t str>,
    finding: Option<(&'t str, &'t str)>,
    origins: Vec<&'t str>,
}

fn case(line: &'static str) -> Case<'static> {
    let columns: Vec<&'static str> = line.split_whitespace().collect();
    let [name, live, state, estate, last, with, finding, origins] = columns[..] else {
        panic!("not eight columns: {line}")
    };
    let list = |text: &'static str| text.split(',').filter(|one| *one != "-");
    let what = what(name);
    let finding = list(finding).next();
    let finding = finding.map(|finding| finding.split_once('@').unwrap_or((finding, what.path)));
    Case {
        line,
        live: live.as_bytes(),
        state: state.as_bytes(),
        estate: estate.as_bytes()[0],
        last: last.as_bytes(),
        with: list(with)
            .map(|one| one.split_once('=').unwrap_or((one, "")))
            .collect(),
        finding,
        origins: list(origins).collect(),
        what,
    }
}

/// The site of `o` or `c`.
fn side(letter: &str) -> usize {
    usize::from(letter.starts_with('c'))
}

fn site(side: usize) -> SiteId {
    SITES[side].parse().expect("a name")
}

impl Case<'_> {
    fn world(&self) -> World {
        let mut world = World::alike();
        let mut live = self.live.to_vec();
        for (number, site) in SITES.iter().enumerate() {
            let thing = self.what.thing(&mut world, site);
            thing
                .arn
                .get_or_insert_with(|| format!("arn:aws:x:::{}", thing.id));
            self.beside(number, thing);
            let thing = thing.clone();
            self.manage(number, &mut world, site, &thing);
            if let Some(fenced) = self.with.get("fenced")
                && side(fenced) == number
            {
                world.bind();
                let tag = ("dr:fenced".to_owned(), "2026-11-21T11:00:00Z".to_owned());
                world.thing(site, Kind::RdsInstance, "").tags.extend([tag]);
            }
            if let Some(unread) = self.with.get("unread")
                && side(unread) == number
            {
                world.gap(site, self.what.kind, Some(&thing.id), &[self.what.path]);
                live[number] = b'.';
            }
        }
        self.declare(&mut world);
        let mut last = world.scan.clone();
        self.put(&mut world.scan, &live);
        if self.last != b"--" {
            self.put(&mut last, self.last);
            for part in last.sites.values_mut() {
                part.at = at("2026-11-20T12:00:00Z");
            }
            world.last = Some(last);
        }
        world
    }

    /// What else the thing on a site is.
    fn beside(&self, number: usize, thing: &mut Resource) {
        let attributes = &mut thing.attributes;
        if let Some(Value::Object(parameters)) = attributes.get_mut("parameters") {
            parameters.insert(OTHER_PARAMETER.to_owned(), json!("500"));
        }
        if self.with.contains_key("minor") {
            attributes.insert("minor-upgrades".to_owned(), json!(true));
        }
        if self.with.contains_key("grows") {
            attributes.insert("storage-most-gib".to_owned(), json!(500));
        }
        if let Some(versions) = self.with.get("versions")
            && side(versions) == number
        {
            attributes.insert("latest-version".to_owned(), json!(2));
        }
        if let Some(promoted) = self.with.get("promoted")
            && side(promoted) == number
        {
            attributes.remove("replica-of");
        }
        if let Some(waits) = self.with.get("waits")
            && side(waits) == number
        {
            let value = self.what.value(waits.as_bytes()[1]);
            attributes.insert("pending".to_owned(), json!({ (self.what.path): value }));
        }
    }

    /// Lets the state of a site say what it says.
    fn manage(&self, number: usize, world: &mut World, site: &str, thing: &Resource) {
        world.add(site, Resource::new(Kind::TerraformState, "state"));
        let letter = self.state[number];
        if letter == b'?' {
            world.gap(site, Kind::TerraformState, None, &[]);
            world.gap(site, Kind::TerraformResource, None, &[]);
        }
        if matches!(letter, b'-' | b'?') {
            return;
        }
        let address = self.what.address();
        let mut values = self.what.said(letter);
        if self.what.kind == Kind::RdsInstance && self.what.name != "role" && number == 1 {
            values.insert("replica-of".to_owned(), json!("arn:aws:rds:x"));
        }
        let line = Resource::new(Kind::TerraformResource, format!("state:{address}"))
            .named(Some(&address))
            .arn(thing.arn.as_deref())
            .with("type", self.what.of_type)
            .with("manages", self.what.kind.name())
            .with("managed-id", thing.id.as_str())
            .with("values", values);
        world.add(site, line);
    }

    fn declare(&self, world: &mut World) {
        if self.estate == b'-' {
            return;
        }
        let value = self.what.value(self.estate);
        for component in world.estate.components.values_mut() {
            match (&mut component.settings, self.what.name) {
                (Settings::Database(database), "class") => {
                    value.as_str().unwrap().clone_into(&mut database.class);
                }
                (Settings::Database(database), "zones") => {
                    database.nodes = if value == true { 2 } else { 1 };
                }
                (Settings::Compute(fleet), "machine") => {
                    value.as_str().unwrap().clone_into(&mut fleet.size);
                }
                (Settings::Kubernetes(nodes), "nodes") => {
                    value[0].as_str().unwrap().clone_into(&mut nodes.size);
                }
                _ => {}
            }
        }
    }

    /// Puts what the letters say into a scan.
    fn put(&self, scan: &mut EstateScan, letters: &[u8]) {
        for (number, letter) in letters.iter().enumerate() {
            let part = scan.sites.get_mut(&site(number)).expect("it is there");
            let is_it = |thing: &Resource| {
                thing.kind == self.what.kind
                    && (thing.kind != Kind::Ec2Subnet || thing.id.contains("-p-"))
            };
            if self.what.path.is_empty() {
                part.resources
                    .retain(|thing| !is_it(thing) || *letter == b'a');
            } else {
                let thing = part.resources.iter_mut().find(|thing| is_it(thing));
                self.what.set(thing.expect("it is there"), *letter);
            }
        }
    }

    /// The origins that the labels stand for.
    fn labelled(&self) -> Vec<Origin> {
        let labels = self.origins.iter();
        labels.map(|label| self.origin(label)).collect()
    }

    fn origin(&self, label: &str) -> Origin {
        let address = self.what.address();
        let Some((at_site, label)) = label.split_once(':') else {
            assert_eq!(label, "code");
            let addresses = [0, 1].map(|number| (site(number), address.clone()));
            return Origin::AsApplied {
                addresses: addresses.into(),
            };
        };
        let number = side(at_site);
        let site = site(number);
        match label {
            "outside" => {
                let stated = Some(self.what.value(self.state[number]));
                Origin::ChangedOutsideTerraform {
                    site,
                    address,
                    stated: stated.filter(|stated| !stated.is_null()),
                }
            }
            "declared" => Origin::NotAsDeclared {
                site,
                declared: self.what.value(self.estate),
            },
            "changed" => Origin::Changed {
                site,
                since: at("2026-11-20T12:00:00Z"),
            },
            "removed" => Origin::Removed { site, address },
            "unbuilt" => Origin::NotBuilt { site, address },
            "byhand" => Origin::OutsideTerraform { site },
            "fence" => Origin::Fence { site },
            "failover" => Origin::Failover { site, address },
            other => panic!("{other} is no origin"),
        }
    }

    /// What is wrong with what was said, in a line.
    fn wrong(&self, report: &Report) -> Option<String> {
        let found: Vec<(&str, &str, Vec<String>)> = report
            .findings
            .iter()
            .map(|entry| {
                let attribute = entry.attribute.as_deref().unwrap_or_default();
                (
                    entry.finding.code.as_str(),
                    attribute,
                    sorted(&entry.origins),
                )
            })
            .collect();
        let wanted = self
            .finding
            .map(|(code, attribute)| (code, attribute, sorted(&self.labelled())));
        let wanted: Vec<_> = wanted.into_iter().collect();
        (found != wanted).then(|| format!("{}\n    said {found:?}", self.line))
    }
}

fn sorted(origins: &[Origin]) -> Vec<String> {
    let mut origins: Vec<String> = origins.iter().map(|origin| format!("{origin:?}")).collect();
    origins.sort();
    origins
}

fn cases() -> impl Iterator<Item = Case<'static>> {
    let lines = CASES.lines().filter(|line| !line.starts_with('#'));
    lines.map(case)
}

#[test]
fn each_root_difference_is_one_finding_with_its_origins_and_nothing_else_is_said() {
    assert!(cases().count() >= 200, "{}", cases().count());
    let wrong: Vec<String> = cases()
        .filter_map(|case| case.wrong(&case.world().report()))
        .collect();
    assert!(
        wrong.is_empty(),
        "{} of {}:\n{}",
        wrong.len(),
        cases().count(),
        wrong.join("\n")
    );
}

#[test]
fn a_case_stands_once_in_the_table() {
    let mut seen = std::collections::BTreeSet::new();
    for case in cases() {
        let inputs: Vec<&str> = case.line.split_whitespace().take(6).collect();
        assert!(seen.insert(inputs.join(" ")), "{}", case.line);
    }
}
