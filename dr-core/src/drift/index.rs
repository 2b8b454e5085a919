//! Finds the things of a column by a text: an id, an ARN, the name of a host.

use hashbrown::HashTable;
use hashbrown::hash_table::Entry as Slot;

use crate::model::ResourceKind;

/// Places by a text, and by the kind of thing where the text alone does not tell. It is asked, and never walked through: the order
/// in it is nobody's.
#[derive(Debug)]
pub(super) struct Index<'a>(HashTable<Entry<'a>>);

#[derive(Debug)]
struct Entry<'a> {
    kind: Option<ResourceKind>,
    text: Digested<'a>,
    at: u32,
}

/// A text with its digest: most of what is looked for is looked for several times. Ids and ARNs of one account begin alike, and to
/// compare them from their beginning is most of what a comparison would do.
#[derive(Debug, Clone, Copy)]
pub(super) struct Digested<'t> {
    pub(super) text: &'t str,
    digest: u64,
}

/// 2^64 divided by the golden ratio (Knuth, The Art of Computer Programming, volume 3, 6.4).
const GOLDEN: u64 = 0x9e37_79b9_7f4a_7c15;

impl<'t> Digested<'t> {
    /// By FNV-1a (Fowler, Noll, Vo), eight bytes at a time. Texts with one digest are told apart by themselves.
    pub(super) fn of(text: &'t str) -> Self {
        let (words, rest) = text.as_bytes().as_chunks::<8>();
        let words = words.iter().map(|word| u64::from_le_bytes(*word));
        let rest = rest.iter().map(|byte| u64::from(*byte));
        let digest = words.chain(rest).fold(0xcbf2_9ce4_8422_2325, |hash, word| {
            let hash = (hash ^ word).wrapping_mul(0x0000_0100_0000_01b3);
            hash ^ (hash >> 29)
        });
        Self { text, digest }
    }

    fn with(self, kind: Option<ResourceKind>) -> u64 {
        let kind = kind.map_or(0, |kind| kind as u64 + 1);
        let hash = (self.digest ^ kind).wrapping_mul(GOLDEN);
        hash ^ (hash >> 32)
    }
}

impl<'a> Index<'a> {
    /// One that will hold about so many.
    pub(super) fn with_capacity(expected: usize) -> Self {
        Self(HashTable::with_capacity(expected))
    }

    /// Adds a thing. Of several with one text the first is found.
    pub(super) fn add(&mut self, kind: Option<ResourceKind>, text: &'a str, at: u32) {
        let text = Digested::of(text);
        let is_known = |entry: &Entry<'_>| entry.is(kind, text);
        let hash = |entry: &Entry<'_>| entry.text.with(entry.kind);
        if let Slot::Vacant(free) = self.0.entry(text.with(kind), is_known, hash) {
            free.insert(Entry { kind, text, at });
        }
    }

    /// The place of the thing with that text.
    pub(super) fn find(&self, kind: Option<ResourceKind>, text: Digested<'_>) -> Option<u32> {
        let found = self.0.find(text.with(kind), |entry| entry.is(kind, text))?;
        Some(found.at)
    }
}

impl Entry<'_> {
    fn is(&self, kind: Option<ResourceKind>, text: Digested<'_>) -> bool {
        self.kind == kind && self.text.digest == text.digest && self.text.text == text.text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_thing_is_found_by_its_own_text_and_kind_and_of_two_the_first() {
        let texts: Vec<String> = (0..1000).map(|number| format!("i-{number:08x}")).collect();
        let mut index = Index::with_capacity(0);
        for (at, text) in (0..).zip(&texts) {
            index.add(Some(ResourceKind::Ec2Instance), text, at);
            index.add(None, text, at + 1000);
            index.add(None, text, at + 2000);
        }
        for (at, text) in (0..).zip(&texts) {
            let text = Digested::of(text);
            assert_eq!(index.find(Some(ResourceKind::Ec2Instance), text), Some(at));
            assert_eq!(index.find(None, text), Some(at + 1000));
            assert_eq!(index.find(Some(ResourceKind::Ec2Vpc), text), None);
        }
        assert_eq!(index.find(None, Digested::of("i-0")), None);
    }

    #[test]
    fn texts_of_one_digest_are_told_apart() {
        let alike = |text| Digested { text, digest: 7 };
        let one = Entry {
            kind: None,
            text: alike("a"),
            at: 0,
        };
        assert!(one.is(None, alike("a")));
        assert!(!one.is(None, alike("b")));
        assert!(!one.is(Some(ResourceKind::Ec2Vpc), alike("a")));
    }
}
