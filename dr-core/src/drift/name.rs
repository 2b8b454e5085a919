//! Names without what only says where: `storefront-ohio-app` and `storefront-california-app` have one stem.

use crate::model::Site;

/// What stands in a stem for a part that only says where.
const PLACE: &str = "@";
/// A last part of so many hexadecimal digits was generated: EC2's and RDS's ids have 8 and more.
const GENERATED_HEX: usize = 8;
/// A last part of so many digits was generated: Terraform's `name_prefix` adds 26, a date has 14.
const GENERATED_DIGITS: usize = 14;

/// The parts of names that only say where, for one site.
#[derive(Debug)]
pub(crate) struct Places {
    /// Longest first, so that a zone goes before its region.
    whole: Vec<String>,
    /// Only where they are a part of their own: a site may be called `a`.
    parts: Vec<String>,
}

/// A name without what says where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Stem {
    /// What is left of it.
    pub(crate) text: String,
    /// Whether it says in which zone: several things then have one stem, and the zones of two regions have no counterparts.
    pub(crate) names_zone: bool,
}

impl Places {
    pub(crate) fn new(site: &Site, account: Option<&str>) -> Self {
        let region = site.region.as_str().to_ascii_lowercase();
        let mut whole = vec![region.clone()];
        whole.extend(account.map(str::to_owned));
        let mut parts = vec![site.id.as_str().to_ascii_lowercase(), compact(&region)];
        parts.push(region.replace('-', ""));
        parts.push(region.replace('-', "_"));
        Self { whole, parts }
    }

    /// The stem of a name.
    pub(crate) fn stem(&self, name: &str) -> String {
        self.read(name).text
    }

    /// The stem of a name, and whether the name says in which zone.
    pub(crate) fn read(&self, name: &str) -> Stem {
        let mut text = name.to_ascii_lowercase();
        for place in &self.whole {
            if text.contains(place.as_str()) {
                text = text.replace(place.as_str(), PLACE);
            }
        }
        let mut stem = String::with_capacity(text.len());
        let mut names_zone = false;
        let mut rest = text.as_str();
        loop {
            let end = rest.find(is_separator).unwrap_or(rest.len());
            let (part, after) = rest.split_at(end);
            let last = after.is_empty();
            names_zone |= is_zone(part);
            stem.push_str(
                if self.parts.iter().any(|place| place == part) || is_zone(part) {
                    PLACE
                } else if last && is_generated(part) && !stem.is_empty() {
                    "*"
                } else {
                    part
                },
            );
            let Some(separator) = after.chars().next() else {
                return Stem {
                    text: stem,
                    names_zone,
                };
            };
            stem.push(separator);
            rest = &after[separator.len_utf8()..];
        }
    }
}

/// `use2` for `us-east-2`, as zone ids begin.
fn compact(region: &str) -> String {
    let mut parts = region.split('-');
    let (area, side, number) = (parts.next(), parts.next(), parts.next());
    let side = side.and_then(|side| side.chars().next());
    format!(
        "{}{}{}",
        area.unwrap_or_default(),
        side.map(String::from).unwrap_or_default(),
        number.unwrap_or_default()
    )
}

fn is_separator(c: char) -> bool {
    matches!(c, '-' | '_' | '.' | '/' | ':' | ' ')
}

/// `@a`: a zone whose region was replaced.
fn is_zone(part: &str) -> bool {
    let rest = part.strip_prefix(PLACE);
    rest.is_some_and(|rest| rest.len() == 1 && rest.bytes().all(|b| b.is_ascii_lowercase()))
}

fn is_generated(part: &str) -> bool {
    let digits = part.bytes().filter(u8::is_ascii_digit).count();
    let hex = part.bytes().all(|b| b.is_ascii_hexdigit());
    (hex && part.len() >= GENERATED_HEX && digits > 0)
        || (digits == part.len() && digits >= GENERATED_DIGITS)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Access, Platform, Region, Role, SiteId};

    fn places(site: &str, region: &str, account: &str) -> Places {
        let site = Site {
            id: site.parse::<SiteId>().unwrap(),
            platform: Platform::Aws,
            region: region.parse::<Region>().unwrap(),
            home_role: Role::Primary,
            access: Access::default(),
        };
        Places::new(&site, Some(account))
    }

    #[test]
    fn names_that_differ_only_in_where_have_one_stem() {
        let ohio = places("ohio", "us-east-2", "111122223333");
        let california = places("california", "us-west-1", "444455556666");
        for (here, there) in [
            ("storefront-ohio-app", "storefront-california-app"),
            ("app.us-east-2", "app.us-west-1"),
            ("private-us-east-2a", "private-us-west-1c"),
            ("web-use2-app", "web-usw1-app"),
            ("logs-111122223333", "logs-444455556666"),
            ("/Storefront/ohio/db", "/storefront/california/db"),
            (
                "app-20261101120000000100000001",
                "app-20261102090000000200000004",
            ),
            ("app-0a1b2c3d4e5f", "app-99aa88bb77cc"),
        ] {
            assert_eq!(
                ohio.stem(here),
                california.stem(there),
                "{here} and {there}"
            );
        }
    }

    #[test]
    fn names_that_say_what_keep_their_difference() {
        let ohio = places("ohio", "us-east-2", "111122223333");
        let california = places("california", "us-west-1", "444455556666");
        for (here, there) in [
            ("app-public-0", "app-public-1"),
            ("app", "database"),
            // A site's name inside another word says nothing about where.
            ("ohioan", "californian"),
            ("facade", "decade"),
        ] {
            assert_ne!(
                ohio.stem(here),
                california.stem(there),
                "{here} and {there}"
            );
        }
    }
}
