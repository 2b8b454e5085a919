//! Machines, fleets and clusters.

use dr_core::model::{Resource, ResourceKind as Kind};
use serde_json::{Value, json};

use super::network::network_of;
use super::site::{Belongs, Site, component, sorted, sorted_values};

/// Machines that a primary's fleet has.
pub(super) const FLEET: usize = 3;
/// The most that a fleet may have.
const MOST: usize = 6;

impl Site<'_> {
    pub(super) fn image(&self, application: usize) -> String {
        self.id("ami", &format!("app{application}/image/1"))
    }

    pub(super) fn role_arn(&self, application: usize, what: &str) -> String {
        let name = self.called(&format!("{what}-{application}"));
        format!("arn:aws:iam::{}:{what}/{name}", self.account())
    }

    fn fleet_size(&self) -> usize {
        if self.is_primary() {
            FLEET
        } else {
            self.style.standby_count
        }
    }

    fn key_name(&self, application: usize) -> String {
        self.called(&format!("key-{application}"))
    }
}

/// The type of an application's machines.
pub(super) fn machine(site: &Site<'_>, application: usize) -> &'static str {
    site.style.pick(
        &format!("app{application}/machine"),
        &["t3.micro", "m6i.large", "c7g.xlarge"],
    )
}

fn digest(site: &Site<'_>, what: &str) -> String {
    let one = super::style::hash(site.style.seed, &["digest", what]);
    format!("sha256:{one:016x}{one:016x}{one:016x}{one:016x}")
}

/// Builds what an application runs on.
pub(super) fn build(site: &mut Site<'_>, application: usize) {
    images(site, application);
    template(site, application);
    fleet(site, application);
    single(site, application);
    cluster(site, application);
}

fn images(site: &mut Site<'_>, application: usize) {
    for version in 0..2 {
        let role = format!("app{application}/image/{version}");
        let id = site.id("ami", &role);
        let disk = json!({
            "device": "/dev/xvda", "snapshot": site.id("snap", &role), "size-gib": 16, "type": "gp3", "encrypted": true,
        });
        let resource = Resource::new(Kind::Ec2Image, id)
            .named(Some(&format!(
                "shop-app-{application}-2026.11.0{}",
                version + 1
            )))
            .with("architecture", "x86_64")
            .with("state", "available")
            .with(
                "created",
                format!("2026-11-0{}T0{}:00:00.000Z", version + 1, site.side),
            )
            .with("root-device", "/dev/xvda")
            .with("disks", json!([disk]))
            .with("boot-mode", "uefi-preferred")
            .with("owner", site.account());
        // The standby's is a copy of the primary's.
        let resource = if site.is_primary() {
            resource
        } else {
            let source = site.other();
            resource
                .with("source-image", source.id("ami", &role))
                .with("source-region", source.region())
        };
        if version == 1 {
            site.add(role, &component("app", application), resource);
        } else if site.style.number(&role, 2) == 0 || site.is_primary() {
            // An older one, which nothing uses any more and which was not copied everywhere.
            site.put(role, Belongs::Elsewhere, resource);
        }
    }
}

fn template(site: &mut Site<'_>, application: usize) {
    let of = component("app", application);
    let role = format!("app{application}/key");
    let fingerprint: Vec<String> = digest(site, &role).as_bytes()[7..39]
        .chunks(2)
        .map(|two| String::from_utf8_lossy(two).into_owned())
        .collect();
    let resource = Resource::new(Kind::Ec2KeyPair, site.id("key", &role))
        .named(Some(&site.key_name(application)))
        .with("fingerprint", fingerprint.join(":"))
        .with("type", "rsa");
    site.add(role, &of, resource);
    let role = format!("app{application}/template");
    let name = site.called(&format!("app-{application}"));
    let version = 1 + site.style.number(&role, 5) + site.side;
    let volume = json!({"device": "/dev/xvda", "size-gib": 16, "type": "gp3", "encrypted": true, "key": site.key_arn(application, "data")});
    let resource = Resource::new(Kind::Ec2LaunchTemplate, site.id("lt", &role))
        .named(Some(&name))
        .with("default-version", version)
        .with("latest-version", version)
        .with("version", version)
        .with("image", site.image(application))
        .with("instance-type", machine(site, application))
        .with("key", site.key_name(application))
        .with(
            "instance-profile",
            site.role_arn(application, "instance-profile"),
        )
        .with("security-groups", sorted([site.group(application, "app")]))
        .with("volumes", json!([volume]))
        .with("http-tokens", "required")
        .with("ebs-optimized", true)
        .with("user-data-hash", digest(site, &role));
    site.add(role, &of, resource);
}

fn fleet(site: &mut Site<'_>, application: usize) {
    let of = component("app", application);
    let network = network_of(application);
    let name = site.called(&format!("app-{application}"));
    let members: Vec<(String, usize)> = (0..site.fleet_size())
        .map(|member| {
            (
                site.id("i", &format!("app{application}/member/{member}")),
                member % site.zones(),
            )
        })
        .collect();
    let listed = members.iter().map(|(id, zone)| {
        json!({
            "id": id, "type": machine(site, application), "zone": site.zone(*zone).0, "state": "InService", "health": "Healthy",
        })
    });
    let version = site.style.pick(
        &format!("app{application}/follows"),
        &["$Latest", "$Default", ""],
    );
    // Terraform pins what it made last, and each site counts for itself.
    let version = match version {
        "" => (1 + site.style.number("pinned", 5) + site.side).to_string(),
        newest => newest.to_owned(),
    };
    let smallest = if site.is_primary() {
        FLEET
    } else {
        site.style.standby_count
    };
    let resource = Resource::new(Kind::AutoscalingGroup, name.clone())
        .named(Some(&name))
        .arn(Some(&site.arn("autoscaling", &format!("autoScalingGroup:{}:autoScalingGroupName/{name}", site.uuid(&format!("app{application}/fleet"))))))
        .with("minimum", smallest)
        .with("maximum", MOST)
        .with("desired", site.fleet_size())
        .with("launch-template", json!({"id": site.id("lt", &format!("app{application}/template")), "name": name, "version": version}))
        .with("subnets", site.subnets(network, "private"))
        .with("zones", sorted((0..site.zones()).map(|zone| site.zone(zone).0)))
        .with("target-groups", sorted([site.target_group(application, "app")]))
        .with("health-check", "ELB")
        .with("health-check-grace-s", 120)
        .with("termination", json!(["Default"]))
        .with("instances", sorted_values(listed.collect()))
        .with("created", format!("2026-01-0{}T08:00:00Z", site.side + 1));
    site.add(format!("app{application}/fleet"), &of, resource);
    for (id, zone) in members {
        let resource = instance(site, application, &id, zone, ("private", "app"));
        let mut tags = vec![("aws:autoscaling:groupName".to_owned(), name.clone())];
        tags.push(("dr:component".to_owned(), of.clone()));
        let resource = resource.tagged(tags);
        site.put(
            format!("app{application}/member/{id}"),
            Belongs::Member,
            resource,
        );
    }
}

fn instance(
    site: &Site<'_>,
    application: usize,
    id: &str,
    zone: usize,
    (tier, group): (&str, &str),
) -> Resource {
    let network = network_of(application);
    Resource::new(Kind::Ec2Instance, id)
        .with("instance-type", machine(site, application))
        .with("state", "running")
        .with("image", site.image(application))
        .with("architecture", "x86_64")
        .with("vpc", site.vpc(network))
        .with("subnet", site.subnet(network, tier, zone))
        .with("zone", site.zone(zone).0)
        .with("security-groups", sorted([site.group(application, group)]))
        .with("key", site.key_name(application))
        .with(
            "instance-profile",
            site.role_arn(application, "instance-profile"),
        )
        .with(
            "private-address",
            format!(
                "10.{}.{}.{}",
                site.side * 100 + network,
                zone * 16,
                10 + application % 200
            ),
        )
        .with("ebs-optimized", true)
        .with("http-tokens", "required")
        .with("volumes", sorted([site.id("vol", id)]))
        .with("launched", format!("2026-11-0{}T09:00:00Z", site.side + 1))
}

/// A machine that no fleet made: the Git server, off at the standby.
fn single(site: &mut Site<'_>, application: usize) {
    let role = format!("app{application}/source");
    let id = site.id("i", &role);
    let resource = instance(site, application, &id, 0, ("private", "app"))
        .named(Some(&site.called(&format!("source-{application}"))))
        .with(
            "state",
            if site.is_primary() {
                "running"
            } else {
                "stopped"
            },
        );
    let of = if application == 0 {
        "source".to_owned()
    } else {
        component("app", application)
    };
    site.add(role, &of, resource);
}

fn cluster(site: &mut Site<'_>, application: usize) {
    let of = component("cluster", application);
    let network = network_of(application);
    let role = format!("app{application}/cluster");
    let name = site.called(&format!("cluster-{application}"));
    let mut subnets: Vec<String> = Vec::new();
    for tier in ["public", "private"] {
        subnets.extend((0..site.zones()).map(|zone| site.subnet(network, tier, zone)));
    }
    let resource = Resource::new(Kind::EksCluster, name.clone())
        .named(Some(&name))
        .arn(Some(&site.arn("eks", &format!("cluster/{name}"))))
        .with("status", "ACTIVE")
        .with("version", "1.33")
        .with("platform-version", format!("eks.{}", 4 + site.side))
        .with("role", site.role_arn(application, "role"))
        .with(
            "endpoint",
            format!(
                "https://{}.gr7.{}.eks.amazonaws.com",
                site.hex(&role, 32).to_uppercase(),
                site.region()
            ),
        )
        .with("vpc", site.vpc(network))
        .with("subnets", sorted(subnets))
        .with(
            "security-groups",
            sorted([site.group(application, "cluster")]),
        )
        .with("public-endpoint", false)
        .with("private-endpoint", true)
        .with("keys", sorted([site.key_arn(application, "data")]))
        .with("authentication", "API_AND_CONFIG_MAP")
        .with("created", format!("2026-01-0{}T07:00:00Z", site.side + 1));
    site.add(role, &of, resource);
    for pool in ["general", "memory"] {
        node_group(site, application, &name, pool);
    }
}

fn node_group(site: &mut Site<'_>, application: usize, cluster: &str, pool: &str) {
    let role = format!("app{application}/nodes/{pool}");
    let name = site.called(&format!("{pool}-{application}"));
    let now = if site.is_primary() {
        2
    } else {
        site.style.standby_count.min(2)
    };
    let taints: Vec<Value> = match pool {
        "memory" => vec![json!({"key": "pool", "value": "memory", "effect": "NO_SCHEDULE"})],
        _ => Vec::new(),
    };
    let resource = Resource::new(Kind::EksNodeGroup, format!("{cluster}/{name}"))
        .named(Some(&name))
        .arn(Some(&site.arn(
            "eks",
            &format!("nodegroup/{cluster}/{name}/{}", site.uuid(&role)),
        )))
        .with("cluster", cluster)
        .with("status", "ACTIVE")
        .with("version", "1.33")
        .with("release", format!("1.33.0-2026110{}", site.side + 1))
        .with(
            "instance-types",
            json!([if pool == "memory" {
                "r6i.large"
            } else {
                "t3.medium"
            }]),
        )
        .with("capacity", "ON_DEMAND")
        .with("image-type", "AL2023_x86_64_STANDARD")
        .with("disk-gib", 20)
        .with("minimum", now)
        .with("maximum", 4)
        .with("desired", now)
        .with("subnets", site.subnets(network_of(application), "private"))
        .with("role", site.role_arn(application, "role"))
        .with("labels", json!({"pool": pool, "release": "blue-20240115"}))
        .with("taints", sorted_values(taints));
    site.add(role, &component("cluster", application), resource);
}
