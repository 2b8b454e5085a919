//! What looks different and is the same, and what is one difference though it shows in several places.

use serde_json::json;

use super::world::{SITES, World};
use crate::drift::{Verdict, counterparts};
use crate::model::{Resource, ResourceKind as Kind};

/// A thing of the estate, tagged.
fn own(kind: Kind, id: &str, component: &str) -> Resource {
    Resource::new(kind, id).tagged([("dr:component".to_owned(), component.to_owned())])
}

/// The id that the small stack gives a thing of a site.
fn id(site: &str, prefix: &str) -> String {
    format!(
        "{prefix}-0000000{}",
        if site == SITES[0] { "1" } else { "2" }
    )
}

#[test]
fn a_default_that_is_spelt_out_is_the_same_as_one_that_is_left_out() {
    let mut world = World::alike();
    world.set(SITES[0], Kind::RdsInstance, "public", json!(false));
    world.set(SITES[0], Kind::SsmParameter, "tier", json!("Standard"));
    world.set(
        SITES[1],
        Kind::AutoscalingGroup,
        "health-check",
        json!("EC2"),
    );
    world.set(
        SITES[1],
        Kind::RdsParameterGroup,
        "nothing",
        json!({ "at": [], "all": null }),
    );
    assert_eq!(world.found(), []);
    world.set(SITES[0], Kind::RdsInstance, "public", json!(true));
    assert_eq!(world.found().len(), 1);
}

#[test]
fn lists_inside_lists_have_no_order() {
    let mut world = World::alike();
    for (site, settings) in SITES.into_iter().zip([["a", "b"], ["b", "a"]]) {
        let options = json!([{ "name": "audit", "settings": settings }]);
        let group = own(Kind::RdsOptionGroup, "shop", "database");
        world.add(site, group.with("options", options));
    }
    assert_eq!(world.found(), []);
}

#[test]
fn a_key_pair_is_pointed_to_by_its_name_and_a_key_by_its_alias() {
    let mut world = World::alike();
    for site in SITES {
        let name = format!("{site}-login");
        let pair = own(Kind::Ec2KeyPair, &id(site, "key"), "app").named(Some(&name));
        world.add(site, pair);
        let template = own(Kind::Ec2LaunchTemplate, &id(site, "lt"), "app");
        world.add(site, template.named(Some("app")).with("key", name));
        let alias = format!("alias/{site}-data");
        let key = own(Kind::KmsKey, &id(site, "kms"), "database").named(Some(&alias));
        world.add(site, key.with("aliases", vec![alias.clone()]));
        world.set(site, Kind::RdsInstance, "key", json!(alias));
    }
    assert_eq!(world.found(), []);
}

#[test]
fn a_replica_that_keeps_its_sources_name_is_its_counterpart() {
    let mut world = World::alike();
    for site in SITES {
        let secret = own(Kind::SecretsManagerSecret, &id(site, "secret"), "app");
        world.add(site, secret.named(Some("shop-ohio/login")));
        let secret = own(Kind::SecretsManagerSecret, &id(site, "other"), "app");
        world.add(site, secret.named(Some("shop-ohio/token")));
    }
    assert_eq!(world.found(), []);
}

#[test]
fn a_forgotten_tag_hides_neither_a_thing_nor_its_counterpart() {
    let mut world = World::alike();
    for site in SITES {
        let name = format!("/shop/{site}/flags");
        let parameter = own(Kind::SsmParameter, &name, "app").named(Some(&name));
        world.add(site, parameter);
    }
    let forgotten = world.thing(SITES[1], Kind::SsmParameter, "flags");
    forgotten.tags.clear();
    forgotten.component = None;
    assert_eq!(world.found(), []);
}

#[test]
fn a_listener_without_a_tag_is_its_balancers() {
    let mut world = World::alike();
    for (site, policy) in SITES.into_iter().zip(["new", "old"]) {
        let balancer = own(Kind::ElbLoadBalancer, &id(site, "alb"), "balancer");
        world.add(site, balancer.named(Some("web")));
        let listener = Resource::new(Kind::ElbListener, id(site, "listener"));
        let listener = listener.with("load-balancer", id(site, "alb"));
        world.add(site, listener.with("port", 443).with("tls-policy", policy));
    }
    let found = world.found();
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(found[0].0, "tls-policy-differs");
}

#[test]
fn a_balancer_that_is_missing_is_told_once_and_not_with_each_listener() {
    let mut world = World::alike();
    let balancer = own(Kind::ElbLoadBalancer, "alb-1", "balancer").named(Some("web"));
    world.add(SITES[0], balancer);
    for port in [80, 443] {
        let listener = own(Kind::ElbListener, &format!("listener-{port}"), "balancer");
        let listener = listener.with("load-balancer", "alb-1").with("port", port);
        world.add(SITES[0], listener);
    }
    assert_eq!(
        world.found(),
        [("front-door-part-missing".to_owned(), None)]
    );
}

#[test]
fn a_rule_that_was_changed_is_one_difference() {
    let mut world = World::alike();
    let group = world.thing(SITES[1], Kind::Ec2SecurityGroup, "sg-d");
    let rule = &mut group.attributes.get_mut("ingress").expect("rules")[1];
    rule["from-port"] = json!(5433);
    rule["to-port"] = json!(5433);
    let found = world.report().findings;
    assert_eq!(found.len(), 1, "{found:#?}");
    assert_eq!(found[0].finding.code, "traffic-refused-at-standby");
    assert!(
        found[0].finding.message.contains("5433"),
        "{}",
        found[0].finding.message
    );
}

#[test]
fn the_groups_that_the_service_makes_belong_to_nobody() {
    let mut world = World::alike();
    let default = json!(["default.postgres15"]);
    for site in SITES {
        world.set(site, Kind::RdsInstance, "parameter-groups", default.clone());
    }
    let group = Resource::new(Kind::RdsParameterGroup, "default.postgres15");
    world.add(SITES[0], group);
    assert_eq!(world.found(), []);
}

#[test]
fn what_stands_in_a_zone_that_the_standby_has_not_is_not_missing() {
    let mut world = World::alike();
    let zone = Resource::new(Kind::Ec2Zone, "z9").named(Some("us-east-2b"));
    world.add(SITES[0], zone);
    let subnet = own(Kind::Ec2Subnet, "subnet-r-1", "network")
        .with("vpc", id(SITES[0], "vpc"))
        .with("cidr", "10.1.64.0/24")
        .with("zone", "us-east-2b");
    world.add(SITES[0], subnet);
    assert_eq!(world.report().verdict, Verdict::InSync);
    // The standby could have it as soon as its account sees a second zone.
    let zone = Resource::new(Kind::Ec2Zone, "z8").named(Some("us-west-1c"));
    world.add(SITES[1], zone);
    assert_eq!(world.report().verdict, Verdict::Blocked);
}

#[test]
fn subnets_that_are_named_by_their_zone_are_paired_by_where_they_begin() {
    let mut world = World::alike();
    for (site, zone, n) in [(SITES[0], "us-east-2", 1), (SITES[1], "us-west-1", 2)] {
        for (letter, block) in [("a", 32), ("b", 48)] {
            let subnet = Resource::new(Kind::Ec2Subnet, format!("subnet-{letter}-{n}"));
            let name = ("Name".to_owned(), format!("data-{zone}{letter}"));
            let tag = ("dr:component".to_owned(), "network".to_owned());
            let subnet = subnet.tagged([name, tag]).with("vpc", id(site, "vpc"));
            world.add(site, subnet.with("cidr", format!("10.{n}.{block}.0/20")));
        }
    }
    // Without these two names, each of the others is the only one of its name.
    for (site, letter) in SITES.into_iter().zip(["a", "b"]) {
        let unnamed = world.thing(site, Kind::Ec2Subnet, &format!("subnet-{letter}-"));
        unnamed.tags.remove("Name");
        unnamed.name = None;
    }
    let direction = world.estate.outward();
    let pairs = counterparts(&world.estate, &direction, &world.scan).expect("both sites");
    let of = |primary: &str| {
        let mut pairs = pairs.iter();
        pairs
            .find(|pair| pair.primary == primary)
            .map(|pair| pair.standby.as_str())
    };
    assert_eq!(of("subnet-a-1"), Some("subnet-a-2"));
    assert_eq!(of("subnet-b-1"), Some("subnet-b-2"));
}

#[test]
fn a_list_that_was_not_read_makes_nothing_differ_that_points_into_it() {
    let mut world = World::alike();
    for site in SITES {
        let balancer = own(Kind::ElbLoadBalancer, &id(site, "arn:aws:elb"), "balancer");
        world.add(site, balancer.arn(Some(&id(site, "arn:aws:elb"))));
        let targets = own(Kind::ElbTargetGroup, &id(site, "targets"), "balancer");
        let targets = targets.named(Some("web"));
        world.add(
            site,
            targets.with("load-balancers", vec![id(site, "arn:aws:elb")]),
        );
    }
    assert_eq!(world.found(), []);
    world.remove(SITES[1], Kind::ElbLoadBalancer, "");
    world.gap(SITES[1], Kind::ElbLoadBalancer, None, &[]);
    assert_eq!(world.found(), []);
    assert_eq!(world.report().verdict, Verdict::Incomplete);
}
