//! What is read for what it tells about a site; and what other teams have there.

use dr_core::model::{Resource, ResourceKind as Kind};
use serde_json::json;

use super::site::{Belongs, Site};

/// Quotas, and what they bound.
const QUOTAS: [(&str, &str, f64); 4] = [
    ("ec2/L-1216C47A", "vcpus-standard", 256.0),
    ("ec2/L-0263D0A3", "elastic-addresses", 20.0),
    ("rds/L-7B6409FD", "db-instances", 40.0),
    ("eks/L-1194D53C", "clusters", 100.0),
];

/// Adds what is known of a site: its account, zones, offers, quotas.
pub(super) fn facts(site: &mut Site<'_>) {
    let mut facts = vec![Resource::new(Kind::StsAccount, site.account()).with(
        "caller",
        format!("arn:aws:sts::{}:assumed-role/dr/dr", site.account()),
    )];
    for zone in 0..site.zones() {
        let (name, id) = site.zone(zone);
        let resource = Resource::new(Kind::Ec2Zone, id).named(Some(&name));
        facts.push(
            resource
                .with("state", "available")
                .with("type", "availability-zone"),
        );
    }
    let ids: Vec<String> = (0..site.zones()).map(|zone| site.zone(zone).1).collect();
    for kind in [
        "t3.micro",
        "m6i.large",
        "c7g.xlarge",
        "t3.medium",
        "r6i.large",
    ] {
        let resource = Resource::new(Kind::Ec2TypeOffering, kind);
        facts.push(resource.with("offered", true).with("zone-ids", ids.clone()));
    }
    for class in ["db.t3.small", "db.r6g.large"] {
        let resource = Resource::new(Kind::RdsOrderable, format!("postgres/16.4/{class}"));
        facts.push(
            resource
                .with("offered", true)
                .with("multi-az", true)
                .with("read-replica", true),
        );
    }
    for (id, name, value) in QUOTAS {
        let resource = Resource::new(Kind::ServiceQuota, id).named(Some(name));
        facts.push(resource.with("value", value).with("adjustable", true));
    }
    for fact in facts {
        site.put(
            format!("fact/{}/{}", fact.kind, fact.id),
            Belongs::Fact,
            fact,
        );
    }
}

/// Adds one other team's things: a network of its own, and things like the estate's in it. None is the estate's, and the
/// other site may have none like it.
pub(super) fn foreign(site: &mut Site<'_>, number: usize) {
    let role = format!("foreign{number}");
    let id = |what: &str| site.id(what, &format!("{role}/{what}"));
    let name = |what: &str| format!("team{}-{what}-{number}", site.side);
    let vpc = id("vpc");
    let subnet = id("subnet");
    let group = id("sg");
    let all = json!([{"protocol": "-1", "cidr": "0.0.0.0/0"}]);
    let route = json!({"destination": "0.0.0.0/0", "through": "gateway", "target": id("igw"), "state": "active", "origin": "CreateRoute"});
    let own_key = site.uuid(&format!("{role}/key"));
    let database = name("db");
    let secret = site.arn(
        "secretsmanager",
        &format!("secret:{}-AbCdEf", name("login")),
    );
    let things = vec![
        Resource::new(Kind::Ec2Vpc, vpc.clone())
            .named(Some(&name("main")))
            .with("cidr", "172.31.0.0/16")
            .with("default", number == 0),
        Resource::new(Kind::Ec2Subnet, subnet.clone())
            .with("vpc", vpc.clone())
            .with("cidr", "172.31.0.0/20")
            .with("zone", site.zone(0).0),
        Resource::new(Kind::Ec2InternetGateway, id("igw")).with("vpcs", json!([vpc])),
        Resource::new(Kind::Ec2RouteTable, id("rtb"))
            .with("vpc", vpc.clone())
            .with("main", true)
            .with("routes", json!([route])),
        Resource::new(Kind::Ec2NetworkAcl, id("acl"))
            .with("vpc", vpc.clone())
            .with("default", true)
            .with("subnets", json!([subnet])),
        Resource::new(Kind::Ec2SecurityGroup, group.clone())
            .named(Some(&name("app")))
            .with("vpc", vpc.clone())
            .with("egress", all),
        Resource::new(Kind::Ec2Instance, id("i"))
            .named(Some(&name("box")))
            .with("vpc", vpc.clone())
            .with("subnet", subnet.clone())
            .with("security-groups", json!([group])),
        Resource::new(Kind::Ec2Address, id("eipalloc"))
            .with("public-address", "3.1.2.3")
            .with("domain", "vpc"),
        Resource::new(Kind::Ec2KeyPair, id("key"))
            .named(Some(&name("key")))
            .with("type", "rsa"),
        Resource::new(Kind::Ec2Image, id("ami"))
            .named(Some(&name("base")))
            .with("architecture", "arm64"),
        Resource::new(Kind::RdsInstance, database.clone())
            .named(Some(&database))
            .with("engine", "mysql")
            .with("class", "db.t3.micro")
            .with("vpc", vpc.clone()),
        Resource::new(Kind::RdsParameterGroup, "default.postgres16")
            .named(Some("default.postgres16"))
            .with("family", "postgres16"),
        Resource::new(Kind::KmsKey, own_key)
            .named(Some(&format!("alias/{}", name("key"))))
            .with("spec", "RSA_2048"),
        Resource::new(Kind::SecretsManagerSecret, secret.clone())
            .arn(Some(&secret))
            .named(Some(&name("login"))),
        Resource::new(Kind::SsmParameter, format!("/{}", name("flags")))
            .named(Some(&format!("/{}", name("flags"))))
            .with("type", "String"),
        Resource::new(Kind::S3Bucket, name("bucket"))
            .named(Some(&name("bucket")))
            .with("versioning", "Suspended"),
    ];
    for thing in things {
        // Every account has this one once.
        let is_default = thing.id.starts_with("default.");
        if !is_default || number == 0 {
            site.put(format!("{role}/{}", thing.kind), Belongs::Elsewhere, thing);
        }
    }
}
