//! Tests of packet sets. Sentences here; `properties` compares with an evaluator that was written on its own.

mod acl;
mod oracle;
mod properties;
mod relocation;

use serde_json::json;

use super::*;

/// What rules admit inbound, where each group has its own id as its role.
fn admits(rules: &Value) -> Admitted {
    group(rules, &Relocation::default()).expect("rules that can be understood")
}

fn group(rules: &Value, relocation: &Relocation) -> Result<Admitted, BadRule> {
    let rules = rules.as_array().expect("a list");
    Admitted::of_group(
        rules,
        Direction::Ingress,
        |id| Symbol(id.to_owned()),
        relocation,
    )
}

fn tcp(from: u16, to: u16, cidr: &str) -> Value {
    json!({"protocol": "tcp", "from-port": from, "to-port": to, "cidr": cidr})
}

/// Asserts that two lists admit the same packets.
#[track_caller]
fn same(one: &Value, other: &Value) {
    let (one, other) = (admits(one), admits(other));
    assert_eq!(one.without(&other), None);
    assert_eq!(other.without(&one), None);
    assert_eq!(one, other);
}

/// The packet that the first list admits and the second does not.
fn witness(one: &Value, other: &Value) -> String {
    let found = admits(one).without(&admits(other));
    found.map_or_else(|| "none".to_owned(), |packet| packet.to_string())
}

fn problem(rule: &Value) -> String {
    let found = group(&json!([rule]), &Relocation::default());
    found.expect_err("a bad rule").to_string()
}

#[test]
fn a_rule_that_is_missing_is_shown_by_its_lowest_port_and_first_address() {
    let here = json!([tcp(443, 443, "0.0.0.0/0"), tcp(5432, 5433, "10.0.3.0/24")]);
    let there = json!([tcp(443, 443, "0.0.0.0/0")]);
    assert_eq!(witness(&here, &there), "tcp port 5432 from 10.0.3.0");
    assert_eq!(witness(&there, &here), "none");
}

#[test]
fn an_outbound_packet_goes_to_its_peer() {
    let rules = [tcp(443, 443, "10.0.3.0/24")];
    let direction = Direction::Egress;
    let admitted = Admitted::of_group(
        &rules,
        direction,
        |id| Symbol(id.to_owned()),
        &Relocation::default(),
    )
    .expect("a good rule");
    let packet = admitted.witness().expect("it admits something");
    assert_eq!(packet.to_string(), "tcp port 443 to 10.0.3.0");
}

#[test]
fn ranges_that_touch_are_one_range() {
    same(
        &json!([tcp(80, 81, "10.0.0.0/25"), tcp(80, 81, "10.0.0.128/25")]),
        &json!([tcp(80, 80, "10.0.0.0/24"), tcp(81, 81, "10.0.0.0/24")]),
    );
}

#[test]
fn a_rule_within_another_changes_nothing() {
    same(
        &json!([tcp(80, 90, "10.0.0.0/8"), tcp(85, 86, "10.2.0.0/16")]),
        &json!([tcp(80, 90, "10.0.0.0/8")]),
    );
}

#[test]
fn neither_order_nor_description_changes_anything() {
    let mut described = tcp(80, 80, "10.0.0.0/8");
    described["description"] = "from the load balancer".into();
    same(
        &json!([described, tcp(22, 22, "10.0.0.0/8")]),
        &json!([tcp(22, 22, "10.0.0.0/8"), tcp(80, 80, "10.0.0.0/8")]),
    );
}

#[test]
fn a_hole_of_one_port_is_found() {
    let whole = json!([tcp(0, 65535, "10.0.0.0/8")]);
    let holed = json!([tcp(0, 442, "10.0.0.0/8"), tcp(444, 65535, "10.0.0.0/8")]);
    assert_eq!(witness(&whole, &holed), "tcp port 443 from 10.0.0.0");
}

#[test]
fn a_hole_of_one_address_is_found() {
    let whole = json!([tcp(80, 80, "10.0.0.0/30")]);
    let holed = json!([
        tcp(80, 80, "10.0.0.0/32"),
        tcp(80, 80, "10.0.0.1/32"),
        tcp(80, 80, "10.0.0.3/32")
    ]);
    assert_eq!(witness(&whole, &holed), "tcp port 80 from 10.0.0.2");
}

#[test]
fn minus_one_is_every_protocol_and_ports_beside_it_do_not_count() {
    let everything =
        json!([{"protocol": "-1", "from-port": 80, "to-port": 80, "cidr": "10.0.0.0/8"}]);
    for protocol in [json!("all"), json!("ALL"), json!(-1)] {
        same(
            &everything,
            &json!([{"protocol": protocol, "cidr": "10.0.0.0/8"}]),
        );
    }
    let of_two = json!([
        tcp(0, 65535, "10.0.0.0/8"),
        {"protocol": "udp", "from-port": 0, "to-port": 65535, "cidr": "10.0.0.0/8"},
    ]);
    assert_eq!(
        witness(&everything, &of_two),
        "icmp type 0 code 0 from 10.0.0.0"
    );
    assert_eq!(witness(&of_two, &everything), "none");
}

#[test]
fn a_list_of_all_256_protocols_is_every_protocol() {
    let mut rules = Vec::new();
    for number in 0..=255 {
        let (from, to) = match number {
            6 | 17 => (0, 65535),
            _ => (-1, -1),
        };
        rules.push(json!({"protocol": number, "from-port": from, "to-port": to, "cidr": "::/0"}));
    }
    same(&json!(rules), &json!([{"protocol": "-1", "cidr": "::/0"}]));
}

#[test]
fn a_protocol_has_a_number_and_a_name_in_whichever_case() {
    let spelled = |protocol: &str| json!([{"protocol": protocol, "from-port": 53, "to-port": 53, "cidr": "10.0.0.0/8"}]);
    same(&spelled("udp"), &spelled("UDP"));
    same(&spelled("udp"), &spelled("17"));
    same(&spelled("esp"), &spelled("50"));
    let icmp = |protocol: &str| json!([{"protocol": protocol, "from-port": 128, "to-port": 0, "cidr": "::/0"}]);
    same(&icmp("icmpv6"), &icmp("58"));
    same(&icmp("icmpv6"), &icmp("IPv6-ICMP"));
}

#[test]
fn a_protocol_without_ports_is_admitted_whole_whatever_ports_stand_beside_it() {
    same(
        &json!([{"protocol": "47", "from-port": 1, "to-port": 2, "cidr": "10.0.0.0/8"}]),
        &json!([{"protocol": "gre", "cidr": "10.0.0.0/8"}]),
    );
    let gre = json!([{"protocol": "gre", "cidr": "10.0.0.0/8"}]);
    assert_eq!(witness(&gre, &json!([])), "gre from 10.0.0.0");
    let some = json!([{"protocol": "99", "cidr": "10.0.0.0/8"}]);
    assert_eq!(witness(&some, &json!([])), "protocol 99 from 10.0.0.0");
}

#[test]
fn of_icmp_the_first_port_is_the_type_and_the_last_the_code() {
    let icmp = |kind: i64, code: i64| json!([{"protocol": "icmp", "from-port": kind, "to-port": code, "cidr": "10.0.0.0/8"}]);
    assert_eq!(
        witness(&icmp(8, 0), &json!([])),
        "icmp type 8 code 0 from 10.0.0.0"
    );
    assert_eq!(
        witness(&icmp(8, -1), &icmp(8, 0)),
        "icmp type 8 code 1 from 10.0.0.0"
    );
    assert_eq!(
        witness(&icmp(-1, -1), &icmp(0, -1)),
        "icmp type 1 code 0 from 10.0.0.0"
    );
    assert_eq!(witness(&icmp(3, 4), &icmp(-1, -1)), "none");
}

#[test]
fn icmpv6_without_a_type_is_all_of_it() {
    same(
        &json!([{"protocol": "icmpv6", "cidr": "::/0"}]),
        &json!([{"protocol": "icmpv6", "from-port": -1, "to-port": -1, "cidr": "::/0"}]),
    );
}

#[test]
fn bits_behind_the_mask_do_not_count() {
    same(
        &json!([tcp(80, 80, "100.68.0.18/18")]),
        &json!([tcp(80, 80, "100.68.0.0/18")]),
    );
    same(
        &json!([tcp(80, 80, "10.1.2.3/0")]),
        &json!([tcp(80, 80, "0.0.0.0/0")]),
    );
}

#[test]
fn all_of_ipv4_is_nothing_of_ipv6() {
    let (four, six) = (
        json!([tcp(80, 80, "0.0.0.0/0")]),
        json!([tcp(80, 80, "::/0")]),
    );
    assert_eq!(witness(&four, &six), "tcp port 80 from 0.0.0.0");
    assert_eq!(witness(&six, &four), "tcp port 80 from ::");
}

#[test]
fn groups_with_one_role_are_one_peer_and_no_address_stands_for_them() {
    let rule = |peer: &str, id: &str| json!([{"protocol": "tcp", "from-port": 5432, "to-port": 5432, peer: id}]);
    let role = |id: &str| Symbol(if id.starts_with("sg-a") { "app" } else { id }.to_owned());
    let of = |rules: &Value| {
        let rules = rules.as_array().expect("a list");
        Admitted::of_group(rules, Direction::Ingress, role, &Relocation::default())
            .expect("good rules")
    };
    let here = of(&rule("group", "sg-a1"));
    assert_eq!(here, of(&rule("group", "sg-a2")));
    for other in [
        rule("group", "sg-b"),
        rule("prefix-list", "sg-a1"),
        rule("cidr", "0.0.0.0/0"),
    ] {
        let packet = here.without(&of(&other)).expect("another peer");
        assert_eq!(packet.to_string(), "tcp port 5432 from the group app");
    }
    let list = of(&rule("prefix-list", "pl-1"))
        .witness()
        .expect("a packet");
    assert_eq!(list.to_string(), "tcp port 5432 from the prefix list pl-1");
}

#[test]
fn a_rule_for_a_group_is_superfluous_where_all_addresses_of_both_families_are_admitted() {
    let grouped = json!({"protocol": "tcp", "from-port": 80, "to-port": 81, "group": "sg-1"});
    let everywhere = json!([tcp(80, 81, "0.0.0.0/0"), tcp(80, 81, "::/0")]);
    let both = json!([tcp(80, 81, "0.0.0.0/0"), tcp(80, 81, "::/0"), grouped]);
    same(&everywhere, &both);
    let narrow = json!([tcp(80, 80, "0.0.0.0/0"), tcp(80, 80, "::/0")]);
    assert_eq!(
        witness(&json!([grouped]), &narrow),
        "tcp port 81 from the group sg-1"
    );
}

#[test]
fn no_rules_admit_nothing() {
    assert!(admits(&json!([])).is_empty());
    assert!(!admits(&json!([tcp(80, 80, "10.0.0.0/32")])).is_empty());
}

#[test]
fn a_rule_that_cannot_be_understood_says_why() {
    for (rule, says) in [
        (json!({"cidr": "10.0.0.0/8"}), "protocol is not set"),
        (
            json!({"protocol": null, "cidr": "10.0.0.0/8"}),
            "protocol is not set",
        ),
        (json!({"protocol": "quic"}), "protocol cannot be \"quic\""),
        (json!({"protocol": "256"}), "protocol cannot be \"256\""),
        (json!({"protocol": -2}), "protocol cannot be -2"),
        (json!({"protocol": "-1"}), "it names 0 peers, not one"),
        (
            json!({"protocol": "-1", "cidr": "::/0", "group": "sg-1"}),
            "it names 2 peers, not one",
        ),
        (
            json!({"protocol": "-1", "cidr": "10.0.0.0/33"}),
            "cidr cannot be \"10.0.0.0/33\"",
        ),
        (
            json!({"protocol": "-1", "cidr": "10.0.0.1"}),
            "cidr cannot be \"10.0.0.1\"",
        ),
        (json!({"protocol": "-1", "group": 7}), "group cannot be 7"),
        (
            json!({"protocol": "tcp", "cidr": "::/0"}),
            "tcp needs both ends of a range",
        ),
        (
            json!({"protocol": "tcp", "from-port": 1, "cidr": "::/0"}),
            "tcp needs both ends of a range",
        ),
        (
            json!({"protocol": "icmp", "cidr": "::/0"}),
            "icmp needs both ends of a range",
        ),
        (
            json!({"protocol": "icmpv6", "from-port": 128, "cidr": "::/0"}),
            "icmpv6 needs both ends of a range",
        ),
        (
            json!({"protocol": "udp", "from-port": 2, "to-port": 1, "cidr": "::/0"}),
            "udp has no range from 2 to 1",
        ),
        (
            json!({"protocol": "udp", "from-port": -1, "to-port": -1, "cidr": "::/0"}),
            "udp has no range from -1 to -1",
        ),
        (
            json!({"protocol": "udp", "from-port": 1, "to-port": 65536, "cidr": "::/0"}),
            "udp has no range from 1 to 65536",
        ),
        (
            json!({"protocol": "udp", "from-port": "1", "to-port": 2, "cidr": "::/0"}),
            "from-port cannot be \"1\"",
        ),
        (
            json!({"protocol": "icmp", "from-port": -1, "to-port": 0, "cidr": "::/0"}),
            "icmp has no range from -1 to 0",
        ),
        (
            json!({"protocol": "icmp", "from-port": 256, "to-port": -1, "cidr": "::/0"}),
            "icmp has no range from 256 to -1",
        ),
        (json!("allow all"), "protocol is not set"),
    ] {
        assert_eq!(problem(&rule), format!("rule 1: {says}"));
    }
}

#[test]
fn a_bad_rule_is_named_by_its_place() {
    let rules = json!([tcp(80, 80, "10.0.0.0/8"), {"protocol": "-1"}]);
    let bad = group(&rules, &Relocation::default()).expect_err("the second is bad");
    assert_eq!(bad.rule, 2);
}

#[test]
fn what_is_left_is_told_in_the_words_of_a_rule() {
    let any = |cidr: &str| json!({"protocol": "-1", "cidr": cidr});
    let icmp = |kind: i64, code: i64| json!({"protocol": "icmp", "from-port": kind, "to-port": code, "cidr": "10.0.0.0/8"});
    for (rules, without, says) in [
        (
            json!([tcp(80, 81, "10.0.3.0/24"), tcp(443, 443, "10.0.0.0/8")]),
            json!([]),
            "tcp ports 80-81 from 10.0.3.0/24; tcp port 443 from 10.0.0.0/8",
        ),
        (
            json!([any("0.0.0.0/0")]),
            json!([]),
            "all traffic from 0.0.0.0/0",
        ),
        (
            json!([any("::/0")]),
            json!([tcp(0, 442, "::/0")]),
            "tcp ports 443-65535, all udp, all icmp, all icmpv6, every other protocol from ::/0",
        ),
        (
            json!([any("::/0")]),
            json!([{"protocol": "esp", "cidr": "::/0"}]),
            "all tcp, all udp, all icmp, all icmpv6, the other protocols from 0 to 49 from ::/0; \
             the other protocols from 51 to 255 from ::/0",
        ),
        (
            json!([tcp(80, 80, "10.0.0.0/29")]),
            json!([tcp(80, 80, "10.0.0.1/32"), tcp(80, 80, "10.0.0.5/32")]),
            "tcp port 80 from 10.0.0.0/32, 10.0.0.2-10.0.0.4, 10.0.0.6/31",
        ),
        (
            json!([tcp(80, 80, "10.0.0.0/29")]),
            json!([
                tcp(80, 80, "10.0.0.1/32"),
                tcp(80, 80, "10.0.0.3/32"),
                tcp(80, 80, "10.0.0.5/32")
            ]),
            "tcp port 80 from 10.0.0.0/32, 10.0.0.2/32, 10.0.0.4/32 and 1 more",
        ),
        (
            json!([icmp(8, -1)]),
            json!([]),
            "icmp type 8 from 10.0.0.0/8",
        ),
        (
            json!([icmp(8, -1)]),
            json!([icmp(8, 0)]),
            "icmp type 8 codes 1-255 from 10.0.0.0/8",
        ),
        (
            json!([icmp(8, -1), icmp(9, -1)]),
            json!([]),
            "icmp types 8-9 from 10.0.0.0/8",
        ),
        (
            json!([icmp(8, -1), icmp(9, -1)]),
            json!([icmp(8, 0)]),
            "icmp type 8 code 1 to type 9 code 255 from 10.0.0.0/8",
        ),
        (
            json!([{"protocol": "esp", "group": "sg-1"}]),
            json!([]),
            "esp from the group sg-1",
        ),
    ] {
        let left = admits(&rules).minus(&admits(&without));
        let told: Vec<_> = left.pieces().iter().map(Piece::to_string).collect();
        assert_eq!(told.join("; "), says);
    }
}

#[test]
fn a_thousand_rules_that_all_overlap_stay_within_bounds() {
    let rules: Vec<_> = (0..1_000_u16)
        .map(|n| {
            tcp(
                n,
                65535 - n,
                &format!("10.{}.{}.0/24", n / 128, n % 128 * 2),
            )
        })
        .collect();
    let admitted = admits(&Value::from(rules.clone()));
    let pieces = admitted.pieces();
    assert_eq!(pieces.len(), 1_999);
    assert!(
        pieces
            .iter()
            .all(|piece| piece.slab.addresses.len() <= 1_000)
    );
    let one_less = admits(&Value::from(&rules[..999]));
    let packet = admitted.without(&one_less).expect("a rule is missing");
    assert_eq!(packet.to_string(), "tcp port 999 from 10.7.206.0");
}
