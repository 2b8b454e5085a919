//! Tests of relocation: sentences, and a model that moves one address at a time.

use std::net::IpAddr;

use ipnet::IpNet;

use super::*;
use crate::sim::Dice;

fn net(text: &str) -> IpNet {
    text.parse().expect("a block")
}

fn relocation(pairs: &[(&str, &str)]) -> Relocation {
    let pairs = pairs.iter().map(|(here, there)| (net(here), net(there)));
    Relocation::new(pairs).expect("pairs that agree")
}

/// What a rule for `cidr` is about at the other site.
fn moved(relocation: &Relocation, cidr: &str) -> String {
    let admitted = group(&json!([tcp(80, 80, cidr)]), relocation).expect("a good rule");
    let pieces = admitted.pieces();
    let told = pieces.iter().map(Piece::to_string).collect::<String>();
    told.replace("tcp port 80 from ", "")
}

#[test]
fn a_rule_for_the_own_block_answers_the_rule_for_the_own_block_of_the_other_site() {
    let vpc = relocation(&[("10.0.0.0/16", "10.1.0.0/16")]);
    assert_eq!(moved(&vpc, "10.0.0.0/16"), "10.1.0.0/16");
    assert_eq!(moved(&vpc, "10.0.3.0/24"), "10.1.3.0/24");
    assert_eq!(moved(&vpc, "10.0.3.7/32"), "10.1.3.7/32");
}

#[test]
fn a_rule_for_the_block_of_the_other_site_answers_the_rule_for_the_block_of_this_one() {
    let vpc = relocation(&[("10.0.0.0/16", "10.1.0.0/16")]);
    assert_eq!(moved(&vpc, "10.1.3.0/24"), "10.0.3.0/24");
}

#[test]
fn what_holds_both_blocks_or_none_of_them_stays() {
    let vpc = relocation(&[("10.0.0.0/16", "10.1.0.0/16")]);
    for cidr in [
        "0.0.0.0/0",
        "10.0.0.0/8",
        "10.0.0.0/15",
        "192.168.7.0/24",
        "::/0",
    ] {
        assert_eq!(moved(&vpc, cidr), cidr);
    }
}

#[test]
fn a_subnet_at_another_place_of_its_vpc_wins_over_the_vpc() {
    let subnets = relocation(&[
        ("10.0.0.0/16", "10.1.0.0/16"),
        ("10.0.1.0/24", "10.1.2.0/24"),
    ]);
    assert_eq!(moved(&subnets, "10.0.1.0/24"), "10.1.2.0/24");
    assert_eq!(moved(&subnets, "10.1.2.9/32"), "10.0.1.9/32");
    // The place of the second subnet is taken there: it goes to the place that became free.
    assert_eq!(moved(&subnets, "10.0.2.0/24"), "10.1.1.0/24");
    assert_eq!(moved(&subnets, "10.0.3.0/24"), "10.1.3.0/24");
    assert_eq!(moved(&subnets, "10.0.0.0/16"), "10.1.0.0/16");
}

#[test]
fn blocks_of_ipv6_move_as_well() {
    let vpc = relocation(&[("2001:db8:0:100::/56", "2001:db8:0:200::/56")]);
    assert_eq!(moved(&vpc, "2001:db8:0:101::/64"), "2001:db8:0:201::/64");
}

#[test]
fn blocks_at_both_ends_of_the_addresses_move_as_well() {
    let four = relocation(&[("0.0.0.0/8", "255.0.0.0/8")]);
    assert_eq!(moved(&four, "255.255.255.255/32"), "0.255.255.255/32");
    assert_eq!(moved(&four, "0.0.0.0/0"), "0.0.0.0/0");
    let six = relocation(&[("ff00::/8", "::/8")]);
    assert_eq!(moved(&six, "ffff::/16"), "ff::/16");
    assert_eq!(moved(&six, "::/0"), "::/0");
}

#[test]
fn a_rule_for_exactly_a_block_of_another_length_is_taken_for_the_whole_partner() {
    let uneven = relocation(&[
        ("10.0.0.0/16", "10.1.0.0/16"),
        ("10.0.4.0/24", "10.1.8.0/22"),
    ]);
    assert_eq!(moved(&uneven, "10.0.4.0/24"), "10.1.8.0/22");
    assert_eq!(moved(&uneven, "10.1.8.0/22"), "10.0.4.0/24");
    assert_eq!(moved(&uneven, "10.0.4.0/25"), "10.1.4.0/25");
}

#[test]
fn sites_with_the_same_block_and_other_subnets_move_from_here_to_there() {
    let shuffled = relocation(&[
        ("10.0.0.0/16", "10.0.0.0/16"),
        ("10.0.1.0/24", "10.0.2.0/24"),
        ("10.0.2.0/24", "10.0.3.0/24"),
    ]);
    assert_eq!(moved(&shuffled, "10.0.1.0/24"), "10.0.2.0/24");
    assert_eq!(moved(&shuffled, "10.0.2.0/24"), "10.0.3.0/24");
    assert_eq!(moved(&shuffled, "10.0.3.0/24"), "10.0.1.0/24");
    assert_eq!(moved(&shuffled, "10.0.0.0/16"), "10.0.0.0/16");
}

#[test]
fn pairs_that_contradict_each_other_are_refused() {
    let new = |pairs: &[(&str, &str)]| {
        let pairs = pairs.iter().map(|(here, there)| (net(here), net(there)));
        Relocation::new(pairs).map_err(|bad| bad.to_string())
    };
    let twice = [
        ("10.0.0.0/24", "10.1.0.0/24"),
        ("10.0.0.7/24", "10.1.0.9/24"),
    ];
    assert!(new(&twice).is_ok(), "one pair, told twice");
    assert_eq!(
        new(&[
            ("10.0.0.0/24", "10.1.0.0/24"),
            ("10.0.0.0/24", "10.2.0.0/24")
        ]),
        Err("10.0.0.0/24 is paired with 10.1.0.0/24 and with 10.2.0.0/24".to_owned())
    );
    assert_eq!(
        new(&[
            ("10.0.0.0/24", "10.1.0.0/24"),
            ("10.2.0.0/25", "10.1.0.0/24")
        ]),
        Err("10.1.0.0/24 is paired with 10.0.0.0/24 and with 10.2.0.0/25".to_owned())
    );
    assert_eq!(
        new(&[("10.0.0.0/24", "fd00::/64")]),
        Err("10.0.0.0/24 and fd00::/64 are not of one family of addresses".to_owned())
    );
}

/// The addresses from 10.0.0.0 that the model knows.
const KNOWN: u32 = 64;
const BASE: u32 = 0x0a00_0000;

fn known(place: u32) -> IpAddr {
    IpAddr::V4((BASE + place).into())
}

fn place(address: IpAddr) -> u32 {
    match address {
        IpAddr::V4(four) => u32::from(four) - BASE,
        IpAddr::V6(_) => panic!("an address of IPv4 became one of IPv6"),
    }
}

/// Pairs of blocks of 1 to 16 addresses: here from `here`, there from `there`, none twice.
fn drawn(dice: &mut Dice, here: (u64, u64), there: (u64, u64)) -> Vec<(IpNet, IpNet)> {
    let mut pairs: Vec<(IpNet, IpNet)> = Vec::new();
    for _ in 0..dice.between(1, 6) {
        let bits = dice.between(0, 4);
        let mut block = |(low, high): (u64, u64)| {
            let first = dice.between(low, high) >> bits << bits;
            let first = u32::try_from(first).expect("small");
            let length = 32 - u8::try_from(bits).expect("small");
            IpNet::new(known(first), length).expect("a length of IPv4")
        };
        let pair = (block(here), block(there));
        if !pairs
            .iter()
            .any(|(one, other)| *one == pair.0 || *other == pair.1)
        {
            pairs.push(pair);
        }
    }
    pairs
}

/// Pairs up single addresses, from the longest blocks to the shortest; who loses a partner is paired with whoever lost one by the
/// same step.
fn modelled(pairs: &[(IpNet, IpNet)]) -> Vec<u32> {
    let mut partner: Vec<u32> = (0..KNOWN).collect();
    let mut pairs = pairs.to_vec();
    pairs.sort_by_key(|(here, _)| (here.prefix_len(), *here));
    for (here, there) in pairs {
        for offset in 0..1 << (32 - here.prefix_len()) {
            let (one, two) = (place(here.addr()) + offset, place(there.addr()) + offset);
            let (left, right) = (partner[one as usize], partner[two as usize]);
            if left == two {
                continue;
            }
            partner[one as usize] = two;
            partner[two as usize] = one;
            let (left, right) = match (left == one, right == two) {
                (true, true) => continue,
                (true, false) => (right, right),
                (false, true) => (left, left),
                (false, false) => (left, right),
            };
            partner[left as usize] = right;
            partner[right as usize] = left;
        }
    }
    partner
}

#[test]
fn going_twice_leads_back_and_the_model_agrees() {
    let mut dice = Dice::new(1);
    for _ in 0..20_000 {
        let pairs = drawn(&mut dice, (0, 31), (32, 63));
        let relocation = Relocation::new(pairs.clone()).expect("no block twice");
        let model = modelled(&pairs);
        for one in 0..KNOWN {
            let there = relocation.address(known(one));
            assert_eq!(place(there), model[one as usize], "{one} by {pairs:?}");
            assert_eq!(relocation.address(there), known(one), "{one} by {pairs:?}");
        }
    }
}

#[test]
fn no_two_addresses_come_to_one_place_even_where_the_sites_overlap() {
    let mut dice = Dice::new(2);
    for _ in 0..20_000 {
        let pairs = drawn(&mut dice, (0, 63), (0, 63));
        let relocation = Relocation::new(pairs.clone()).expect("no block twice");
        let mut reached: Vec<_> = (0..KNOWN)
            .map(|one| place(relocation.address(known(one))))
            .collect();
        for (here, there) in &pairs {
            let inner = |other: &&(IpNet, IpNet)| {
                other.0.prefix_len() > here.prefix_len()
                    && (here.contains(&other.0)
                        || here.contains(&other.1)
                        || there.contains(&other.0)
                        || there.contains(&other.1))
            };
            if pairs.iter().find(inner).is_none() {
                let first = place(here.addr()) as usize;
                assert_eq!(reached[first], place(there.addr()), "{here} by {pairs:?}");
            }
        }
        reached.sort_unstable();
        assert_eq!(reached, (0..KNOWN).collect::<Vec<_>>(), "{pairs:?}");
    }
}

#[test]
fn a_block_comes_to_where_its_addresses_come_to() {
    let mut dice = Dice::new(3);
    for _ in 0..20_000 {
        let pairs = drawn(&mut dice, (0, 31), (32, 63));
        let relocation = Relocation::new(pairs.clone()).expect("no block twice");
        let bits = dice.between(0, 6);
        let first = u32::try_from(dice.between(0, 63) >> bits << bits).expect("small");
        let size = 1 << bits;
        let length = 32 - u8::try_from(bits).expect("small");
        let whole = moved_places(&relocation, &format!("{}/{length}", known(first)));
        let mut one_by_one: Vec<_> = (first..first + size)
            .map(|one| place(relocation.address(known(one))))
            .collect();
        one_by_one.sort_unstable();
        assert_eq!(whole, one_by_one, "{first}/{length} by {pairs:?}");
    }
}

/// The single places that a rule for `cidr` is about at the other site.
fn moved_places(relocation: &Relocation, cidr: &str) -> Vec<u32> {
    let spans = relocation.block(&net(cidr));
    let all = spans.iter().flat_map(|span| span.first..=span.last);
    all.map(|place| u32::try_from(place).expect("IPv4") - BASE)
        .collect()
}
