//! Front doors: balancers, listeners, target groups, certificates; and the names, which are global.

use dr_core::model::{Resource, ResourceKind as Kind};
use serde_json::{Value, json};

use super::compute::FLEET;
use super::network::{network_of, port};
use super::site::{Belongs, Site, Thing, component, sorted, sorted_values};

impl Site<'_> {
    fn balancer(&self, application: usize) -> (String, String) {
        let name = self.called(&format!("web-{application}"));
        let path = format!(
            "app/{name}/{}",
            self.hex(&format!("app{application}/balancer"), 16)
        );
        (
            self.arn("elasticloadbalancing", &format!("loadbalancer/{path}")),
            path,
        )
    }

    pub(super) fn balancer_arn(&self, application: usize) -> String {
        self.balancer(application).0
    }

    fn balancer_host(&self, application: usize) -> String {
        format!(
            "web-{application}-{}.{}.elb.amazonaws.com",
            self.hex(&format!("host{application}"), 10),
            self.region()
        )
    }

    pub(super) fn target_group(&self, application: usize, which: &str) -> String {
        let name = self.called(&format!("{which}-{application}"));
        let hex = self.hex(&format!("app{application}/targets/{which}"), 16);
        self.arn("elasticloadbalancing", &format!("targetgroup/{name}/{hex}"))
    }

    fn certificate(&self, application: usize) -> String {
        self.arn(
            "acm",
            &format!(
                "certificate/{}",
                self.uuid(&format!("app{application}/certificate"))
            ),
        )
    }
}

/// Builds an application's front door.
pub(super) fn build(site: &mut Site<'_>, application: usize) {
    let of = component("balancer", application);
    let network = network_of(application);
    let (arn, path) = site.balancer(application);
    let resource = Resource::new(Kind::ElbLoadBalancer, arn.clone())
        .arn(Some(&arn))
        .named(Some(&site.called(&format!("web-{application}"))))
        .with("type", "application")
        .with("scheme", "internet-facing")
        .with("state", "active")
        .with("vpc", site.vpc(network))
        .with("subnets", site.subnets(network, "public"))
        .with(
            "zones",
            sorted((0..site.zones()).map(|zone| site.zone(zone).0)),
        )
        .with(
            "security-groups",
            sorted([site.group(application, "balancer")]),
        )
        .with("dns-name", site.balancer_host(application))
        .with(
            "dns-zone",
            if site.is_primary() {
                "Z3AADJGX6KTTL2"
            } else {
                "Z368ELLRRE2KJ0"
            },
        )
        .with("address-type", "ipv4")
        .with("created", format!("2026-01-0{}T07:00:00Z", site.side + 1));
    site.add(format!("app{application}/balancer"), &of, resource);
    for which in ["app", "admin"] {
        targets(site, application, which);
    }
    certificate(site, application);
    let forward =
        json!({"type": "forward", "target-groups": [site.target_group(application, "app")]});
    let redirect = json!({"type": "redirect", "redirect-port": "443", "redirect-protocol": "HTTPS", "redirect-host": "#{host}"});
    let admin =
        json!({"type": "forward", "target-groups": [site.target_group(application, "admin")]});
    for (port, action) in [(80, redirect), (443, forward), (9443, admin.clone())] {
        let role = format!("app{application}/listener/{port}");
        let id = site.arn(
            "elasticloadbalancing",
            &format!("listener/{path}/{}", site.hex(&role, 16)),
        );
        let listener = Resource::new(Kind::ElbListener, id.clone())
            .arn(Some(&id))
            .with("load-balancer", arn.clone())
            .with("protocol", if port == 80 { "HTTP" } else { "HTTPS" })
            .with("port", port)
            .with("actions", json!([action]));
        let listener = match port {
            80 => listener,
            _ => listener
                .with("tls-policy", "ELBSecurityPolicy-TLS13-1-2-2021-06")
                .with("certificates", sorted([site.certificate(application)])),
        };
        let listener = match port {
            443 => listener.with("rules", pages(&admin)),
            _ => listener,
        };
        site.add(role, &of, listener);
    }
}

/// What is forwarded elsewhere, in the order in which it is asked.
fn pages(to: &Value) -> Vec<Value> {
    let pages = [("path-pattern", "/admin/*"), ("host-header", "admin.*")];
    let rules = (1..).zip(pages).map(|(order, (field, value)): (u32, _)| {
        json!({"order": order, "conditions": [{"field": field, "values": [value]}], "actions": [to]})
    });
    rules.collect()
}

fn targets(site: &mut Site<'_>, application: usize, which: &str) {
    let id = site.target_group(application, which);
    let port = if which == "app" {
        port(site, application)
    } else {
        9000
    };
    let members = if site.is_primary() {
        FLEET
    } else {
        site.style.standby_count
    };
    let healthy = (0..members).map(|member| {
        json!({"id": site.id("i", &format!("app{application}/member/{member}")), "port": port, "state": "healthy"})
    });
    let resource = Resource::new(Kind::ElbTargetGroup, id.clone())
        .arn(Some(&id))
        .named(Some(&site.called(&format!("{which}-{application}"))))
        .with("protocol", "HTTP")
        .with("protocol-version", "HTTP1")
        .with("port", port)
        .with("vpc", site.vpc(network_of(application)))
        .with("target-type", "instance")
        .with("load-balancers", json!([site.balancer_arn(application)]))
        .with("targets", sorted_values(healthy.collect()))
        .with(
            "health-check",
            json!({
                "enabled": true, "protocol": "HTTP", "port": "traffic-port", "path": "/healthz", "matcher": "200",
                "interval-s": 10, "timeout-s": 5, "healthy-after": 2, "unhealthy-after": 2,
            }),
        );
    site.add(
        format!("app{application}/targets/{which}"),
        &component("balancer", application),
        resource,
    );
}

fn certificate(site: &mut Site<'_>, application: usize) {
    let id = site.certificate(application);
    let domain = format!("app{application}.storefront.example");
    let resource = Resource::new(Kind::AcmCertificate, id.clone())
        .arn(Some(&id))
        .named(Some(&domain))
        .with("domain", domain.clone())
        .with("names", sorted([domain.clone(), format!("www.{domain}")]))
        .with("more-names", false)
        .with("status", "ISSUED")
        .with("type", "AMAZON_ISSUED")
        .with("key-algorithm", "RSA-2048")
        .with("expires", format!("2027-0{}-01T00:00:00Z", site.side + 5))
        .with("in-use", true)
        .with("renewal", "ELIGIBLE");
    site.add(
        format!("app{application}/certificate"),
        &component("balancer", application),
        resource,
    );
}

/// The names, with a record a site, and the check that moves them.
pub(super) fn names(sites: [&Site<'_>; 2]) -> Vec<Thing> {
    let mut things = Vec::new();
    let mut add = |role: String, resource: Resource| {
        things.push(Thing {
            role,
            belongs: Belongs::Fact,
            resource,
        });
    };
    let zone = "Z0RGF2YRWA239I0S63NRW";
    let resource = Resource::new(Kind::Route53Zone, zone)
        .named(Some("storefront.example."))
        .with("private", false)
        .with("records", 2 + 2 * sites[0].style.applications);
    add("zone".to_owned(), resource);
    for application in 0..sites[0].style.applications {
        let check = sites[0].uuid(&format!("app{application}/check"));
        for site in sites {
            let name = format!("app{application}.storefront.example.");
            let alias: Value = json!({
                "name": site.balancer_host(application), "zone": "Z3AADJGX6KTTL2", "evaluates-health": false,
            });
            let record = Resource::new(
                Kind::Route53Record,
                format!("{zone}/{name}/A/{}", site.name()),
            )
            .named(Some(&name))
            .with("zone", zone)
            .with("type", "A")
            .with("ttl-s", 0)
            .with("set-identifier", site.name())
            .with(
                "failover",
                if site.is_primary() {
                    "PRIMARY"
                } else {
                    "SECONDARY"
                },
            )
            .with(
                "health-check",
                if site.is_primary() {
                    Some(check.clone())
                } else {
                    None
                },
            )
            .with("alias", alias);
            add(format!("record{application}/{}", site.name()), record);
        }
        let check = Resource::new(Kind::Route53HealthCheck, check)
            .with("type", "HTTPS")
            .with("name", "shop-switch.s3.us-west-1.amazonaws.com")
            .with("path", "/serve-from-standby")
            .with("port", 443)
            .with("inverted", true)
            .with("disabled", false)
            .with("interval-s", 10)
            .with("fails-after", 3);
        add(format!("check{application}"), check);
    }
    things
}
