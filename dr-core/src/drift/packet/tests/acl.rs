//! Sentences about network ACLs.

use super::*;

fn entry(number: i64, action: &str, cidr: &str) -> Value {
    json!({"number": number, "egress": false, "protocol": "-1", "action": action, "cidr": cidr})
}

/// An entry for a range of TCP ports.
fn ports(number: i64, action: &str, cidr: &str, from: u16, to: u16) -> Value {
    json!({
        "number": number, "egress": false, "protocol": "6", "action": action, "cidr": cidr,
        "from-port": from, "to-port": to,
    })
}

fn acl(entries: &Value) -> Admitted {
    let entries = entries.as_array().expect("a list");
    Admitted::of_acl(entries, Direction::Ingress, &Relocation::default())
        .expect("entries that can be understood")
}

fn told(admitted: &Admitted) -> String {
    let told: Vec<_> = admitted.pieces().iter().map(Piece::to_string).collect();
    told.join("; ")
}

#[test]
fn the_entry_with_the_lowest_number_decides_whatever_its_place() {
    let last = entry(32767, "deny", "0.0.0.0/0");
    let (allow, deny) = (
        entry(100, "allow", "10.0.0.0/8"),
        entry(90, "deny", "10.0.3.0/24"),
    );
    let denied_first = acl(&json!([last, allow, deny]));
    assert_eq!(
        told(&denied_first),
        "all traffic from 10.0.0.0-10.0.2.255, 10.0.4.0-10.255.255.255"
    );
    let denied_last = acl(&json!([entry(110, "deny", "10.0.3.0/24"), allow]));
    let packet = denied_last.without(&denied_first).expect("one more subnet");
    assert_eq!(packet.to_string(), "tcp port 0 from 10.0.3.0");
}

#[test]
fn an_entry_allows_again_what_a_later_one_denies() {
    let entries = json!([
        ports(10, "allow", "10.0.3.7/32", 22, 22),
        ports(20, "deny", "10.0.0.0/8", 22, 22),
        ports(30, "allow", "10.0.0.0/8", 0, 65535),
    ]);
    assert_eq!(
        told(&acl(&entries)),
        "tcp ports 0-21 from 10.0.0.0/8; tcp port 22 from 10.0.3.7/32; tcp ports 23-65535 from 10.0.0.0/8"
    );
}

#[test]
fn what_no_entry_matches_is_denied() {
    assert!(acl(&json!([])).is_empty());
    let stars = [
        entry(32767, "deny", "0.0.0.0/0"),
        entry(32768, "deny", "::/0"),
    ];
    assert!(acl(&json!(stars)).is_empty());
    let allow = entry(100, "allow", "10.0.0.0/8");
    let mut with_stars = vec![allow.clone()];
    with_stars.extend(stars);
    assert_eq!(acl(&json!(with_stars)), acl(&json!([allow])));
}

#[test]
fn numbers_themselves_do_not_count() {
    let here = json!([
        entry(1, "deny", "10.0.3.0/24"),
        entry(2, "allow", "0.0.0.0/0")
    ]);
    let there = json!([
        entry(100, "deny", "10.0.3.0/24"),
        entry(200, "allow", "0.0.0.0/0")
    ]);
    assert_eq!(acl(&here), acl(&there));
}

#[test]
fn the_two_directions_are_apart() {
    let mut outbound = entry(100, "allow", "10.0.0.0/8");
    outbound["egress"] = true.into();
    let entries = [outbound, entry(100, "allow", "10.0.3.0/24")];
    let of = |direction| {
        let admitted = Admitted::of_acl(&entries, direction, &Relocation::default());
        told(&admitted.expect("numbers may repeat in the other direction"))
    };
    assert_eq!(of(Direction::Ingress), "all traffic from 10.0.3.0/24");
    assert_eq!(of(Direction::Egress), "all traffic to 10.0.0.0/8");
}

#[test]
fn icmp_has_a_type_and_a_code_of_its_own_and_ports_beside_them_do_not_count() {
    let icmp = |protocol: &str, cidr: &str, kind: i64, code: i64| {
        json!([{
            "number": 1, "egress": false, "protocol": protocol, "action": "allow", "cidr": cidr,
            "icmp-type": kind, "icmp-code": code, "from-port": 0, "to-port": 0,
        }])
    };
    assert_eq!(
        told(&acl(&icmp("1", "10.0.0.0/8", 8, -1))),
        "icmp type 8 from 10.0.0.0/8"
    );
    assert_eq!(
        told(&acl(&icmp("1", "10.0.0.0/8", -1, -1))),
        "all icmp from 10.0.0.0/8"
    );
    assert_eq!(
        told(&acl(&icmp("58", "::/0", 128, 0))),
        "icmpv6 type 128 code 0 from ::/0"
    );
    // AWS, EC2 API reference, `CreateNetworkAclEntry`: with an IPv4 block, whatever type and code are given.
    assert_eq!(
        told(&acl(&icmp("58", "10.0.0.0/8", 128, 0))),
        "all icmpv6 from 10.0.0.0/8"
    );
}

#[test]
fn an_entry_that_cannot_be_understood_is_named_by_its_number() {
    let with = |field: &str, value: Value| {
        let mut bad = ports(110, "allow", "10.0.0.0/8", 80, 80);
        bad[field] = value;
        bad
    };
    for (bad, says) in [
        (
            with("action", "reject".into()),
            "rule 110: action cannot be \"reject\"",
        ),
        (with("action", Value::Null), "rule 110: action is not set"),
        (with("cidr", Value::Null), "rule 110: cidr is not set"),
        (
            with("from-port", Value::Null),
            "rule 110: tcp needs both ends of a range",
        ),
        (
            with("protocol", "1".into()),
            "rule 110: icmp needs both ends of a range",
        ),
        (
            with("number", 100.into()),
            "rule 100: another entry has this number",
        ),
        (with("number", Value::Null), "rule 2: number is not set"),
        (with("egress", Value::Null), "rule 2: egress is not set"),
        (
            with("egress", "no".into()),
            "rule 2: egress cannot be \"no\"",
        ),
    ] {
        let entries = [entry(100, "allow", "10.0.0.0/8"), bad];
        let found = Admitted::of_acl(&entries, Direction::Ingress, &Relocation::default());
        assert_eq!(found.expect_err("a bad entry").to_string(), says);
    }
}

#[test]
fn a_bad_entry_of_the_other_direction_does_no_harm() {
    let mut bad = entry(100, "reject", "10.0.0.0/8");
    bad["egress"] = true.into();
    assert!(acl(&json!([bad])).is_empty());
}
