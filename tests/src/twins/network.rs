//! VPCs, what is in them, and who may talk to whom.

use dr_core::model::{Resource, ResourceKind as Kind};
use serde_json::{Value, json};

use super::site::{Belongs, Site, component, sorted, sorted_values};

/// How many applications share a network.
const SHARED_BY: usize = 50;

/// The network that an application is in.
pub(super) fn network_of(application: usize) -> usize {
    application / SHARED_BY
}

/// The tiers of subnets.
pub(super) fn tiers(site: &Site<'_>) -> &'static [&'static str] {
    if site.style.data_tier {
        &["public", "private", "data"]
    } else {
        &["public", "private"]
    }
}

/// The tier that databases stand in.
pub(super) fn data_tier(site: &Site<'_>) -> &'static str {
    if site.style.data_tier {
        "data"
    } else {
        "private"
    }
}

impl Site<'_> {
    pub(super) fn vpc(&self, network: usize) -> String {
        self.id("vpc", &format!("net{network}/vpc"))
    }

    pub(super) fn subnet(&self, network: usize, tier: &str, zone: usize) -> String {
        self.id("subnet", &format!("net{network}/subnet/{tier}/{zone}"))
    }

    pub(super) fn subnets(&self, network: usize, tier: &str) -> Value {
        sorted((0..self.zones()).map(|zone| self.subnet(network, tier, zone)))
    }

    pub(super) fn group(&self, application: usize, which: &str) -> String {
        self.id("sg", &format!("app{application}/group/{which}"))
    }

    /// The first two bytes of a network's addresses.
    fn block(&self, network: usize) -> String {
        format!("10.{}", self.side * 100 + network)
    }

    fn nats(&self) -> usize {
        if self.style.nat_each { self.zones() } else { 1 }
    }
}

/// Builds one network.
pub(super) fn build(site: &mut Site<'_>, network: usize) {
    let vpc = site.vpc(network);
    let block = site.block(network);
    let of = component("network", network);
    let resource = Resource::new(Kind::Ec2Vpc, vpc.clone())
        .named(Some(&site.called(&format!("main-{network}"))))
        .arn(Some(&site.arn("ec2", &format!("vpc/{vpc}"))))
        .with("cidr", format!("{block}.0.0/16"))
        .with("cidrs", json!([format!("{block}.0.0/16")]))
        .with("default", false)
        .with("state", "available")
        .with("tenancy", "default")
        .with("dhcp-options", site.id("dopt", &format!("net{network}")));
    site.add(format!("net{network}/vpc"), &of, resource);
    for (place, tier) in tiers(site).iter().enumerate() {
        for zone in 0..site.zones() {
            subnet(site, network, (place, tier), zone);
        }
    }
    gateways(site, network);
    route_tables(site, network);
    acls(site, network);
    // Comes with every network, and belongs to nobody.
    let id = site.id("sg", &format!("net{network}/group/default"));
    let default = Resource::new(Kind::Ec2SecurityGroup, id.clone())
        .named(Some("default"))
        .arn(Some(&site.arn("ec2", &format!("security-group/{id}"))))
        .with("vpc", vpc)
        .with("description", "default VPC security group")
        .with("ingress", json!([{"protocol": "-1", "group": id}]))
        .with("egress", json!([{"protocol": "-1", "cidr": "0.0.0.0/0"}]));
    site.put(
        format!("net{network}/group/default"),
        Belongs::Elsewhere,
        default,
    );
}

fn subnet(site: &mut Site<'_>, network: usize, (place, tier): (usize, &str), zone: usize) {
    let id = site.subnet(network, tier, zone);
    let (name, zone_id) = site.zone(zone);
    let which = if site.style.numbered {
        zone.to_string()
    } else {
        name.clone()
    };
    let block = format!("{}.{}.0/20", site.block(network), place * 64 + zone * 16);
    let resource = Resource::new(Kind::Ec2Subnet, id.clone())
        .named(Some(&site.called(&format!("{network}-{tier}-{which}"))))
        .arn(Some(&site.arn("ec2", &format!("subnet/{id}"))))
        .with("vpc", site.vpc(network))
        .with("cidr", block)
        .with("zone", name)
        .with("zone-id", zone_id)
        .with("free-addresses", 4091 - 7 * (zone + site.side))
        .with("public-addresses", tier == "public")
        .with("default", false)
        .with("state", "available");
    let of = component("network", network);
    site.add(format!("net{network}/subnet/{tier}/{zone}"), &of, resource);
}

fn gateways(site: &mut Site<'_>, network: usize) {
    let of = component("network", network);
    let id = site.id("igw", &format!("net{network}/igw"));
    let resource = Resource::new(Kind::Ec2InternetGateway, id.clone())
        .arn(Some(&site.arn("ec2", &format!("internet-gateway/{id}"))))
        .with("vpcs", json!([site.vpc(network)]));
    site.add(format!("net{network}/igw"), &of, resource);
    for zone in 0..site.nats() {
        let role = format!("net{network}/nat/{zone}");
        let id = site.id("nat", &role);
        let public = address(site, &role);
        let named = site.called(&format!("nat-{network}-{zone}"));
        let resource = Resource::new(Kind::Ec2NatGateway, id)
            .named(Some(&named))
            .with("vpc", site.vpc(network))
            .with("subnet", site.subnet(network, "public", zone))
            .with("state", "available")
            .with("connectivity", "public")
            .with("public-addresses", json!([public]));
        site.add(role.clone(), &of, resource);
        let resource = Resource::new(Kind::Ec2Address, site.id("eipalloc", &role))
            .named(Some(&named))
            .with("public-address", public)
            .with("private-address", format!("{}.0.9", site.block(network)))
            .with("network-interface", site.id("eni", &role))
            .with("domain", "vpc");
        site.add(format!("{role}/address"), &of, resource);
    }
}

fn address(site: &Site<'_>, role: &str) -> String {
    let hex = u64::from_str_radix(&site.hex(role, 6), 16).expect("digits");
    format!("3.{}.{}.{}", hex >> 16, (hex >> 8) & 255, hex & 255)
}

fn route_tables(site: &mut Site<'_>, network: usize) {
    let local = json!({
        "destination": format!("{}.0.0/16", site.block(network)), "through": "gateway", "target": "local",
        "state": "active", "origin": "CreateRouteTable",
    });
    let out = |through: &str, target: String| json!({"destination": "0.0.0.0/0", "through": through, "target": target, "state": "active", "origin": "CreateRoute"});
    let main = table(site, network, "main", &[], vec![local.clone()]).with("main", true);
    site.put(format!("net{network}/routes/main"), Belongs::Estate, main);
    let of = component("network", network);
    let add = |site: &mut Site<'_>, which: &str, subnets: &[String], routes: Vec<Value>| {
        let named = site.called(&format!("routes-{network}-{which}"));
        let table = table(site, network, which, subnets, routes).named(Some(&named));
        site.add(format!("net{network}/routes/{which}"), &of, table);
    };
    let every = |site: &Site<'_>, tier: &str| -> Vec<String> {
        (0..site.zones())
            .map(|zone| site.subnet(network, tier, zone))
            .collect()
    };
    let igw = site.id("igw", &format!("net{network}/igw"));
    let public = every(site, "public");
    add(
        site,
        "public",
        &public,
        vec![local.clone(), out("gateway", igw)],
    );
    for nat in 0..site.nats() {
        let through = site.id("nat", &format!("net{network}/nat/{nat}"));
        let routes = vec![local.clone(), out("nat-gateway", through)];
        let private = every(site, "private");
        let (which, subnets) = if site.style.nat_each {
            (format!("private-{nat}"), vec![private[nat].clone()])
        } else {
            ("private".to_owned(), private)
        };
        add(site, &which, &subnets, routes);
    }
    if site.style.data_tier {
        let data = every(site, "data");
        add(site, "data", &data, vec![local]);
    }
}

fn table(
    site: &Site<'_>,
    network: usize,
    which: &str,
    subnets: &[String],
    routes: Vec<Value>,
) -> Resource {
    let id = site.id("rtb", &format!("net{network}/routes/{which}"));
    Resource::new(Kind::Ec2RouteTable, id.clone())
        .arn(Some(&site.arn("ec2", &format!("route-table/{id}"))))
        .with("vpc", site.vpc(network))
        .with("main", false)
        .with("subnets", sorted(subnets.iter().cloned()))
        .with("routes", sorted_values(routes))
}

fn entry(number: u32, egress: bool, action: &str, protocol: &str, cidr: &str) -> Value {
    json!({"number": number, "egress": egress, "action": action, "protocol": protocol, "cidr": cidr})
}

fn acls(site: &mut Site<'_>, network: usize) {
    let all = |action, number, egress| entry(number, egress, action, "-1", "0.0.0.0/0");
    let end = [all("deny", 32767, false), all("deny", 32767, true)];
    let data = data_tier(site);
    let default = tiers(site).iter().filter(|tier| **tier != data);
    let default =
        default.flat_map(|tier| (0..site.zones()).map(|zone| site.subnet(network, tier, zone)));
    let default = sorted(default);
    let acl = |site: &Site<'_>, which: &str, subnets: Value, mut entries: Vec<Value>| {
        let id = site.id("acl", &format!("net{network}/acl/{which}"));
        entries.extend(end.clone());
        Resource::new(Kind::Ec2NetworkAcl, id.clone())
            .arn(Some(&site.arn("ec2", &format!("network-acl/{id}"))))
            .with("vpc", site.vpc(network))
            .with("default", which == "default")
            .with("subnets", subnets)
            .with("entries", sorted_values(entries))
    };
    let open = vec![all("allow", 100, false), all("allow", 100, true)];
    let resource = acl(site, "default", default, open);
    site.put(
        format!("net{network}/acl/default"),
        Belongs::Estate,
        resource,
    );
    let own = format!("{}.0.0/16", site.block(network));
    let mut database = entry(100, false, "allow", "6", &own);
    database["from-port"] = json!(5432);
    database["to-port"] = json!(5432);
    let mut back = entry(100, true, "allow", "6", &own);
    back["from-port"] = json!(1024);
    back["to-port"] = json!(65535);
    let resource = acl(
        site,
        "data",
        site.subnets(network, data),
        vec![database, back],
    )
    .named(Some(&site.called(&format!("acl-{network}-data"))));
    site.add(
        format!("net{network}/acl/data"),
        &component("network", network),
        resource,
    );
}

/// The security groups of an application.
pub(super) fn groups(site: &mut Site<'_>, application: usize) {
    let port = port(site, application);
    let own = format!("{}.0.0/16", site.block(network_of(application)));
    let [balancer, app, cluster] =
        ["balancer", "app", "cluster"].map(|which| site.group(application, which));
    let rule = |protocol: &str, from: i64, to: i64, (peer, value): (&str, &str)| json!({"protocol": protocol, "from-port": from, "to-port": to, peer: value, "description": "as agreed"});
    let all = || vec![json!({"protocol": "-1", "cidr": "0.0.0.0/0"})];
    let web = |port| {
        vec![
            rule("tcp", port, port, ("cidr", "0.0.0.0/0")),
            rule("tcp", port, port, ("cidr", "::/0")),
        ]
    };
    let rules: [(&str, &str, Vec<Value>, Vec<Value>); 5] = [
        ("balancer", "balancer", [web(80), web(443)].concat(), all()),
        (
            "app",
            "app",
            vec![
                rule("tcp", port, port, ("group", &balancer)),
                rule("tcp", 22, 22, ("cidr", &own)),
                rule("icmp", 8, -1, ("cidr", &own)),
                rule("tcp", 9100, 9110, ("group", &cluster)),
            ],
            all(),
        ),
        (
            "database",
            "database",
            vec![
                rule("tcp", 5432, 5432, ("group", &app)),
                rule("tcp", 5432, 5432, ("group", &cluster)),
            ],
            Vec::new(),
        ),
        ("quarantine", "database", Vec::new(), Vec::new()),
        (
            "cluster",
            "cluster",
            vec![
                rule("tcp", 1025, 65535, ("group", &cluster)),
                rule("udp", 53, 53, ("group", &cluster)),
            ],
            all(),
        ),
    ];
    for (which, of, ingress, egress) in rules {
        let id = site.group(application, which);
        let resource = Resource::new(Kind::Ec2SecurityGroup, id.clone())
            .named(Some(&site.called(&format!("{which}-{application}"))))
            .arn(Some(&site.arn("ec2", &format!("security-group/{id}"))))
            .with("vpc", site.vpc(network_of(application)))
            .with("description", format!("The {which} of the shop"))
            .with("ingress", sorted_values(ingress))
            .with("egress", sorted_values(egress));
        site.add(
            format!("app{application}/group/{which}"),
            &component(of, application),
            resource,
        );
    }
}

/// The port that an application listens on.
pub(super) fn port(site: &Site<'_>, application: usize) -> i64 {
    site.style
        .pick(&format!("app{application}/port"), &[80, 8080, 8443, 3000])
}
