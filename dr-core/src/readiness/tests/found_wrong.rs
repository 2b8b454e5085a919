//! What rules said that was not so: each is a small change of the sound world, and what is true of it.

use serde_json::json;

use super::cases::{STANDBY, set};
use super::world::World;
use super::{gap, standing};
use crate::model::{Resource, ResourceKind as Kind};
use crate::readiness::{Line, Standing};

fn line(world: &World, code: &str) -> (Line, Vec<String>) {
    let report = world.judged();
    let line = report.line(code).expect("a rule of that code").clone();
    let messages = line
        .findings
        .iter()
        .filter_map(|id| report.finding(id.as_str()));
    let messages =
        messages.map(|entry| format!("{}; {}", entry.finding.message, entry.finding.fix));
    let messages = messages.collect();
    (line, messages)
}

/// A line of the standby's state.
fn managed(kind: &str, id: &str, arn: Option<&str>) -> Resource {
    let address = format!("{kind}.another");
    Resource::new(
        Kind::TerraformResource,
        format!("state-us-west-1/site.tfstate:{address}"),
    )
    .named(Some(&address))
    .arn(arn)
    .with("type", kind)
    .with("managed-id", id)
}

#[test]
fn an_instance_that_is_changed_in_place_is_promoted_and_one_that_waits_is_not_made_anew() {
    for word in [
        "storage-config-upgrade",
        "configuring-iam-database-auth",
        "resetting-master-credentials",
    ] {
        let mut world = World::sound();
        set(Kind::RdsInstance, "db", "status", json!(word))(&mut world);
        assert_eq!(
            standing(&world, "replica-broken"),
            Standing::Holds,
            "{word}"
        );
    }
    for word in ["rebooting", "creating", "maintenance"] {
        let mut world = World::sound();
        set(Kind::RdsInstance, "db", "status", json!(word))(&mut world);
        let (line, messages) = line(&world, "replica-broken");
        assert_eq!(line.standing, Standing::Slows, "{word}");
        assert!(!messages[0].contains("anew"), "{messages:?}");
    }
    let mut world = World::sound();
    set(
        Kind::RdsInstance,
        "db",
        "status",
        json!("upgrading-storage-config"),
    )(&mut world);
    assert_eq!(
        standing(&world, "replica-broken"),
        Standing::Blocks,
        "no word of RDS is no reason to trust an instance"
    );
}

#[test]
fn a_key_that_nobody_saw_is_unknown_and_one_of_aws_is_known_by_its_alias_or_its_manager() {
    let of_another = "arn:aws:kms:us-west-1:999999999999:key/k-9";
    for key in [
        of_another,
        "arn:aws:kms:us-east-2:123456789012:key/k-1",
        "arn:aws:kms:us-west-1:123456789012:key/gone",
        "alias/mine",
    ] {
        let mut world = World::sound();
        set(Kind::RdsInstance, "db", "key", json!(key))(&mut world);
        let (line, _) = line(&world, "key-unusable");
        assert_eq!(line.standing, Standing::Unknown, "{key}: {line:?}");
        let reason = &line.unknown[0].reason;
        assert!(reason.contains(key), "{reason}");
    }
    for key in [
        "alias/aws/rds",
        "arn:aws:kms:us-west-1:123456789012:alias/aws/rds",
    ] {
        let mut world = World::sound();
        set(Kind::RdsInstance, "db", "key", json!(key))(&mut world);
        assert_eq!(standing(&world, "key-unusable"), Standing::Holds, "{key}");
    }
    let mut world = World::sound();
    set(Kind::RdsInstance, "db", "key", json!(of_another))(&mut world);
    let key = Resource::new(Kind::KmsKey, "k-9").arn(Some(of_another));
    world.add(STANDBY, key.with("manager", "AWS"));
    assert_eq!(standing(&world, "key-unusable"), Standing::Holds);
    // Nobody configures its policy, and no scan asks for it.
    let pinned = "policy-pinned-to-primary";
    assert_eq!(standing(&world, pinned), standing(&World::sound(), pinned));
}

#[test]
fn a_key_of_a_cluster_a_disk_or_a_bucket_is_judged_as_one_of_a_database_is() {
    type Change = fn(&mut World);
    let changes: [(&str, Change); 3] = [
        ("main", |w| {
            set(Kind::EksCluster, "main", "keys", json!(["alias/own"]))(w);
        }),
        ("lt-s", |w| {
            let volumes = json!([{"device": "/dev/xvda", "key": "alias/own"}]);
            set(Kind::Ec2LaunchTemplate, "lt-s", "volumes", volumes)(w);
        }),
        ("files-s", |w| {
            let encryption = json!([{"algorithm": "aws:kms", "key": "alias/own"}]);
            set(Kind::S3Bucket, "files-s", "encryption", encryption)(w);
        }),
    ];
    for (user, change) in changes {
        let mut world = World::sound();
        change(&mut world);
        let key = Resource::new(Kind::KmsKey, "k-own").with("aliases", vec!["alias/own"]);
        world.add(STANDBY, key.with("state", "PendingDeletion"));
        let (line, messages) = line(&world, "key-unusable");
        assert_eq!(line.standing, Standing::Blocks, "{user}: {line:?}");
        assert!(messages[0].contains(user), "{messages:?}");
    }
}

#[test]
fn a_state_that_names_a_key_pair_by_its_name_names_it() {
    let mut world = World::sound();
    let pair = world.thing(STANDBY, Kind::Ec2KeyPair, "key-s");
    pair.component = Some("app".parse().expect("a name"));
    let line = "state-us-west-1/site.tfstate:aws_key_pair.key-s";
    world.set(
        STANDBY,
        Kind::TerraformResource,
        line,
        "managed-id",
        json!("ops"),
    );
    world.thing(STANDBY, Kind::TerraformResource, line).arn =
        Some("arn:aws:ec2:us-west-1:123456789012:key-pair/ops".to_owned());
    for code in ["managed-thing-gone", "thing-unmanaged"] {
        assert_eq!(standing(&world, code), Standing::Holds, "{code}");
    }
}

#[test]
fn what_a_state_holds_of_another_region_or_account_is_not_looked_for_at_the_standby() {
    let elsewhere = [
        "arn:aws:acm:us-east-1:123456789012:certificate/cdn",
        "arn:aws:acm:us-west-1:999999999999:certificate/shared",
    ];
    for arn in elsewhere {
        let mut world = World::sound();
        world.add(STANDBY, Resource::new(Kind::StsAccount, "123456789012"));
        world.add(STANDBY, managed("aws_acm_certificate", arn, Some(arn)));
        assert_eq!(
            standing(&world, "managed-thing-gone"),
            Standing::Holds,
            "{arn}"
        );
    }
    // A gateway has no ARN: it stands at the other site, where an aliased provider made it.
    let mut world = World::sound();
    world.add(STANDBY, managed("aws_nat_gateway", "nat-p", None));
    assert_eq!(standing(&world, "managed-thing-gone"), Standing::Holds);
    // What is of the standby and does not stand there is told, and nobody is sent to take it off the state.
    let arn = "arn:aws:acm:us-west-1:123456789012:certificate/gone";
    world.add(STANDBY, managed("aws_acm_certificate", arn, Some(arn)));
    let (line, messages) = line(&world, "managed-thing-gone");
    assert_eq!(line.standing, Standing::Slows);
    assert!(
        !messages[0].contains("remove from the state"),
        "{messages:?}"
    );
}

#[test]
fn a_bound_stack_whose_state_is_empty_manages_nothing_and_is_not_taken_for_none() {
    let mut world = World::sound();
    let things = &mut world.part(STANDBY).resources;
    things.retain(|thing| thing.kind != Kind::TerraformResource);
    let (line, _) = line(&world, "thing-unmanaged");
    assert_eq!(line.standing, Standing::Notice, "{line:?}");
    world.remove(
        STANDBY,
        Kind::TerraformState,
        "state-us-west-1/site.tfstate",
    );
    let (line, _) = self::line(&world, "thing-unmanaged");
    assert_eq!(line.standing, Standing::Nothing);
    assert!(!line.nothing[0].contains("binds no stack"), "{line:?}");
}

fn route(destination: &str, through: &str, target: &str) -> serde_json::Value {
    json!({"destination": destination, "through": through, "target": target, "state": "active"})
}

#[test]
fn the_standby_needs_a_way_out_in_each_family_in_which_the_primary_has_one() {
    let six = route("::/0", "egress-only-gateway", "eigw-1");
    let four = |letter| route("0.0.0.0/0", "nat-gateway", &format!("nat-{letter}"));
    let routes = |world: &mut World, site: &str, letter: char, routes: serde_json::Value| {
        let id = format!("rtb-{letter}");
        world.set(site, Kind::Ec2RouteTable, &id, "routes", routes);
    };
    let mut world = World::sound();
    routes(&mut world, STANDBY, 's', json!([six]));
    let (line, messages) = line(&world, "egress-missing");
    assert_eq!(line.standing, Standing::Blocks, "{line:?}");
    assert!(messages[0].contains("IPv4"), "{messages:?}");
    // And the other way round.
    let mut world = World::sound();
    routes(&mut world, "ohio", 'p', json!([four('p'), six]));
    let (line, messages) = self::line(&world, "egress-missing");
    assert_eq!(line.standing, Standing::Blocks, "{line:?}");
    assert!(messages[0].contains("IPv6"), "{messages:?}");
    routes(&mut world, STANDBY, 's', json!([four('s'), six]));
    assert_eq!(standing(&world, "egress-missing"), Standing::Holds);
}

#[test]
fn a_private_nat_gateway_is_a_way_out_only_where_its_own_subnet_leads_on_to_another_network() {
    let mut world = World::sound();
    set(
        Kind::Ec2NatGateway,
        "nat-s",
        "connectivity",
        json!("private"),
    )(&mut world);
    let (line, messages) = line(&world, "egress-missing");
    assert_eq!(line.standing, Standing::Blocks, "{line:?}");
    assert!(messages[0].contains("private"), "{messages:?}");
    // A transit gateway behind it may lead to a network with a gateway (VPC user guide, private NAT gateways).
    set(Kind::Ec2NatGateway, "nat-s", "subnet", json!("subnet-t"))(&mut world);
    let table = Resource::new(Kind::Ec2RouteTable, "rtb-t")
        .with("subnets", vec!["subnet-t"])
        .with(
            "routes",
            json!([route("0.0.0.0/0", "transit-gateway", "tgw-1")]),
        );
    world.add(STANDBY, table);
    assert_eq!(standing(&world, "egress-missing"), Standing::Holds);
}

#[test]
fn a_mixed_group_is_stopped_only_where_none_of_its_types_is_offered() {
    let offered = |world: &mut World, name: &str, zones: serde_json::Value| {
        world
            .part(STANDBY)
            .resources
            .retain(|thing| thing.kind != Kind::Ec2TypeOffering || thing.id != name);
        let offer = Resource::new(Kind::Ec2TypeOffering, name).with("zone-ids", zones);
        world.add(STANDBY, offer);
    };
    let mut world = World::sound();
    set(
        Kind::AutoscalingGroup,
        "app",
        "instance-types",
        json!(["t3.micro", "m9.large"]),
    )(&mut world);
    offered(&mut world, "m9.large", json!([]));
    assert_eq!(standing(&world, "type-not-offered"), Standing::Notice);
    offered(&mut world, "t3.micro", json!(["us-west-1-az1"]));
    assert_eq!(standing(&world, "type-not-offered"), Standing::Slows);
    offered(&mut world, "t3.micro", json!([]));
    assert_eq!(standing(&world, "type-not-offered"), Standing::Blocks);
}

#[test]
fn a_node_of_a_managed_group_is_counted_with_its_node_group() {
    let mut world = World::sound();
    let node = |id: &str, cluster: &str| {
        let tags = [
            ("aws:autoscaling:groupName", "eks-nodes-1"),
            ("eks:cluster-name", cluster),
            ("eks:nodegroup-name", "nodes"),
        ];
        let tags = tags.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let node = Resource::new(Kind::Ec2Instance, id).tagged(tags);
        node.with("instance-type", "t3.medium")
            .with("state", "running")
    };
    let told = |world: &World| line(world, "quota-vcpus").0.holds[0].clone();
    set(Kind::EksNodeGroup, "main/nodes", "desired", json!(2))(&mut world);
    let before = told(&world);
    world.add(STANDBY, node("i-n1", "main"));
    world.add(STANDBY, node("i-n2", "main"));
    assert_eq!(told(&world), before);
    world.add(STANDBY, node("i-n3", "another"));
    assert_ne!(told(&world), before, "the other cluster's node is its own");
}

#[test]
fn the_group_that_eks_made_for_a_node_group_is_no_fleet_of_its_own() {
    let mut world = World::sound();
    let tag = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    let mut made = Resource::new(Kind::AutoscalingGroup, "eks-nodes-1")
        .named(Some("eks-nodes-1"))
        .tagged([
            tag("eks:cluster-name", "main"),
            tag("eks:nodegroup-name", "nodes"),
        ])
        .with("desired", 2)
        .with("instances", json!([]));
    made.component = Some("cluster".parse().expect("a name"));
    world.add(STANDBY, made);
    // Unbound, a fleet is found by its component.
    let cluster = "cluster".parse().expect("a name");
    for bindings in world.estate.bindings.values_mut() {
        bindings.remove(&cluster);
    }
    let (line, _) = line(&world, "fleet-missing");
    assert!(
        line.holds.contains(&"cluster: main/nodes".to_owned()),
        "{line:?}"
    );
    assert_eq!(standing(&world, "thing-unmanaged"), Standing::Holds);
}

#[test]
fn addresses_that_the_fleets_own_pods_have_taken_are_among_those_declared_for_them() {
    let sized = |world: &mut World, cidr: &str, free: u64| {
        for id in ["subnet-s1", "subnet-s2"] {
            set(Kind::Ec2Subnet, id, "cidr", json!(cidr))(world);
            set(Kind::Ec2Subnet, id, "free-addresses", json!(free))(world);
        }
    };
    // 16 are declared: 11 of each subnet can be used, 7 are free, and pods have the rest.
    let mut world = World::sound();
    sized(&mut world, "10.0.0.0/28", 4);
    assert_eq!(standing(&world, "addresses-too-few"), Standing::Holds);
    // What others have is not the fleets': seven machines that no fleet made.
    for number in 0..7 {
        let machine = Resource::new(Kind::Ec2Instance, format!("i-other{number}"));
        world.add(STANDBY, machine.with("subnet", "subnet-s1"));
    }
    assert_eq!(standing(&world, "addresses-too-few"), Standing::Blocks);
    let mut world = World::sound();
    sized(&mut world, "10.0.0.0/29", 3);
    assert_eq!(standing(&world, "addresses-too-few"), Standing::Blocks);
}

#[test]
fn a_pair_of_buckets_of_which_neither_replicates_is_asked_for_nothing() {
    let mut world = World::sound();
    for (site, id) in [("ohio", "files-p"), (STANDBY, "files-s")] {
        let bucket = world.thing(site, Kind::S3Bucket, id);
        bucket.attributes.remove("replication");
    }
    assert_eq!(standing(&world, "bucket-not-replicated"), Standing::Nothing);
    // A rule that was turned off says that somebody wanted it.
    let rule = json!([{"id": "all", "status": "Disabled", "bucket": "arn:aws:s3:::files-s"}]);
    world.set("ohio", Kind::S3Bucket, "files-p", "replication", rule);
    assert_eq!(standing(&world, "bucket-not-replicated"), Standing::Blocks);
}

#[test]
fn a_balancer_that_failed_is_not_told_as_holding() {
    let mut world = World::sound();
    set(
        Kind::ElbLoadBalancer,
        "arn:aws:elasticloadbalancing:us-west-1:1:loadbalancer/app/lb/1",
        "state",
        json!("failed"),
    )(&mut world);
    let (line, _) = line(&world, "alias-target-missing");
    assert!(
        !line.holds.iter().any(|what| what.contains("failed")),
        "{line:?}"
    );
}

#[test]
fn a_group_of_which_no_target_was_checked_is_not_told_as_healthy() {
    let group = "arn:aws:elasticloadbalancing:us-west-1:1:targetgroup/app/1";
    for state in ["initial", "unused", "unavailable"] {
        let mut world = World::sound();
        let targets = json!([{"id": "i-0", "state": state}]);
        set(Kind::ElbTargetGroup, group, "targets", targets)(&mut world);
        let (line, _) = line(&world, "targets-unhealthy");
        assert_eq!(line.standing, Standing::Unknown, "{line:?}");
        assert!(line.unknown[0].reason.contains(state), "{line:?}");
    }
}

#[test]
fn a_word_that_is_not_known_is_neither_good_nor_bad() {
    let mut world = World::sound();
    set(Kind::EksCluster, "main", "status", json!("MIGRATING"))(&mut world);
    assert_eq!(standing(&world, "cluster-not-active"), Standing::Unknown);
    let mut world = World::sound();
    world.part(STANDBY).gaps.push(gap(Kind::Ec2Zone, None, &[]));
    assert_eq!(standing(&world, "zone-not-available"), Standing::Unknown);
}
