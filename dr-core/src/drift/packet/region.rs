//! A set of packets of one space, as slabs: where the line of services is cut, and which addresses each cut holds.
//!
//! The form is canonical: slabs ascend, do not touch where they are equal, and hold sorted, separate spans. Two sets are equal
//! exactly when their forms are. A set of `n` rectangles has at most `2n - 1` slabs of at most `n` spans.

/// Whole numbers from one to another, both included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Span<T> {
    pub(super) first: T,
    pub(super) last: T,
}

impl<T> Span<T> {
    pub(super) const fn new(first: T, last: T) -> Self {
        Self { first, last }
    }
}

/// A rectangle: what a rule admits of one space.
#[derive(Debug, Clone, Copy)]
pub(super) struct Area {
    pub(super) services: Span<u32>,
    pub(super) addresses: Span<u128>,
}

/// Addresses of a stretch of services.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Slab {
    pub(super) services: Span<u32>,
    /// Sorted and separate; never empty.
    pub(super) addresses: Vec<Span<u128>>,
}

/// A set of packets of one space.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Region {
    slabs: Vec<Slab>,
}

impl Region {
    /// The union of rectangles.
    pub(super) fn of(mut areas: Vec<Area>) -> Self {
        areas.sort_unstable_by_key(|area| area.services.first);
        let edges = areas.iter().map(|area| area.services);
        let edges = sorted_edges(edges);
        let mut waiting = areas.into_iter().peekable();
        // What reaches into the stretch at hand, sorted by its first address.
        let mut active: Vec<Area> = Vec::new();
        let mut region = Self::default();
        for stretch in edges.windows(2) {
            active.retain(|area| area.services.last >= stretch[0]);
            while let Some(area) = waiting.next_if(|area| area.services.first == stretch[0]) {
                let before = |other: &Area| other.addresses.first <= area.addresses.first;
                active.insert(active.partition_point(before), area);
            }
            region.push(
                Span::new(stretch[0], stretch[1] - 1),
                merged(active.iter().map(|area| area.addresses)),
            );
        }
        region
    }

    /// Whether it holds nothing.
    pub(super) fn is_empty(&self) -> bool {
        self.slabs.is_empty()
    }

    /// Its slabs, ascending.
    pub(super) fn slabs(&self) -> &[Slab] {
        &self.slabs
    }

    /// What either holds.
    pub(super) fn union(&self, other: &Self) -> Self {
        self.combined(other, |mine, theirs| {
            let mut all = [mine, theirs].concat();
            all.sort_unstable_by_key(|span| span.first);
            merged(all.into_iter())
        })
    }

    /// What this one holds and the other does not.
    pub(super) fn minus(&self, other: &Self) -> Self {
        self.combined(other, without)
    }

    /// The services whose addresses are exactly `addresses`, each with the address 0 alone.
    pub(super) fn services_of(&self, addresses: Span<u128>) -> Self {
        let mut region = Self::default();
        for slab in self.slabs.iter().filter(|it| it.addresses == [addresses]) {
            region.push(slab.services, vec![Span::new(0, 0)]);
        }
        region
    }

    /// Both, stretch by stretch, as `combine` says for the addresses of each.
    fn combined(
        &self,
        other: &Self,
        combine: impl Fn(&[Span<u128>], &[Span<u128>]) -> Vec<Span<u128>>,
    ) -> Self {
        let edges = sorted_edges(self.slabs.iter().chain(&other.slabs).map(|it| it.services));
        let (mut mine, mut theirs) = (&self.slabs[..], &other.slabs[..]);
        let mut region = Self::default();
        for stretch in edges.windows(2) {
            let addresses = combine(at(&mut mine, stretch[0]), at(&mut theirs, stretch[0]));
            region.push(Span::new(stretch[0], stretch[1] - 1), addresses);
        }
        region
    }

    /// Adds a stretch behind the last one.
    fn push(&mut self, services: Span<u32>, addresses: Vec<Span<u128>>) {
        if addresses.is_empty() {
            return;
        }
        match self.slabs.last_mut() {
            Some(before)
                if before.services.last + 1 == services.first && before.addresses == addresses =>
            {
                before.services.last = services.last;
            }
            _ => self.slabs.push(Slab {
                services,
                addresses,
            }),
        }
    }
}

/// Where stretches begin, and the places behind their ends. The line of services ends long before its type does.
fn sorted_edges(stretches: impl Iterator<Item = Span<u32>>) -> Vec<u32> {
    let mut edges: Vec<u32> = stretches.flat_map(|it| [it.first, it.last + 1]).collect();
    edges.sort_unstable();
    edges.dedup();
    edges
}

/// The addresses at a place, after dropping the slabs that end before it. Places are asked for in ascending order.
fn at<'a>(slabs: &mut &'a [Slab], place: u32) -> &'a [Span<u128>] {
    while let [first, rest @ ..] = *slabs
        && first.services.last < place
    {
        *slabs = rest;
    }
    match slabs.first() {
        Some(slab) if slab.services.first <= place => &slab.addresses,
        _ => &[],
    }
}

/// Spans that are sorted by where they begin, joined where they overlap or touch.
pub(super) fn merged(spans: impl Iterator<Item = Span<u128>>) -> Vec<Span<u128>> {
    let mut joined: Vec<Span<u128>> = Vec::with_capacity(spans.size_hint().0);
    for span in spans {
        match joined.last_mut() {
            Some(before) if span.first <= before.last.saturating_add(1) => {
                before.last = before.last.max(span.last);
            }
            _ => joined.push(span),
        }
    }
    joined
}

/// What is in `spans` and not in `cuts`, both sorted and separate.
fn without(spans: &[Span<u128>], cuts: &[Span<u128>]) -> Vec<Span<u128>> {
    let mut left = Vec::with_capacity(spans.len());
    let mut cuts = cuts;
    for span in spans {
        while let [cut, rest @ ..] = cuts
            && cut.last < span.first
        {
            cuts = rest;
        }
        // Where what is left begins; none behind the last address.
        let mut first = Some(span.first);
        for cut in cuts.iter().take_while(|cut| cut.first <= span.last) {
            if let Some(first) = first
                && first < cut.first
            {
                left.push(Span::new(first, cut.first - 1));
            }
            first = cut.last.checked_add(1);
        }
        if let Some(first) = first
            && first <= span.last
        {
            left.push(Span::new(first, span.last));
        }
    }
    left
}
