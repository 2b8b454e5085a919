//! Random pairs of lists against the oracle: 10^5 of groups, 2 * 10^4 of groups at two sites, 5 * 10^4 of ACLs.

use std::net::IpAddr;

use ipnet::IpNet;
use serde_json::Value;

use super::oracle::{
    Drawn, Service, Universe, Who, acl_admits, drawn, group_admits, order, pick, seen,
};
use super::*;
use crate::sim::Dice;

/// Whether a list admits a packet.
type Judge<'a> = Box<dyn Fn(Service, &Peer) -> bool + 'a>;

/// What the oracle says of a list, over the packets of a universe.
struct Said<'a> {
    universe: &'a Universe,
    admits: Judge<'a>,
}

impl Said<'_> {
    /// Nobody knows the address of an opaque peer: it is admitted by its name, or if every address is.
    fn admits(&self, service: Service, peer: &Peer) -> bool {
        let by_name = (self.admits)(service, peer);
        match peer {
            Peer::Address(_) => by_name,
            Peer::Group(_) | Peer::PrefixList(_) => {
                let mut addresses = self.universe.addresses.iter();
                by_name || addresses.all(|address| (self.admits)(service, address))
            }
        }
    }
}

/// Asserts that the sets are as far apart as the oracle says, and that each says so with the first packet that shows it.
fn agree(one: (&Admitted, &Said), other: (&Admitted, &Said), about: &dyn std::fmt::Debug) -> bool {
    let universe = one.1.universe;
    let mut first = [None, None];
    let mut any = [false, false];
    for service in universe.services.iter().copied() {
        for peer in universe.addresses.iter().chain(&universe.opaque) {
            let said = [one.1.admits(service, peer), other.1.admits(service, peer)];
            any = [any[0] | said[0], any[1] | said[1]];
            if said[0] != said[1] {
                let shows = &mut first[usize::from(said[1])];
                let place = order(service, peer);
                if shows.as_ref().is_none_or(|before| place < *before) {
                    *shows = Some(place);
                }
            }
        }
    }
    let sets = [(one, other), (other, one)];
    for ((this, that), (first, any)) in sets.into_iter().zip(first.iter().zip(any)) {
        let shown = this.0.without(that.0).map(|packet| {
            let (service, peer) = seen(&packet);
            order(service, &peer)
        });
        assert_eq!(shown, *first, "the first packet that differs, of {about:?}");
        assert_eq!(this.0.is_empty(), !any, "nothing admitted by {about:?}");
        for piece in this.0.minus(that.0).pieces() {
            let (service, peer) = seen(&piece.witness());
            let differs = this.1.admits(service, &peer) && !that.1.admits(service, &peer);
            assert!(differs, "{piece} of {about:?}");
        }
    }
    let equal = first == [None, None];
    assert_eq!(one.0 == other.0, equal, "equal values of {about:?}");
    equal
}

/// A second list: another one, or the first with a rule changed, or the first in another shape.
fn second(dice: &mut Dice, first: &[Drawn], ordered: bool) -> Vec<Drawn> {
    let mut rules = first.to_vec();
    match dice.between(0, 5) {
        0 => many(dice, !ordered),
        1 => {
            rules.push(drawn(dice, !ordered));
            rules
        }
        2 => {
            rules.pop();
            rules
        }
        3 => {
            let place = dice.between(0, 20);
            if let Some(rule) = rules.get_mut(usize::try_from(place).expect("small")) {
                *rule = drawn(dice, !ordered);
            }
            rules
        }
        _ => reshaped(dice, &rules, ordered),
    }
}

/// The same packets by other rules: split in two, repeated, and (where order does not count) shuffled.
fn reshaped(dice: &mut Dice, rules: &[Drawn], ordered: bool) -> Vec<Drawn> {
    let mut shaped = Vec::new();
    for rule in rules {
        match (dice.between(0, 3), rule.protocol, rule.who) {
            (0, Some(6 | 17), _) if rule.from < rule.to => {
                shaped.push(Drawn {
                    to: rule.from,
                    ..*rule
                });
                shaped.push(Drawn {
                    from: rule.from + 1,
                    ..*rule
                });
            }
            (1, _, Who::Block(IpAddr::V4(block), length)) if length < 32 => {
                for half in [0, 1 << (31 - length)] {
                    let mask = u32::MAX.checked_shr(length.into()).unwrap_or(0);
                    let half = IpAddr::V4((u32::from(block) & !mask | half).into());
                    let who = Who::Block(half, length + 1);
                    shaped.push(Drawn { who, ..*rule });
                }
            }
            (2, ..) => shaped.extend([*rule, *rule]),
            _ => shaped.push(*rule),
        }
    }
    if !ordered {
        for place in 1..shaped.len() {
            let other = dice.between(0, u64::try_from(place).expect("small"));
            shaped.swap(place, usize::try_from(other).expect("small"));
        }
    }
    shaped
}

fn many(dice: &mut Dice, opaque: bool) -> Vec<Drawn> {
    let count = dice.between(0, 6);
    (0..count).map(|_| drawn(dice, opaque)).collect()
}

fn of_group(rules: &[Drawn], dice: &mut Dice, relocation: &Relocation) -> Admitted {
    let rules: Vec<_> = rules.iter().map(|rule| rule.as_rule(dice)).collect();
    group(&Value::from(rules), relocation).expect("rules as discovery writes them")
}

/// Draws pairs of groups from seeds and lets the oracle judge them. Gives how many were equal.
fn groups(seeds: std::ops::Range<u64>) -> usize {
    let mut equal = 0;
    for seed in seeds {
        let mut dice = Dice::new(seed);
        let one = many(&mut dice, true);
        let two = second(&mut dice, &one, false);
        let universe = Universe::of(one.iter().chain(&two));
        let said = [&one, &two].map(|rules| Said {
            universe: &universe,
            admits: Box::new(|service, peer| group_admits(rules, service, peer)),
        });
        let stay = Relocation::default();
        let sets = [&one, &two].map(|rules| of_group(rules, &mut dice, &stay));
        let about = (seed, &one, &two);
        equal += usize::from(agree((&sets[0], &said[0]), (&sets[1], &said[1]), &about));
    }
    equal
}

#[test]
fn of_50_000_pairs_of_groups_every_one_is_judged_as_the_oracle_judges_it() {
    let equal = groups(0..50_000);
    assert!((10_000..40_000).contains(&equal), "{equal} equal pairs");
}

#[test]
fn of_50_000_more_pairs_of_groups_every_one_is_judged_as_the_oracle_judges_it() {
    let equal = groups(50_000..100_000);
    assert!((10_000..40_000).contains(&equal), "{equal} equal pairs");
}

#[test]
#[ignore = "takes minutes; the others draw the first 100,000 of these pairs"]
fn of_a_million_pairs_of_groups_every_one_is_judged_as_the_oracle_judges_it() {
    let equal = groups(0..1_000_000);
    assert!((200_000..800_000).contains(&equal), "{equal} equal pairs");
}

/// Pairs of blocks, small ones and a large one around them, as of two VPCs and their subnets.
fn relocated(dice: &mut Dice) -> Relocation {
    let block = |text: &str| text.parse::<IpNet>().expect("a block");
    let mut pairs = vec![(block("10.0.0.0/28"), block("10.0.0.16/28"))];
    for (here, there) in [
        ("10.0.0.0/30", "10.0.0.20/30"),
        ("10.0.0.4/31", "10.0.0.16/31"),
        ("10.0.0.9/32", "10.0.0.31/32"),
        ("fd00::2/127", "fd00::8/127"),
    ] {
        if dice.chance(50) {
            pairs.push((block(here), block(there)));
        }
    }
    let count = usize::try_from(dice.between(0, 5)).expect("small");
    pairs.truncate(count);
    Relocation::new(pairs).expect("pairs that agree")
}

/// As [`groups`], where the first is of the site whose addresses are relocated.
fn relocated_groups(seeds: std::ops::Range<u64>) -> usize {
    let mut equal = 0;
    for seed in seeds {
        let mut dice = Dice::new(seed);
        let relocation = relocated(&mut dice);
        let one = many(&mut dice, true);
        let there = *pick(&mut dice, &[true, false]);
        let two = if there {
            // The rules of the other site: the same ones, for the places of their blocks there.
            one.iter()
                .flat_map(|rule| moved(rule, &relocation))
                .collect()
        } else {
            second(&mut dice, &one, false)
        };
        let mut universe = Universe::of(one.iter().chain(&two));
        let images = universe
            .addresses
            .iter()
            .map(|peer| across(peer, &relocation));
        let places = (0..32_u8).map(|place| {
            [
                IpAddr::from([10, 0, 0, place]),
                IpAddr::from([0xfd00, 0, 0, 0, 0, 0, 0, place.into()]),
            ]
        });
        let places = places.flatten().map(Peer::Address);
        let mut addresses: Vec<_> = images.chain(places).collect();
        addresses.append(&mut universe.addresses);
        addresses.sort_unstable();
        addresses.dedup();
        universe.addresses = addresses;
        let said = [
            Said {
                universe: &universe,
                // Going twice leads back: the packet is at home where its address comes to.
                admits: Box::new(|service, peer| {
                    group_admits(&one, service, &across(peer, &relocation))
                }),
            },
            Said {
                universe: &universe,
                admits: Box::new(|service, peer| group_admits(&two, service, peer)),
            },
        ];
        let sets = [
            of_group(&one, &mut dice, &relocation),
            of_group(&two, &mut dice, &Relocation::default()),
        ];
        let about = (seed, &relocation, &one, &two);
        equal += usize::from(agree((&sets[0], &said[0]), (&sets[1], &said[1]), &about));
    }
    equal
}

fn across(peer: &Peer, relocation: &Relocation) -> Peer {
    match peer {
        Peer::Address(address) => Peer::Address(relocation.address(*address)),
        other => other.clone(),
    }
}

/// The rule for the places of its block at the other site: address by address, where the block is small enough.
fn moved(rule: &Drawn, relocation: &Relocation) -> Vec<Drawn> {
    match rule.who {
        Who::Block(IpAddr::V4(block), length @ 28..) => {
            let mask = u32::MAX.checked_shr(length.into()).unwrap_or(0);
            let block = u32::from(block) & !mask;
            let all = (block..=block | mask).map(|bits| IpAddr::V4(bits.into()));
            let all = all.map(|address| Who::Block(relocation.address(address), 32));
            all.map(|who| Drawn { who, ..*rule }).collect()
        }
        Who::Block(block @ IpAddr::V6(_), length @ 127..) => {
            vec![Drawn {
                who: Who::Block(relocation.address(block), length),
                ..*rule
            }]
        }
        _ => vec![*rule],
    }
}

#[test]
fn of_20_000_pairs_of_relocated_groups_every_one_is_judged_as_the_oracle_judges_it() {
    let equal = relocated_groups(0..20_000);
    assert!((4_000..16_000).contains(&equal), "{equal} equal pairs");
}

#[test]
fn of_50_000_pairs_of_acls_every_one_is_judged_as_the_oracle_judges_it() {
    let mut equal = 0;
    for seed in 0..50_000 {
        let mut dice = Dice::new(seed);
        let one = many(&mut dice, false);
        let two = second(&mut dice, &one, true);
        let universe = Universe::of(one.iter().chain(&two));
        let said = [&one, &two].map(|entries| Said {
            universe: &universe,
            admits: Box::new(|service, peer| acl_admits(entries, service, peer)),
        });
        let sets = [&one, &two].map(|entries| {
            let numbered = entries.iter().enumerate();
            let mut written: Vec<_> = numbered
                .map(|(place, entry)| entry.as_entry(100 + 10 * place, &mut dice))
                .collect();
            // AWS gives them in any order.
            written.reverse();
            Admitted::of_acl(&written, Direction::Ingress, &Relocation::default())
                .expect("entries as discovery writes them")
        });
        let about = (seed, &one, &two);
        equal += usize::from(agree((&sets[0], &said[0]), (&sets[1], &said[1]), &about));
    }
    assert!((10_000..40_000).contains(&equal), "{equal} equal pairs");
}
