//! A small estate on two sites in which every rule holds: what one test changes is all that is wrong in it.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::super::{Facts, History, PastRun, QUOTAS, Report, RunbookFacts, examine};
use crate::config::{self, Source};
use crate::model::{
    DatabaseRole, DatabaseState, DatabaseStatus, Direction, Duration, Estate, EstateInventory,
    EstateScan, Inventory, Lineage, Observed, Position, Replication, RepositoryState, Resource,
    ResourceKind as Kind, Role, SiteId, SiteScan, StackChanges, StackState,
};

const ESTATE: &str = r#"
estate: shop
sites:
  ohio: { platform: aws, region: us-east-2, role: primary }
  california: { platform: aws, region: us-west-1, role: standby }
objectives: { rpo: 5m, rto: 30m }
components:
  source: { kind: repository, technology: git, standby: off }
  stack: { kind: infrastructure, technology: terraform }
  network: { kind: network, technology: vpc, zones: 2, addresses: 16 }
  app: { kind: compute, technology: ec2-autoscaling, size: t3.micro, count: 3, minimum: 2, standby: { count: 1 } }
  cluster: { kind: kubernetes, technology: eks, size: t3.medium, nodes: 2 }
  database: { kind: database, technology: rds, class: db.t3.small, nodes: 2 }
  front-door: { kind: traffic, technology: route53, record: app.shop.example, ttl: 60s, method: health-switch }
  files: { kind: object-store, technology: s3, buckets: { ohio: files-p, california: files-s } }
backups: [{ component: database, schedule: "30 3 * * *", keep: 35d }]
bindings:
SITES"#;

fn bindings(site: &str, region: &str, letter: char) -> String {
    format!(
        "  {site}:
    source: {{ branch: main, instance: i-{letter}git, url: /git/{site} }}
    stack: {{ directory: terraform, roles: dr.json, state-bucket: state-{region}, state-key: site.tfstate }}
    network: {{ vpc: vpc-{letter} }}
    app: {{ group: app }}
    cluster: {{ cluster: main, node-group: nodes }}
    database: {{ endpoint-parameter: /shop/endpoint, instance: db, kms-key: {key}, network-acl: acl-{letter}, parameter-group: db, \
         port: 5432, quarantine-group: sg-{letter}q, security-group: sg-{letter}db, subnet-group: db }}
    front-door: {{ answers: [lb.{region}.elb.amazonaws.com], health-check: hc-1, set-identifier: {site}, switch-bucket: switch, \
         switch-key: go, zone: Z1 }}
",
        key = key(region),
    )
}

fn key(region: &str) -> String {
    format!("arn:aws:kms:{region}:123456789012:key/k-1")
}

/// Everything that a judgement is made from.
pub(super) struct World {
    pub(super) estate: Estate,
    pub(super) direction: Direction,
    pub(super) scan: EstateScan,
    pub(super) at: Timestamp,
    pub(super) history: History,
    pub(super) inventory: Option<Result<EstateInventory, String>>,
}

/// The instant of the judgement.
const AT: &str = "2026-03-02T12:00:00Z";

impl World {
    /// One in which every rule holds.
    pub(super) fn sound() -> Self {
        let sites = bindings("ohio", "us-east-2", 'p') + &bindings("california", "us-west-1", 's');
        let text = ESTATE.replace("SITES", &sites);
        let estate = config::load_estate(Source::new("estate.yaml", text))
            .unwrap_or_else(|problems| panic!("{problems}"));
        let at: Timestamp = AT.parse().expect("an instant");
        let sites = [
            site("ohio", "us-east-2", 'p', "10.1", at),
            site("california", "us-west-1", 's', "10.2", at),
        ];
        let scan = EstateScan {
            format: EstateScan::FORMAT,
            kinds: EstateScan::kinds_read(),
            estate: estate.name.clone(),
            sites: sites
                .into_iter()
                .map(|scan| (scan.site.clone(), scan))
                .collect(),
            global: Some(global(at)),
        };
        let direction = estate.outward();
        let history = History {
            runs: vec![PastRun {
                name: "switchover-1".to_owned(),
                runbook: "failover".to_owned(),
                at: "2026-02-01T09:00:00Z".parse().expect("an instant"),
                is_simulated: false,
                is_completed: true,
                is_of_this_estate: true,
                is_of_this_runbook: true,
            }],
            unread: Vec::new(),
            runbook: Some(Ok(RunbookFacts {
                name: "failover".to_owned(),
                defects: Vec::new(),
            })),
        };
        Self {
            inventory: Some(Ok(inventory(&direction, at))),
            estate,
            direction,
            scan,
            at,
            history,
        }
    }

    /// What rules look at.
    pub(super) fn facts(&self) -> Facts<'_> {
        let inventory = self.inventory.as_ref();
        let inventory = inventory.map(|seen| seen.as_ref().map_err(String::as_str));
        let facts = Facts::new(
            &self.estate,
            &self.direction,
            &self.scan,
            self.at,
            &self.history,
            inventory,
        );
        facts.expect("a scan of both sites")
    }

    /// What the rules say of it.
    pub(super) fn judged(&self) -> Report {
        examine(&self.facts())
    }

    pub(super) fn part(&mut self, site: &str) -> &mut SiteScan {
        if site == "global" {
            return self.scan.global.as_mut().expect("the global services");
        }
        let site: SiteId = site.parse().expect("a name");
        self.scan.sites.get_mut(&site).expect("a site")
    }

    /// The only thing of a kind with that id on a site.
    pub(super) fn thing(&mut self, site: &str, kind: Kind, id: &str) -> &mut Resource {
        let things = &mut self.part(site).resources;
        let found = things
            .iter_mut()
            .find(|thing| thing.kind == kind && thing.id == id);
        found.unwrap_or_else(|| panic!("{kind} {id} in {site}"))
    }

    pub(super) fn set(&mut self, site: &str, kind: Kind, id: &str, attribute: &str, value: Value) {
        let attributes = &mut self.thing(site, kind, id).attributes;
        attributes.insert(attribute.to_owned(), value);
    }

    pub(super) fn add(&mut self, site: &str, thing: Resource) {
        let things = &mut self.part(site).resources;
        things.push(thing);
        things.sort_by(|a, b| (a.kind, &a.id).cmp(&(b.kind, &b.id)));
    }

    pub(super) fn remove(&mut self, site: &str, kind: Kind, id: &str) {
        let things = &mut self.part(site).resources;
        let before = things.len();
        things.retain(|thing| thing.kind != kind || thing.id != id);
        assert_eq!(things.len() + 1, before, "{kind} {id} in {site}");
    }

    /// What was observed of a component at the standby.
    pub(super) fn observed(&mut self, component: &str) -> &mut Observed {
        let Some(Ok(inventory)) = &mut self.inventory else {
            panic!("an inventory was read");
        };
        let site = inventory
            .sites
            .get_mut(&self.direction.to)
            .expect("the standby");
        let component = component.parse().expect("a name");
        site.observed.get_mut(&component).expect("it was observed")
    }
}

fn site(name: &str, region: &str, l: char, net: &str, at: Timestamp) -> SiteScan {
    let is_primary = l == 'p';
    let of = |kind, id: &str, component: &str| {
        let mut thing = Resource::new(kind, id).named(Some(id));
        thing.component = Some(component.parse().expect("a name"));
        thing
    };
    let fact = |kind, id: &str| Resource::new(kind, id);
    let zones = [format!("{region}-az1"), format!("{region}-az2")];
    let subnets = [format!("subnet-{l}1"), format!("subnet-{l}2")];
    let balancer = format!("arn:aws:elasticloadbalancing:{region}:1:loadbalancer/app/lb/1");
    let targets = format!("arn:aws:elasticloadbalancing:{region}:1:targetgroup/app/1");
    let certificate = format!("arn:aws:acm:{region}:1:certificate/c");
    let secret = format!("arn:aws:secretsmanager:{region}:1:secret:login-x");
    let database = format!("arn:aws:rds:{region}:1:db:db");
    let mut things = vec![
        of(Kind::Ec2Vpc, &format!("vpc-{l}"), "network").with("cidrs", vec![format!("{net}.0.0/16")]),
        of(Kind::Ec2RouteTable, &format!("rtb-{l}"), "network")
            .with("subnets", subnets.to_vec())
            .with("vpc", format!("vpc-{l}"))
            .with("routes", json!([{"destination": "0.0.0.0/0", "through": "nat-gateway", "target": format!("nat-{l}"), "state": "active"}])),
        of(Kind::Ec2NatGateway, &format!("nat-{l}"), "network").with("state", "available").with("subnet", subnets[0].clone()),
        of(Kind::Ec2Address, &format!("eip-{l}"), "network"),
        of(Kind::Ec2InternetGateway, &format!("igw-{l}"), "network").with("vpcs", vec![format!("vpc-{l}")]),
        of(Kind::Ec2NetworkAcl, &format!("acl-{l}"), "network")
            .with("vpc", format!("vpc-{l}"))
            .with("entries", json!([
                {"number": 100, "egress": false, "cidr": "0.0.0.0/0"}, {"number": 32767, "egress": false, "cidr": "0.0.0.0/0"},
                {"number": 101, "egress": false, "cidr": "::/0"}, {"number": 32767, "egress": true, "cidr": "0.0.0.0/0"},
            ])),
        of(Kind::Ec2SecurityGroup, &format!("sg-{l}"), "app"),
        fact(Kind::Ec2KeyPair, &format!("key-{l}")).named(Some("ops")),
        of(Kind::Ec2LaunchTemplate, &format!("lt-{l}"), "app")
            .with("image", format!("ami-{l}"))
            .with("instance-type", "t3.micro")
            .with("key", "ops")
            .with("security-groups", vec![format!("sg-{l}")])
            .with("instance-profile", "shop-app")
            .with("user-data-hash", "sha256:1")
            .with("user-data-mentions", "nothing"),
        fact(Kind::Ec2Image, &format!("ami-{l}")).named(Some("shop-7"))
            .with("state", "available").with("architecture", "x86_64").with("created", "2026-02-01T00:00:00.000Z"),
        of(Kind::Ec2Instance, &format!("i-{l}git"), "source").with("instance-type", "t3.micro").with("state", "stopped"),
        of(Kind::AutoscalingGroup, "app", "app")
            .with("desired", if is_primary { 3 } else { 1 })
            .with("maximum", 6)
            .with("target-groups", vec![targets.clone()])
            .with("launch-template", json!({"id": format!("lt-{l}")}))
            .with("subnets", subnets.to_vec()),
        of(Kind::EksCluster, "main", "cluster").with("role", "arn:aws:iam::1:role/shop-cluster"),
        fact(Kind::IamRole, "shop-cluster").with("mentions", "nothing").with("policies-of-aws", vec!["arn:aws:iam::aws:policy/AmazonEKSClusterPolicy"]),
        fact(Kind::IamRole, "shop-node").with("mentions", "nothing"),
        fact(Kind::IamRole, "shop-app")
            .with("instance-profiles", vec!["shop-app"])
            .with("mentions", vec!["us-east-2", "us-west-1"])
            .with("policies", json!({"own": {"Statement": [
                {"Effect": "Allow", "Action": "secretsmanager:GetSecretValue", "Resource": "arn:aws:secretsmanager:us-east-2:1:secret:login-x"},
                {"Effect": "Allow", "Action": "secretsmanager:Get*", "Resource": "arn:aws:secretsmanager:us-west-1:1:secret:login-x"},
            ]}})),
        of(Kind::EksNodeGroup, "main/nodes", "cluster")
            .with("role", "arn:aws:iam::1:role/shop-node")
            .with("cluster", "main")
            .with("desired", if is_primary { 2 } else { 0 })
            .with("instance-types", vec!["t3.medium"])
            .with("subnets", subnets.to_vec()),
        of(Kind::ElbLoadBalancer, &balancer, "app").arn(Some(&balancer))
            .with("type", "application").with("state", "active").with("dns-name", format!("lb.{region}.elb.amazonaws.com")),
        of(Kind::ElbListener, &format!("{balancer}/443"), "app")
            .with("protocol", "HTTPS").with("port", 443).with("load-balancer", balancer.clone()).with("certificates", vec![certificate.clone()]),
        fact(Kind::AcmCertificate, &certificate).arn(Some(&certificate)).named(Some("shop.example"))
            .with("status", "ISSUED").with("names", vec!["*.shop.example"]).with("more-names", false).with("expires", "2026-09-01T00:00:00Z"),
        of(Kind::RdsInstance, "db", "database").arn(Some(&database))
            .with("status", "available").with("engine", "postgres").with("engine-version", "16.3").with("class", "db.t3.small")
            .with("storage-type", "gp3").with("storage-gib", 20).with("key", key(region)).with("multi-az", true)
            .with("endpoint", format!("db.{region}.rds.amazonaws.com"))
            .with("parameter-groups", vec!["db"]).with("parameter-status", vec!["db: in-sync"])
            .with("backup-days", if is_primary { 35 } else { 0 })
            .with("replica-of", (!is_primary).then_some("arn:aws:rds:us-east-2:1:db:db"))
            .with("replication", (!is_primary).then_some("replicating")),
        of(Kind::RdsParameterGroup, "db", "database"),
        of(Kind::RdsOptionGroup, "db", "database"),
        of(Kind::RdsSubnetGroup, "db", "database").with("zones", vec![format!("{region}a"), format!("{region}b")]),
        fact(Kind::RdsOrderable, "postgres/16.3/db.t3.small")
            .with("offered", true).with("multi-az", true).with("storage-types", vec!["gp2", "gp3"])
            .with("zones", vec![format!("{region}a"), format!("{region}b")]),
        of(Kind::KmsKey, "k-1", "database").arn(Some(&key(region))).with("state", "Enabled")
            .with("policy", json!({"Statement": [
                {"Sid": "root", "Effect": "Allow", "Action": "kms:*", "Resource": "*"},
                {"Sid": "databases", "Effect": "Allow", "Action": "kms:Decrypt", "Resource": "*",
                 "Condition": {"StringEquals": {"kms:ViaService": ["rds.us-east-2.amazonaws.com", "rds.us-west-1.amazonaws.com"]}}},
            ]})),
        of(Kind::SecretsManagerSecret, &secret, "app").arn(Some(&secret)).named(Some("x"))
            .with("changed", "2026-02-20T00:00:00Z"),
        of(Kind::SsmParameter, "/shop/endpoint", "database")
            .with("type", "String").with("value-hash", format!("sha256:{l}")).with("mentions", vec![format!("db.{region}.rds.amazonaws.com")]),
        fact(Kind::TerraformState, &format!("state-{region}/site.tfstate")).with("serial", 3).with("resources", 1),
    ];
    for (id, zone) in subnets.iter().zip(&zones) {
        things.push(
            of(Kind::Ec2Subnet, id, "network")
                .with("vpc", format!("vpc-{l}"))
                .with("zone-id", zone.clone())
                .with("zone", zone.clone())
                .with("free-addresses", 100),
        );
    }
    for name in ["t3.micro", "t3.medium"] {
        things.push(
            fact(Kind::Ec2TypeOffering, name)
                .with("offered", true)
                .with("zone-ids", zones.to_vec()),
        );
    }
    for quota in QUOTAS {
        let limit = match quota.id {
            "ec2/L-0263D0A3" | "vpc/L-F678F1CE" | "vpc/L-FE5A380F" => 5,
            "rds/L-7ADDB58A" => 1000,
            _ => 64,
        };
        things.push(
            fact(Kind::ServiceQuota, quota.id)
                .with("value", limit)
                .with("title", quota.id),
        );
    }
    if is_primary {
        for thing in things
            .iter_mut()
            .filter(|thing| thing.kind == Kind::SecretsManagerSecret)
        {
            *thing = thing.clone().with(
                "replicas",
                json!([{"region": "us-west-1", "status": "InSync"}]),
            );
        }
        things.push(
            fact(Kind::RdsSnapshot, "rds:db-2")
                .with("instance", "db")
                .with("status", "available")
                .with("created", "2026-03-02T03:35:00Z"),
        );
    }
    super::condition::set(&mut things, region, l);
    // Whatever Terraform may manage of it, it does.
    let types = super::super::rules::TERRAFORM_TYPES;
    let managed: Vec<Resource> = things
        .iter()
        .filter_map(|thing| {
            let (name, _) = types.iter().find(|(_, kind)| *kind == thing.kind)?;
            let address = format!("{name}.{}", thing.id);
            Some(
                fact(
                    Kind::TerraformResource,
                    &format!("state-{region}/site.tfstate:{address}"),
                )
                .named(Some(&address))
                .arn(thing.arn.as_deref())
                .with("type", *name)
                .with("managed-id", thing.id.as_str()),
            )
        })
        .collect();
    things.extend(managed);
    things.sort_by(|a, b| (a.kind, &a.id).cmp(&(b.kind, &b.id)));
    SiteScan {
        site: name.parse().expect("a name"),
        region: region.parse().expect("a region"),
        at,
        resources: things,
        gaps: Vec::new(),
        calls: 0,
        throttled: 0,
    }
}

fn global(at: Timestamp) -> SiteScan {
    let record = |site: &str, region: &str, place: &str| {
        Resource::new(Kind::Route53Record, format!("Z1/app.shop.example./A/{site}"))
            .named(Some("app.shop.example."))
            .with("zone", "Z1").with("type", "A").with("set-identifier", site).with("failover", place)
            .with("alias", json!({"name": format!("dualstack.lb.{region}.elb.amazonaws.com."), "evaluates-health": false}))
    };
    let check = |id: &str, host: &str| {
        Resource::new(Kind::Route53HealthCheck, id)
            .with("type", "HTTPS")
            .with("inverted", true)
            .with("disabled", false)
            .with("name", host)
            .with("path", "/go")
    };
    SiteScan {
        site: "ohio".parse().expect("a name"),
        region: "us-east-2".parse().expect("a region"),
        at,
        resources: vec![
            record("california", "us-west-1", "SECONDARY"),
            record("ohio", "us-east-2", "PRIMARY").with("health-check", "hc-1"),
            check("hc-1", "switch.s3.us-west-1.amazonaws.com"),
        ],
        gaps: Vec::new(),
        calls: 0,
        throttled: 0,
    }
}

fn inventory(direction: &Direction, at: Timestamp) -> EstateInventory {
    let database = DatabaseState {
        role: DatabaseRole::Replica {
            source: direction.from.clone(),
        },
        status: DatabaseStatus::Available,
        writable: false,
        fenced: false,
        position: Position::Writes(7),
        replication: Some(Replication {
            lag: Duration::from_secs(2),
            measured_at: at,
            source_position: None,
            last_applied_commit: at,
        }),
        lacks: Vec::new(),
    };
    let stack = StackState {
        applied_role: Role::Standby,
        locked_by: None,
        serial: 3,
        pending: StackChanges::default(),
    };
    let source = RepositoryState {
        running: false,
        commits: 7,
        last_seen_at_primary: 7,
        lineage: Lineage::Complete,
    };
    let observed = [
        ("database", Observed::Database(database)),
        ("stack", Observed::Stack(stack)),
        ("source", Observed::Repository(source)),
    ];
    let standby = Inventory {
        site: direction.to.clone(),
        at,
        observed: observed
            .into_iter()
            .map(|(name, state)| (name.parse().expect("a name"), state))
            .collect(),
        gaps: BTreeMap::new(),
    };
    EstateInventory {
        sites: BTreeMap::from([(direction.to.clone(), standby)]),
    }
}
