//! Where the addresses of one site are at the other.

use core::net::IpAddr;
use std::collections::BTreeMap;

use ipnet::IpNet;

use super::region::{Span, merged};

/// Why no relocation follows from pairs of blocks.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadRelocation {
    /// A block has two partners.
    #[error("{block} is paired with {one} and with {other}")]
    Contradiction {
        /// The block.
        block: IpNet,
        /// A partner.
        one: IpNet,
        /// Another partner.
        other: IpNet,
    },
    /// One block is of IPv4, its partner of IPv6.
    #[error("{here} and {there} are not of one family of addresses")]
    Families {
        /// The block at this site.
        here: IpNet,
        /// Its partner at the other site.
        there: IpNet,
    },
}

/// Takes the addresses of one site (here) to those with the same role at the other (there): each paired block to its partner, and
/// the partner back to it, so that a rule for the site's own block answers the other site's rule for its own, and a rule for the
/// other site's block likewise.
///
/// - Blocks of equal length are relocated by offset, always one to one. A pair inside other pairs wins over them; what lay at
///   its place before takes the place that became free.
/// - Where the two sites have no address in common, going twice leads back. Where they have (the same block at both, cut into
///   other subnets), the pairs hold from here to there, and the way back is another one.
/// - Blocks of unequal length have no addresses that correspond. A rule for exactly such a block is taken for the whole partner;
///   a part of it is relocated as if the pair were not there.
/// - What is in no pair stays where it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Relocation {
    four: Moves,
    six: Moves,
    /// Partners of another length.
    whole: BTreeMap<IpNet, IpNet>,
}

impl Default for Relocation {
    /// Leaves everything where it is.
    fn default() -> Self {
        Self {
            four: Moves::none(u32::MAX.into()),
            six: Moves::none(u128::MAX),
            whole: BTreeMap::new(),
        }
    }
}

impl Relocation {
    /// The relocation that follows from pairs of a block here and its partner there. Bits behind the mask do not count.
    ///
    /// # Errors
    ///
    /// A block that is paired with two others, and a pair of two families.
    pub fn new(pairs: impl IntoIterator<Item = (IpNet, IpNet)>) -> Result<Self, BadRelocation> {
        let pairs: Vec<_> = pairs
            .into_iter()
            .map(|(here, there)| (here.trunc(), there.trunc()))
            .collect();
        let there_of = partners(pairs.iter().copied())?;
        let here_of = partners(pairs.iter().map(|(here, there)| (*there, *here)))?;
        let mut ways: Vec<_> = there_of.iter().collect();
        // Pairs inside others come after them, and win.
        ways.sort_by_key(|(here, _)| here.prefix_len());
        let mut relocation = Self::default();
        for (here, there) in ways {
            relocation.set(here, there);
            // The way back, where it is not the way of another pair.
            if !there_of.contains_key(there) && !here_of.contains_key(here) {
                relocation.set(there, here);
            }
        }
        Ok(relocation)
    }

    /// The relocation of those of the pairs, in their order, that contradict none before them.
    pub fn of_consistent(pairs: impl IntoIterator<Item = (IpNet, IpNet)>) -> Self {
        let mut partners: [BTreeMap<IpNet, IpNet>; 2] = [BTreeMap::new(), BTreeMap::new()];
        let consistent = pairs.into_iter().filter(|(here, there)| {
            let ways = [(here.trunc(), there.trunc()), (there.trunc(), here.trunc())];
            let mut both = ways.iter().zip(&partners);
            let fits = here.addr().is_ipv4() == there.addr().is_ipv4()
                && both
                    .all(|((block, other), known)| known.get(block).is_none_or(|one| one == other));
            if fits {
                for ((block, other), known) in ways.into_iter().zip(&mut partners) {
                    known.insert(block, other);
                }
            }
            fits
        });
        let consistent: Vec<_> = consistent.collect();
        Self::new(consistent).expect("no two of them contradict each other")
    }

    /// Where an address is at the other site. Partners of unequal length do not count: their addresses do not correspond.
    pub fn address(&self, address: IpAddr) -> IpAddr {
        let place = span(&IpNet::from(address)).first;
        let four = address.is_ipv4();
        self::address(four, self.moves(four).one(place))
    }

    /// The places at the other site of a block that a rule names: sorted and separate.
    pub(super) fn block(&self, block: &IpNet) -> Vec<Span<u128>> {
        match self.whole.get(block) {
            Some(partner) => vec![span(partner)],
            None => self.moves(block.addr().is_ipv4()).apply(span(block)),
        }
    }

    fn set(&mut self, from: &IpNet, to: &IpNet) {
        if from.prefix_len() == to.prefix_len() {
            let moves = if from.addr().is_ipv4() {
                &mut self.four
            } else {
                &mut self.six
            };
            moves.set(span(from), span(to).first);
        } else {
            self.whole.insert(*from, *to);
        }
    }

    fn moves(&self, four: bool) -> &Moves {
        if four { &self.four } else { &self.six }
    }
}

/// The partner of each block. A pair that is there twice is one.
fn partners(
    pairs: impl Iterator<Item = (IpNet, IpNet)>,
) -> Result<BTreeMap<IpNet, IpNet>, BadRelocation> {
    let mut partners = BTreeMap::new();
    for (block, other) in pairs {
        if block.addr().is_ipv4() != other.addr().is_ipv4() {
            return Err(BadRelocation::Families {
                here: block,
                there: other,
            });
        }
        match partners.insert(block, other) {
            Some(one) if one != other => {
                return Err(BadRelocation::Contradiction { block, one, other });
            }
            _ => {}
        }
    }
    Ok(partners)
}

/// The places of a block on the line of its family.
pub(super) fn span(block: &IpNet) -> Span<u128> {
    let place = |address| match address {
        IpAddr::V4(four) => u128::from(u32::from(four)),
        IpAddr::V6(six) => u128::from(six),
    };
    Span::new(place(block.network()), place(block.broadcast()))
}

/// The address at a place on the line of a family.
pub(super) fn address(four: bool, place: u128) -> IpAddr {
    if four {
        let bits = u32::try_from(place).expect("the line of IPv4 has 32 bits");
        IpAddr::V4(bits.into())
    } else {
        IpAddr::V6(place.into())
    }
}

/// A stretch of addresses, and where its first one goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Move {
    from: Span<u128>,
    to: u128,
}

impl Move {
    fn arrives(self) -> Span<u128> {
        Span::new(self.to, self.to + (self.from.last - self.from.first))
    }

    /// The part of it that arrives in `places`.
    fn arriving(self, places: Span<u128>) -> Option<Self> {
        let arrives = self.arrives();
        let first = arrives.first.max(places.first);
        let last = arrives.last.min(places.last);
        (first <= last).then(|| {
            let from = |place| self.from.first + (place - self.to);
            Self {
                from: Span::new(from(first), from(last)),
                to: first,
            }
        })
    }

    /// The part of it that leaves from `places`.
    fn leaving(self, places: Span<u128>) -> Option<Self> {
        let back = Self {
            from: self.arrives(),
            to: self.from.first,
        };
        back.arriving(places).map(|part| Self {
            from: part.arrives(),
            to: part.from.first,
        })
    }
}

/// A one-to-one map of the addresses of a family onto themselves: all of them, sorted by where they are from.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Moves(Vec<Move>);

impl Moves {
    /// Leaves everything where it is.
    fn none(last: u128) -> Self {
        let from = Span::new(0, last);
        Self(vec![Move { from, to: 0 }])
    }

    /// Where an address goes.
    fn one(&self, place: u128) -> u128 {
        let it = self.0[self.reaching(place)];
        it.to + (place - it.from.first)
    }

    /// The stretch that an address is in. Stretches hold all of them.
    fn reaching(&self, place: u128) -> usize {
        self.0.partition_point(|it| it.from.last < place)
    }

    /// Where the addresses of `places` go: sorted and separate.
    fn apply(&self, places: Span<u128>) -> Vec<Span<u128>> {
        let reached = self.0[self.reaching(places.first)..]
            .iter()
            .map_while(|it| it.leaving(places));
        let mut arrived: Vec<_> = reached.map(Move::arrives).collect();
        arrived.sort_unstable_by_key(|span| span.first);
        merged(arrived.into_iter())
    }

    /// Makes the block go to `to`, and what went there go to where the block went. Both are blocks of one length, and no
    /// smaller ones were set before: so the block went somewhere as a whole, to a block that is `to` or has nothing of it.
    fn set(&mut self, block: Span<u128>, to: u128) {
        let went = self.one(block.first);
        let length = block.last - block.first;
        let (low, high) = (went.min(to), went.max(to));
        if low == high {
            return;
        }
        let end = self.0.last().map_or(0, |it| it.from.last);
        // The line of where things arrive, cut into what stays and the two blocks that change places.
        let stays = [
            low.checked_sub(1).map(|last| Span::new(0, last)),
            (low + length + 1 < high).then(|| Span::new(low + length + 1, high - 1)),
            (high + length < end).then(|| Span::new(high + length + 1, end)),
        ];
        let stays = stays.into_iter().flatten().map(|it| (it, it.first));
        let swapped = [(low, high), (high, low)];
        let swapped = swapped.map(|(one, other)| (Span::new(one, one + length), other));
        let mut moves = Vec::with_capacity(self.0.len() + 4);
        for (places, to) in stays.chain(swapped) {
            let parts = self.0.iter().filter_map(|it| it.arriving(places));
            moves.extend(parts.map(|part| Move {
                from: part.from,
                to: part.to - places.first + to,
            }));
        }
        moves.sort_unstable_by_key(|it| it.from.first);
        moves.dedup_by(|next, before| {
            let joined = before.arrives().last.checked_add(1) == Some(next.to);
            if joined {
                before.from.last = next.from.last;
            }
            joined
        });
        self.0 = moves;
    }
}
