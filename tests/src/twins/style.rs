//! What a pair of twins looks like: everything that may differ between two estates that are both in sync.

use dr_core::sim::Dice;

/// How things are called. Both sites use the same one: what it puts in for the place is all that differs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Naming {
    /// `shop-app`.
    Plain,
    /// `shop-ohio-app`.
    Site,
    /// `shop-app-us-east-2`.
    Region,
    /// `use2-shop-app`.
    Compact,
    /// `shop-123456789012-app`.
    Account,
    /// `shop-app-20261101120000000100000001`: what Terraform's `name_prefix` makes.
    Prefix,
    /// `shop-app-0a1b2c3d4e5f`.
    Hex,
}

impl Naming {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::Plain,
        Self::Site,
        Self::Region,
        Self::Compact,
        Self::Account,
        Self::Prefix,
        Self::Hex,
    ];
}

/// What a pair of twins looks like.
#[derive(Debug, Clone)]
pub struct Style {
    /// What all values follow from that are the same on both sites.
    pub seed: u64,
    /// What the ids of each site follow from.
    pub salt: [u64; 2],
    /// How many applications the estate has. One has about 80 resources a site.
    pub applications: usize,
    /// Zones that each site uses.
    pub zones: [usize; 2],
    /// The first zone's letter that each site uses.
    pub letters: [usize; 2],
    /// Whether names of subnets end in a number or in the zone's name.
    pub numbered: bool,
    /// Whether the data tier has subnets of its own.
    pub data_tier: bool,
    /// Whether each zone has a NAT gateway and a private route table.
    pub nat_each: bool,
    /// How things are called.
    pub naming: Naming,
    /// The account of each site.
    pub accounts: [&'static str; 2],
    /// How many machines the standby's fleets have.
    pub standby_count: usize,
    /// Whether `estate.yaml` binds what it can.
    pub bound: bool,
    /// How many groups of other teams' things stand beside the estate, on each site.
    pub foreign: [usize; 2],
    /// Whether Terraform built the sites, so that its states manage what stands there.
    pub stated: bool,
}

impl Style {
    /// A style drawn from a seed, with one application.
    pub fn drawn(seed: u64) -> Self {
        let mut dice = Dice::new(seed ^ 0x7477_696e);
        let mut to = |high: usize| -> usize {
            usize::try_from(dice.between(0, high as u64)).expect("a small number")
        };
        let two_accounts = to(1) == 1;
        Self {
            seed,
            salt: [seed.wrapping_mul(2), seed.wrapping_mul(2) + 1],
            applications: 1 + to(1) * to(1),
            zones: [2, 2],
            letters: [to(1), to(1)],
            numbered: to(2) > 0,
            data_tier: to(2) > 0,
            nat_each: to(1) == 1,
            naming: Naming::ALL[to(Naming::ALL.len() - 1)],
            accounts: [
                "123456789012",
                if two_accounts {
                    "210987654321"
                } else {
                    "123456789012"
                },
            ],
            standby_count: to(2),
            bound: to(1) == 1,
            foreign: [to(2), to(2)],
            stated: to(6) > 0,
        }
    }

    /// A large estate: about that many resources a site.
    pub fn large(resources: usize) -> Self {
        Self {
            applications: (resources / PER_APPLICATION).max(1),
            standby_count: 1,
            naming: Naming::Site,
            numbered: true,
            bound: true,
            foreign: [resources / 400, resources / 400],
            stated: true,
            ..Self::drawn(1)
        }
    }

    /// A number that follows from the seed and from a role: the same on both sites.
    pub fn number(&self, role: &str, below: usize) -> usize {
        usize::try_from(hash(self.seed, &[role]) % below as u64).expect("it is below a size")
    }

    /// One of several, by a role: the same on both sites.
    pub fn pick<T: Copy>(&self, role: &str, of: &[T]) -> T {
        of[self.number(role, of.len())]
    }
}

/// About how many resources a site one application of [`Style::large`] has.
const PER_APPLICATION: usize = 80;

/// FNV-1a (Fowler, Noll, Vo) over texts, stirred once by the dice, so that texts that differ little give numbers that do not.
pub(super) fn hash(seed: u64, texts: &[&str]) -> u64 {
    let mut hash = 0xcbf2_9ce4_8422_2325 ^ seed;
    for text in texts {
        for byte in text.bytes().chain([0]) {
            hash = (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
    }
    Dice::new(hash).between(0, u64::MAX - 1)
}
