//! What points to what, on a site and across both.

use super::column::Column;
use super::index::Digested;
use super::pointer::{kinds, pointed_to};
use crate::model::ResourceKind as Kind;

/// The two columns of a comparison.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Side {
    /// The site that takes the writes.
    Primary,
    /// The one that is to take over.
    Standby,
}

impl Side {
    /// Both, the primary first.
    pub(crate) const BOTH: [Self; 2] = [Self::Primary, Self::Standby];

    /// The index of its column.
    pub(crate) fn index(self) -> usize {
        match self {
            Self::Primary => 0,
            Self::Standby => 1,
        }
    }

    /// The other one.
    pub(crate) fn other(self) -> Self {
        match self {
            Self::Primary => Self::Standby,
            Self::Standby => Self::Primary,
        }
    }
}

/// One thing of one column.
pub(crate) type Place = (Side, u32);

/// Both columns.
#[derive(Debug)]
pub(crate) struct Columns<'a> {
    both: [Column<'a>; 2],
    links: [Links<'a>; 2],
}

/// That a thing points to another.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Link<'a> {
    /// The innermost key of the text that points there.
    pub(crate) attribute: &'a str,
    /// To what.
    pub(crate) to: Place,
}

/// What the things of a column point to.
#[derive(Debug)]
struct Links<'a> {
    /// Where the links of each thing begin; and where those of the last one end.
    first: Vec<u32>,
    all: Vec<Link<'a>>,
}

impl<'a> Links<'a> {
    fn new(both: &[Column<'a>; 2], side: Side) -> Self {
        let column = &both[side.index()];
        let mut all = Vec::with_capacity(column.pointers().len());
        let mut first = Vec::with_capacity(column.places().count() + 1);
        let end = |all: &Vec<Link<'_>>| u32::try_from(all.len()).expect("fewer links than 2^32");
        let mut pointers = column.pointers().iter().peekable();
        for at in column.places() {
            first.push(end(&all));
            while let Some(pointer) = pointers.next_if(|pointer| pointer.from == at) {
                let to = target(both, side, pointer.kinds, pointer.text);
                let attribute = pointer.attribute;
                all.extend(to.map(|to| Link { attribute, to }));
            }
        }
        first.push(end(&all));
        Self { first, all }
    }
}

/// What a text on `side` points to: of the same site first, then of the other.
fn target(both: &[Column<'_>; 2], side: Side, kinds: &[Kind], text: Digested<'_>) -> Option<Place> {
    let mut sides = [side, side.other()].into_iter();
    sides.find_map(|side| Some((side, both[side.index()].target(kinds, text)?)))
}

impl<'a> Columns<'a> {
    /// The columns of the primary and of the standby.
    pub(crate) fn new(both: [Column<'a>; 2]) -> Self {
        let links = Side::BOTH.map(|side| Links::new(&both, side));
        Self { both, links }
    }

    /// The column of a side.
    pub(crate) fn of(&self, side: Side) -> &Column<'a> {
        &self.both[side.index()]
    }

    /// Both, the primary's first.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Column<'a>> {
        self.both.iter()
    }

    /// What the texts of a thing point to, of whichever site. Of facts nobody asks it, and nothing is kept.
    pub(crate) fn links(&self, (side, at): Place) -> &[Link<'a>] {
        let Links { first, all } = &self.links[side.index()];
        &all[first[at as usize] as usize..first[at as usize + 1] as usize]
    }

    /// The same of its own site.
    pub(crate) fn targets(&self, (side, at): Place) -> impl Iterator<Item = u32> {
        let links = self.links((side, at)).iter();
        links.filter_map(move |link| (link.to.0 == side).then_some(link.to.1))
    }

    /// What a text in an attribute of a thing on `side` points to: of the same site first, then of the other.
    pub(crate) fn target(
        &self,
        side: Side,
        kind: Kind,
        attribute: &str,
        text: &str,
    ) -> Option<Place> {
        let (kinds, text) = pointed_to(kind, attribute, text)?;
        target(&self.both, side, kinds, text)
    }

    /// Whether a text is an id of something that was not found because the list of its kind was not read to its end.
    pub(crate) fn is_unread(&self, side: Side, kind: Kind, attribute: &str, text: &str) -> bool {
        let mut kinds = kinds(kind, attribute).iter();
        kinds.any(|kind| !self.of(side).is_listed(*kind))
            && self.target(side, kind, attribute, text).is_none()
    }
}
