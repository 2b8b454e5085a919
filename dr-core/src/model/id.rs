//! Names that people write and machines compare.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use schemars::JsonSchema;
use serde::de::{self, Deserialize, Deserializer, Visitor};
use serde::{Serialize, Serializer};

/// A name that breaks the rule for names.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "\"{name}\" is not a name: use lower-case letters, digits and hyphens, starting with a letter, at most 63 characters"
)]
pub struct InvalidName {
    /// What was written.
    pub name: String,
}

/// The rule of an RFC 1123 label that starts with a letter, so that every name of an estate
/// can stand in a DNS name, a tag, an object key and a metric label.
fn check(name: &str) -> Result<(), InvalidName> {
    let ok = (1..=63).contains(&name.len())
        && name.starts_with(|c: char| c.is_ascii_lowercase())
        && !name.ends_with('-')
        && name
            .chars()
            .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-');
    if ok {
        Ok(())
    } else {
        Err(InvalidName {
            name: name.to_owned(),
        })
    }
}

/// Reads a name from a text, without a copy of it in between.
struct Checked;

impl Visitor<'_> for Checked {
    type Value = Arc<str>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string")
    }

    fn visit_str<E: de::Error>(self, name: &str) -> Result<Arc<str>, E> {
        check(name).map_err(E::custom)?;
        Ok(name.into())
    }
}

macro_rules! name {
    ($(#[$doc:meta])* $type:ident) => {
        $(#[$doc])*
        // Shared: names are in every map, call and record, and are cloned far more often than made.
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, JsonSchema)]
        #[schemars(with = "String")]
        pub struct $type(Arc<str>);

        impl $type {
            /// The name as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $type {
            type Err = InvalidName;

            fn from_str(name: &str) -> Result<Self, InvalidName> {
                check(name)?;
                Ok(Self(name.into()))
            }
        }

        impl TryFrom<String> for $type {
            type Error = InvalidName;

            fn try_from(name: String) -> Result<Self, InvalidName> {
                name.parse()
            }
        }

        impl From<$type> for String {
            fn from(id: $type) -> String {
                id.as_str().to_owned()
            }
        }

        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&self.0)
            }
        }

        impl Serialize for $type {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(&self.0)
            }
        }

        impl<'de> Deserialize<'de> for $type {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                deserializer.deserialize_str(Checked).map(Self)
            }
        }

        impl AsRef<str> for $type {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }
    };
}

name!(
    /// Names the whole thing protected.
    EstateName
);
name!(
    /// Names one deployment of the workload. Roles move between sites, names do not.
    SiteId
);
name!(
    /// Names one row of the estate's grid.
    ComponentId
);
name!(
    /// Names one step of a runbook, unique in it: `promote-database`.
    StepId
);
name!(
    /// Names one execution of a plan: `failover-20260101-000412-k3v9`.
    RunId
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_a_dns_label_that_starts_with_a_letter() {
        for good in ["a", "front-door", "r2d2", &"x".repeat(63)] {
            assert!(good.parse::<SiteId>().is_ok(), "{good}");
        }
        for bad in [
            "",
            "-a",
            "a-",
            "1a",
            "Ohio",
            "a_b",
            "a.b",
            "ü",
            &"x".repeat(64),
        ] {
            assert!(bad.parse::<SiteId>().is_err(), "{bad}");
        }
    }
}
