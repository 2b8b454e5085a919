//! Databases, buckets, keys, secrets and parameters.

use dr_core::model::{Resource, ResourceKind as Kind};
use serde_json::json;

use super::network::{data_tier, network_of};
use super::site::{Belongs, Site, component, sorted, sorted_values};

/// The uses of an application's keys.
const KEYS: [&str; 2] = ["data", "secrets"];
/// What the application reads at its start, but for the address of its database.
const SETTINGS: [&str; 4] = ["flags", "limits", "currency", "release"];

impl Site<'_> {
    fn key(&self, application: usize, which: &str) -> String {
        self.uuid(&format!("app{application}/key/{which}"))
    }

    pub(super) fn key_arn(&self, application: usize, which: &str) -> String {
        self.arn("kms", &format!("key/{}", self.key(application, which)))
    }

    pub(super) fn database(&self, application: usize) -> String {
        self.called(&format!("db-{application}"))
    }

    fn database_arn(&self, application: usize) -> String {
        self.arn("rds", &format!("db:{}", self.database(application)))
    }

    fn database_host(&self, application: usize) -> String {
        format!(
            "{}.{}.{}.rds.amazonaws.com",
            self.database(application),
            self.hex(&format!("db{application}"), 12),
            self.region()
        )
    }

    fn bucket(&self, application: usize, what: &str) -> String {
        // Names of buckets are unique in the world: both sites say where they are.
        format!("shop-{what}-{application}-{}", self.region())
    }
}

/// Builds what an application keeps.
pub(super) fn build(site: &mut Site<'_>, application: usize) {
    groups(site, application);
    database(site, application);
    keys(site, application);
    secrets(site, application);
    parameters(site, application);
    buckets(site, application);
}

fn groups(site: &mut Site<'_>, application: usize) {
    let of = component("database", application);
    let network = network_of(application);
    let name = site.called(&format!("db-{application}"));
    let subnets = Resource::new(Kind::RdsSubnetGroup, name.clone())
        .named(Some(&name))
        .arn(Some(&site.arn("rds", &format!("subgrp:{name}"))))
        .with("vpc", site.vpc(network))
        .with("status", "Complete")
        .with("subnets", site.subnets(network, data_tier(site)))
        .with(
            "zones",
            sorted((0..site.zones()).map(|zone| site.zone(zone).0)),
        );
    site.add(format!("app{application}/subnet-group"), &of, subnets);
    let parameters = Resource::new(Kind::RdsParameterGroup, name.clone())
        .named(Some(&name))
        .arn(Some(&site.arn("rds", &format!("pg:{name}"))))
        .with("family", "postgres16")
        .with("parameters", json!({"max_connections": "400", "rds.force_ssl": "1", "log_min_duration_statement": "500"}));
    site.add(format!("app{application}/parameter-group"), &of, parameters);
    let option = json!({"name": "SQLSERVER_AUDIT", "version": "1.0", "port": 5433, "settings": ["ENABLED", "PATH"]});
    let options = Resource::new(Kind::RdsOptionGroup, name.clone())
        .named(Some(&name))
        .arn(Some(&site.arn("rds", &format!("og:{name}"))))
        .with("engine", "postgres")
        .with("engine-version", "16")
        .with("options", json!([option]));
    site.add(format!("app{application}/option-group"), &of, options);
}

/// The class of an application's database.
pub(super) fn class(site: &Site<'_>, application: usize) -> &'static str {
    let role = format!("app{application}/class");
    site.style.pick(&role, &["db.t3.small", "db.r6g.large"])
}

fn database(site: &mut Site<'_>, application: usize) {
    let of = component("database", application);
    let name = site.database(application);
    let host = site.database_host(application);
    let resource = Resource::new(Kind::RdsInstance, name.clone())
        .named(Some(&name))
        .arn(Some(&site.database_arn(application)))
        .with("status", "available")
        .with("engine", "postgres")
        .with("engine-version", "16.4")
        .with("class", class(site, application))
        .with("license", "postgresql-license")
        .with("minor-upgrades", false)
        .with(
            "maintenance-window",
            window(site, "maintenance", application, "wed:"),
        )
        .with("storage-gib", 100)
        .with("storage-most-gib", 500)
        .with("storage-type", "gp3")
        .with("iops", 3000)
        .with("encrypted", true)
        .with("key", site.key_arn(application, "data"))
        .with("multi-az", true)
        .with("zone", site.zone(0).0)
        .with("endpoint", host)
        .with("port", 5432)
        .with("public", false)
        .with("subnet-group", name.clone())
        .with("vpc", site.vpc(network_of(application)))
        .with(
            "security-groups",
            sorted([site.group(application, "database")]),
        )
        .with("parameter-groups", json!([name]))
        .with("option-groups", json!([name]))
        .with("backup-window", window(site, "backup", application, ""))
        .with("deletion-protection", true)
        .with("certificate-authority", "rds-ca-rsa2048-g1")
        .with("iam-authentication", true)
        .with("log-exports", json!(["postgresql", "upgrade"]));
    let other = site.other().database_arn(application);
    let resource = if site.is_primary() {
        resource
            .with("replicas", json!([other]))
            .with("backup-days", 35)
            .with("restorable-until", "2026-11-21T17:42:18Z")
    } else {
        resource.with("replica-of", other).with("backup-days", 0)
    };
    site.add(format!("app{application}/database"), &of, resource);
    for number in 0..=site.style.number("snapshots", 3) + site.side {
        let id = format!("rds:{name}-2026-11-{:02}-03-14", number + 1);
        let snapshot = Resource::new(Kind::RdsSnapshot, id.clone())
            .named(Some(&id))
            .with("instance", name.clone())
            .with("type", "automated")
            .with("status", "available")
            .with("created", format!("2026-11-{:02}T03:14:00Z", number + 1))
            .with("engine", "postgres")
            .with("storage-gib", 100)
            .with("encrypted", true)
            .with("key", site.key_arn(application, "data"));
        site.put(
            format!("app{application}/snapshot/{number}"),
            Belongs::Fact,
            snapshot,
        );
    }
}

/// Half an hour that RDS drew: nobody chose one (RDS API reference, `CreateDBInstance`).
fn window(site: &Site<'_>, what: &str, application: usize, day: &str) -> String {
    let drawn = u32::from_str_radix(&site.hex(&format!("{what}{application}"), 4), 16);
    let drawn = drawn.expect("hexadecimal digits");
    let (hour, minute) = (drawn % 8, drawn / 8 % 30);
    format!(
        "{day}{hour:02}:{minute:02}-{day}{hour:02}:{:02}",
        minute + 30
    )
}

fn keys(site: &mut Site<'_>, application: usize) {
    for which in KEYS {
        let alias = format!("alias/{}", site.chosen(&format!("{which}-{application}")));
        let resource = Resource::new(Kind::KmsKey, site.key(application, which))
            .named(Some(&alias))
            .arn(Some(&site.key_arn(application, which)))
            .with("aliases", json!([alias]))
            .with("state", "Enabled")
            .with("usage", "ENCRYPT_DECRYPT")
            .with("spec", "SYMMETRIC_DEFAULT")
            .with("origin", "AWS_KMS")
            .with("multi-region", false)
            .with("rotation", true)
            .with("rotation-days", 365);
        let of = if which == "data" { "database" } else { "app" };
        site.add(
            format!("app{application}/key/{which}"),
            &component(of, application),
            resource,
        );
    }
}

fn secrets(site: &mut Site<'_>, application: usize) {
    for what in ["login", "payments"] {
        let role = format!("app{application}/secret/{what}");
        let primary = Site::new(site.style, 0);
        // A replica keeps its source's name and suffix (Secrets Manager user guide, "replicate-secrets").
        let name = format!("{}/{application}/{what}", primary.chosen("app"));
        let suffix = &primary.uuid(&role)[..6];
        let arn = site.arn("secretsmanager", &format!("secret:{name}-{suffix}"));
        let resource = Resource::new(Kind::SecretsManagerSecret, arn.clone())
            .named(Some(&name))
            .arn(Some(&arn))
            .with("key", site.key_arn(application, "secrets"))
            .with("primary-region", primary.region())
            .with("rotation", what == "login")
            .with("rotated", format!("2026-11-1{}T00:00:00Z", site.side))
            .with("changed", format!("2026-11-1{}T00:00:00Z", site.side));
        let resource = if site.is_primary() {
            let copy = json!({"region": site.other().region(), "status": "InSync", "key": site.other().key_arn(application, "secrets")});
            resource.with("replicas", sorted_values(vec![copy]))
        } else {
            resource
        };
        site.add(role, &component("app", application), resource);
    }
}

fn parameters(site: &mut Site<'_>, application: usize) {
    let parameter = |site: &Site<'_>, what: &str, kind: &str| {
        let name = format!("/{}/{application}/{what}", site.chosen("app"));
        Resource::new(Kind::SsmParameter, name.clone())
            .named(Some(&name))
            .arn(Some(&site.arn("ssm", &format!("parameter{name}"))))
            .with("type", kind)
            .with("data-type", "text")
            .with("version", 1 + site.side)
            .with("tier", "Standard")
            .with("changed", format!("2026-11-1{}T00:00:00Z", site.side))
    };
    let endpoint = parameter(site, "database", "String")
        .with("value-hash", format!("sha256:{}", site.hex("endpoint", 32)))
        .with(
            "mentions",
            json!([site.database_host(application), site.region()]),
        );
    site.add(
        format!("app{application}/parameter/database"),
        &component("database", application),
        endpoint,
    );
    for what in SETTINGS {
        let hash = super::style::hash(site.style.seed, &[what]);
        let resource = parameter(site, what, "String")
            .with("value-hash", format!("sha256:{hash:016x}"))
            .with("mentions", "nothing");
        site.add(
            format!("app{application}/parameter/{what}"),
            &component("app", application),
            resource,
        );
    }
    let token =
        parameter(site, "token", "SecureString").with("key", site.key_arn(application, "secrets"));
    site.add(
        format!("app{application}/parameter/token"),
        &component("app", application),
        token,
    );
}

fn buckets(site: &mut Site<'_>, application: usize) {
    for what in ["state", "assets", "logs"] {
        let name = site.bucket(application, what);
        let arn = format!("arn:aws:s3:::{name}");
        let resource = Resource::new(Kind::S3Bucket, name.clone())
            .named(Some(&name))
            .arn(Some(&arn))
            .with("versioning", "Enabled")
            .with("public-block", json!({"block-acls": true, "ignore-acls": true, "block-policy": true, "restrict": true}));
        let resource = match what {
            "assets" => {
                let rule = json!({
                    "id": "to-the-other-site", "status": "Enabled", "priority": 1,
                    "bucket": format!("arn:aws:s3:::{}", site.other().bucket(application, what)), "delete-markers": "Enabled",
                });
                resource
                    .with("encryption", json!([{"algorithm": "aws:kms", "key": site.key_arn(application, "data"), "bucket-key": true}]))
                    .with("replication", json!([rule]))
            }
            "logs" => {
                let statement = json!({
                    "Sid": "Balancers", "Effect": "Allow", "Action": "s3:PutObject", "Resource": format!("{arn}/AWSLogs/{}/*", site.account()),
                    "Principal": {"AWS": format!("arn:aws:iam::{}:root", site.account())},
                });
                resource
                    .with(
                        "encryption",
                        json!([{"algorithm": "AES256", "bucket-key": false}]),
                    )
                    .with(
                        "policy",
                        json!({"Version": "2012-10-17", "Statement": [statement]}),
                    )
            }
            _ => resource.with(
                "encryption",
                json!([{"algorithm": "AES256", "bucket-key": false}]),
            ),
        };
        site.add(format!("app{application}/bucket/{what}"), "state", resource);
    }
}
