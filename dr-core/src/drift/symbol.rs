//! Makes what the two sites say comparable: what only says where, or which of two counterparts, becomes a symbol.
//!
//! An ordered list of small rules, each with a name, applied to every text. The first that knows the whole text ends it; the
//! others replace what they know inside it.

use std::borrow::Cow;

use serde_json::{Map, Value};

use super::default::says_nothing;
use super::generated::{SHORTEST, is_of_ec2, uuid};
use super::label::labels;
use super::name::Places;
use super::pair::Pairs;
use super::pointer::{points, texts};
use super::reference::{Columns, Side};
use super::scope::Scope;
use crate::model::ResourceKind as Kind;

/// One text, and where it stands.
#[derive(Debug, Clone, Copy)]
struct Text<'t> {
    side: Side,
    kind: Kind,
    /// The innermost key that it stands under.
    attribute: &'t str,
    text: &'t str,
}

/// What a rule made of a text.
enum Made {
    /// It does not know it.
    Nothing,
    /// What the whole text stands for.
    Whole(String),
    /// The text with a part replaced.
    Part(String),
}

/// A rule of normalisation.
pub struct Rule {
    /// Its name.
    pub name: &'static str,
    /// What it does, in one sentence.
    pub does: &'static str,
    apply: fn(&Symbols<'_>, Text<'_>) -> Made,
}

/// The rules, in the order in which they are applied. Beside them, what has no order is sorted, and nothing, an empty text and
/// an empty list are one, where it is read ([`crate::model::Resource::with`]).
pub const RULES: &[Rule] = &[
    Rule {
        name: "reference",
        does: "an id or ARN of a thing that was read stands for its pair",
        apply: reference,
    },
    Rule {
        name: "host",
        does: "the host name of a thing that was read stands for its pair",
        apply: host,
    },
    Rule {
        name: "zone",
        does: "availability zones differ between regions and accounts: only how many there are is compared",
        apply: zone,
    },
    Rule {
        name: "generated-id",
        does: "an id of a thing that is not read by itself says only that there is one",
        apply: generated_id,
    },
    Rule {
        name: "generated-name",
        does: "names of roles and profiles lose what says where and what was generated",
        apply: generated_name,
    },
    Rule {
        name: "template-version",
        does: "versions of a launch template are counted on each site by itself: only whether a fleet has a numbered one is compared",
        apply: template_version,
    },
    Rule {
        name: "letter-case",
        does: "protocols are spelt in either case",
        apply: letter_case,
    },
    Rule {
        name: "region",
        does: "the site's own region is one symbol, the other site's another",
        apply: region,
    },
    Rule {
        name: "account",
        does: "the number of the site's own account is a symbol, the other site's another",
        apply: account,
    },
    Rule {
        name: "site-name",
        does: "the site's own name is one symbol, the other site's another",
        apply: site_name,
    },
];

/// Turns values into symbols.
pub(crate) struct Symbols<'a> {
    pub(crate) columns: &'a Columns<'a>,
    pub(crate) scopes: &'a [Vec<Scope>; 2],
    pub(crate) pairs: &'a Pairs,
    places: [Places; 2],
    labels: [Vec<Cow<'a, str>>; 2],
}

impl<'a> Symbols<'a> {
    pub(crate) fn new(
        columns: &'a Columns<'a>,
        scopes: &'a [Vec<Scope>; 2],
        pairs: &'a Pairs,
    ) -> Self {
        let places = Side::BOTH.map(|side| {
            let column = columns.of(side);
            Places::new(column.site, column.account)
        });
        let labels = Side::BOTH.map(|side| labels(columns, scopes, &places[side.index()], side));
        Self {
            columns,
            scopes,
            pairs,
            places,
            labels,
        }
    }

    /// A value of an attribute of a thing on `side`, in symbols. Lists have no order.
    pub(crate) fn normal(&self, side: Side, kind: Kind, attribute: &str, value: &Value) -> Value {
        match value {
            Value::String(text) => Value::String(self.text(side, kind, attribute, text)),
            Value::Array(list) => {
                let list = list.iter();
                let list = list.map(|value| self.normal(side, kind, attribute, value));
                let mut list: Vec<Value> = list.collect();
                list.sort_by_cached_key(Value::to_string);
                Value::Array(list)
            }
            Value::Object(map) => Value::Object(
                map.iter()
                    .filter(|(key, value)| !says_nothing(kind, key, value))
                    .map(|(key, value)| (key.clone(), self.normal(side, kind, key, value)))
                    .collect::<Map<String, Value>>(),
            ),
            Value::Null | Value::Bool(_) | Value::Number(_) => value.clone(),
        }
    }

    /// Whether a text that stands on both sides is the same in symbols, whatever the symbols are: it points nowhere and does not say
    /// where. Most texts are like that, and so need no symbols.
    pub(crate) fn is_placeless(&self, kind: Kind, attribute: &str, text: &str) -> bool {
        let says_where = |side: Side| {
            let column = self.columns.of(side);
            text.contains(column.site.region.as_str())
                || text.contains(column.site.id.as_str())
                || column.account.is_none_or(|account| text.contains(account))
        };
        let is_host = |side: Side| self.columns.of(side).by_host(text).is_some();
        let is_host = text.contains('.') && Side::BOTH.into_iter().any(is_host);
        let is_reference = text.contains("arn:") || points(kind, attribute);
        // Names say where in other ways, too: `web-use2`.
        let [one, other] = &self.places;
        let is_alike = |text| one.stem(text) == other.stem(text);
        let is_name = NAMES.contains(&attribute);
        !is_host
            && !is_reference
            && !Side::BOTH.into_iter().any(says_where)
            && (!is_name || is_alike(last_part(text)))
    }

    /// Whether two texts, the primary's first, point to counterparts: they need no symbols either.
    pub(crate) fn are_counterparts(&self, kind: Kind, attribute: &str, texts: [&str; 2]) -> bool {
        let [one, other] = texts;
        let one = self.pair_of(Side::Primary, kind, attribute, one);
        one.is_some() && one == self.pair_of(Side::Standby, kind, attribute, other)
    }

    /// Whether two lists, the primary's first, point to counterparts, in whatever order.
    pub(crate) fn point_alike(&self, kind: Kind, attribute: &str, lists: [&Vec<Value>; 2]) -> bool {
        let pairs_of = |side, list: &Vec<Value>| -> Option<Vec<u32>> {
            let texts = list.iter().map(Value::as_str);
            let pairs = texts.map(|text| self.pair_of(side, kind, attribute, text?));
            let mut pairs = pairs.collect::<Option<Vec<u32>>>()?;
            pairs.sort_unstable();
            Some(pairs)
        };
        let [one, other] = lists;
        let one = pairs_of(Side::Primary, one);
        one.is_some() && one == pairs_of(Side::Standby, other)
    }

    /// The pair of what a text points to. What stands on the other site is told as such.
    fn pair_of(&self, side: Side, kind: Kind, attribute: &str, text: &str) -> Option<u32> {
        let place = self.columns.target(side, kind, attribute, text)?;
        (place.0 == side).then(|| self.pairs.of(side, place.1))?
    }

    /// One text in symbols.
    pub(crate) fn text(&self, side: Side, kind: Kind, attribute: &str, text: &str) -> String {
        let mut now = text.to_owned();
        for rule in RULES {
            let text = Text {
                side,
                kind,
                attribute,
                text: &now,
            };
            match (rule.apply)(self, text) {
                Made::Nothing => {}
                Made::Whole(symbol) => return symbol,
                Made::Part(text) => now = text,
            }
        }
        now
    }

    /// Whether a value points to something without a counterpart, or to something that was not read: then that is told by itself,
    /// and what points to it is no difference of its own.
    pub(crate) fn is_explained(
        &self,
        side: Side,
        kind: Kind,
        attribute: &str,
        value: &Value,
    ) -> bool {
        let mut is_explained = false;
        texts(attribute, value, &mut |attribute, text| {
            let target = self.columns.target(side, kind, attribute, text);
            is_explained |= match target {
                Some(place) => self.pairs.is_missing(self.scopes, place),
                None => self.columns.is_unread(side, kind, attribute, text),
            };
        });
        is_explained
    }

    /// Whether a value points to something of which it is not known which of the other site's it is: whether the sites are alike in
    /// it cannot be said. That they differ can: such things are one of several, and other things are not.
    pub(crate) fn is_undecided(
        &self,
        side: Side,
        kind: Kind,
        attribute: &str,
        value: &Value,
    ) -> bool {
        if self.pairs.ambiguous.is_empty() {
            return false;
        }
        let mut is_undecided = false;
        texts(attribute, value, &mut |attribute, text| {
            let target = self.columns.target(side, kind, attribute, text);
            is_undecided |= target.is_some_and(|(side, at)| self.pairs.among(side, at).is_some());
        });
        is_undecided
    }

    /// What a thing is called on both sites, in reports.
    pub(crate) fn label(&self, side: Side, at: u32) -> &str {
        &self.labels[side.index()][at as usize]
    }

    /// The symbol of a thing: the same for two counterparts.
    pub(crate) fn symbol(&self, side: Side, at: u32) -> String {
        let resource = self.columns.of(side).at(at);
        let called = |primary: u32| {
            let resource = self.columns.of(Side::Primary).at(primary);
            let component = resource.component.as_ref();
            let component = component.map(|id| format!("{id}: ")).unwrap_or_default();
            let label = self.label(Side::Primary, primary);
            format!("{component}{} {label}", resource.kind)
        };
        if let Some(alike) = self.pairs.among(side, at) {
            let count = alike.primary.len().max(alike.standby.len());
            let first = alike.primary.iter().map(|&at| called(at)).min();
            return format!("«{}, one of {count} alike»", first.unwrap_or_default());
        }
        match self.pairs.of(side, at) {
            Some(pair) => format!("«{}»", called(self.pairs.pairs[pair as usize].primary)),
            None if self.scopes[side.index()][at as usize] == Scope::Shared => {
                // The keys that AWS manages have another id in each region, and the same name.
                let called = resource.name.as_deref().unwrap_or(&resource.id);
                format!("«{} {called}»", resource.kind)
            }
            // A member of a group, or a thing of another estate: that there is one is all that can be compared.
            None if self.scopes[side.index()][at as usize] != Scope::Compared => {
                format!("«{}»", resource.kind)
            }
            None => format!(
                "«{} {} of {}»",
                resource.kind,
                resource.id,
                self.columns.of(side).site.id
            ),
        }
    }

    fn found(&self, from: Side, (side, at): (Side, u32)) -> String {
        let symbol = self.symbol(side, at);
        let is_shared = self.scopes[side.index()][at as usize] == Scope::Shared;
        if side == from || is_shared {
            symbol
        } else {
            format!("{symbol} of the other site")
        }
    }
}

fn reference(symbols: &Symbols<'_>, text: Text<'_>) -> Made {
    let Text {
        side,
        kind,
        attribute,
        text,
    } = text;
    match symbols.columns.target(side, kind, attribute, text) {
        Some(place) => Made::Whole(symbols.found(side, place)),
        None => Made::Nothing,
    }
}

fn host(symbols: &Symbols<'_>, text: Text<'_>) -> Made {
    if !text.text.contains('.') {
        return Made::Nothing;
    }
    let sides = [text.side, text.side.other()];
    let found = sides
        .into_iter()
        .find_map(|side| Some((side, symbols.columns.of(side).by_host(text.text)?)));
    match found {
        Some(place) => Made::Whole(format!("host of {}", symbols.found(text.side, place))),
        None => Made::Nothing,
    }
}

fn zone(symbols: &Symbols<'_>, text: Text<'_>) -> Made {
    let is_named = matches!(text.attribute, "zone" | "zones" | "zone-id" | "zone-ids");
    if is_named && symbols.columns.of(text.side).is_zone(text.text) {
        Made::Whole("«zone»".to_owned())
    } else {
        Made::Nothing
    }
}

/// `eni-0a1b2c3d`: what EC2 calls things, a UUID in an ARN; and, where a thing is pointed to or named, a word and hexadecimal
/// digits. Elsewhere a word that ends in digits is what somebody wrote: `blue-20240115`.
fn generated_id(_: &Symbols<'_>, text: Text<'_>) -> Made {
    let is_identity = points(text.kind, text.attribute) || NAMES.contains(&text.attribute);
    if (is_identity || text.text.contains("arn:"))
        && let Some((start, end)) = uuid(text.text)
    {
        return Made::Part(format!("{}«id»{}", &text.text[..start], &text.text[end..]));
    }
    let Some((prefix, digits)) = text.text.rsplit_once('-') else {
        return Made::Nothing;
    };
    let is_word = !prefix.is_empty() && prefix.bytes().all(|b| b.is_ascii_lowercase() || b == b'-');
    let is_generated = digits.len() >= SHORTEST && digits.bytes().all(|b| b.is_ascii_hexdigit());
    let is_of_ec2 = is_of_ec2(prefix, digits);
    let is_told = is_of_ec2 || (is_identity && digits.bytes().any(|b| b.is_ascii_digit()));
    if is_word && is_generated && is_told {
        Made::Whole(format!("«{prefix}»"))
    } else {
        Made::Nothing
    }
}

/// The attributes that hold names of things that are not read by themselves.
const NAMES: [&str; 5] = [
    "role",
    "instance-profile",
    "launch-configuration",
    "name",
    "aliases",
];

fn generated_name(symbols: &Symbols<'_>, text: Text<'_>) -> Made {
    if !NAMES.contains(&text.attribute) {
        return Made::Nothing;
    }
    let places = &symbols.places[text.side.index()];
    Made::Whole(places.stem(last_part(text.text)))
}

/// Of an ARN, what comes after its last slash is the name.
fn last_part(name: &str) -> &str {
    name.rsplit('/').next().unwrap_or(name)
}

fn template_version(_: &Symbols<'_>, text: Text<'_>) -> Made {
    let is_version = text.kind == Kind::AutoscalingGroup && text.attribute == "version";
    if is_version && text.text.bytes().all(|byte| byte.is_ascii_digit()) {
        Made::Whole("«numbered»".to_owned())
    } else {
        Made::Nothing
    }
}

fn letter_case(_: &Symbols<'_>, text: Text<'_>) -> Made {
    if text.attribute == "protocol" && text.text.bytes().any(|b| b.is_ascii_uppercase()) {
        Made::Whole(text.text.to_ascii_lowercase())
    } else {
        Made::Nothing
    }
}

fn region(symbols: &Symbols<'_>, text: Text<'_>) -> Made {
    let of = |side: Side| symbols.columns.of(side).site.region.as_str();
    let (own, other) = (of(text.side), of(text.side.other()));
    replaced(text.text, &[(own, "«region»"), (other, "«other region»")])
}

fn account(symbols: &Symbols<'_>, text: Text<'_>) -> Made {
    let of = |side: Side| symbols.columns.of(side).account;
    let (own, other) = (of(text.side), of(text.side.other()));
    let (Some(own), Some(other)) = (own, other) else {
        // Whose numbers they are was not read.
        return any_account(text.text).map_or(Made::Nothing, Made::Part);
    };
    // Most estates are in one account: then there is no other.
    replaced(text.text, &[(own, "«account»"), (other, "«other account»")])
}

/// Digits of the number of an account.
const ACCOUNT: usize = 12;

/// A text with each number of an account as a symbol.
fn any_account(text: &str) -> Option<String> {
    let parts: Vec<&str> = text.split(|c: char| !c.is_ascii_digit()).collect();
    let mut found = parts.iter().filter(|part| part.len() == ACCOUNT).peekable();
    found.peek()?;
    Some(found.fold(text.to_owned(), |text, number| {
        text.replace(number, "«account»")
    }))
}

fn site_name(symbols: &Symbols<'_>, text: Text<'_>) -> Made {
    let of = |side: Side| symbols.columns.of(side).site.id.as_str();
    let (own, other) = (of(text.side), of(text.side.other()));
    let own = whole_words(text.text, own, "«site»");
    let both = whole_words(own.as_deref().unwrap_or(text.text), other, "«other site»");
    both.or(own).map_or(Made::Nothing, Made::Part)
}

fn replaced(text: &str, known: &[(&str, &str)]) -> Made {
    let mut made: Option<String> = None;
    for (what, symbol) in known {
        let now = made.as_deref().unwrap_or(text);
        if now.contains(what) {
            made = Some(now.replace(what, symbol));
        }
    }
    made.map_or(Made::Nothing, Made::Part)
}

/// Replaces a word where no letter or digit stands beside it.
fn whole_words(text: &str, word: &str, symbol: &str) -> Option<String> {
    let is_apart = |c: Option<char>| c.is_none_or(|c| !c.is_alphanumeric());
    let mut made = String::new();
    let mut from = 0;
    for (at, _) in text.match_indices(word) {
        let before = text[..at].chars().next_back();
        let after = text[at + word.len()..].chars().next();
        if at >= from && is_apart(before) && is_apart(after) {
            made.push_str(&text[from..at]);
            made.push_str(symbol);
            from = at + word.len();
        }
    }
    (from > 0).then(|| made + &text[from..])
}
