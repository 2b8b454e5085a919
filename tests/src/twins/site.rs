//! One site while it is built: its ids, ARNs and names, and the things that stand there.

use dr_core::model::{COMPONENT_TAG, Resource, ResourceKind as Kind};
use serde_json::{Value, json};

use super::style::{Naming, Style, hash};

/// The sites' names, regions, and how their zone ids begin.
pub(super) const SITES: [(&str, &str, &str); 2] = [
    ("ohio", "us-east-2", "use2"),
    ("california", "us-west-1", "usw1"),
];

/// What a thing is to the estate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Belongs {
    /// The estate's own: it has a counterpart.
    Estate,
    /// A machine of one of its fleets.
    Member,
    /// Read for what it tells about the site.
    Fact,
    /// Another team's.
    Elsewhere,
}

/// One thing of a site, and what it is there for: the same role at both sites makes two things counterparts.
#[derive(Debug, Clone, PartialEq)]
pub struct Thing {
    /// What it is there for: `net0/subnet/private/1`.
    pub role: String,
    /// What it is to the estate.
    pub belongs: Belongs,
    /// What a scan reads of it.
    pub resource: Resource,
}

/// A site while it is built.
pub(super) struct Site<'s> {
    pub(super) style: &'s Style,
    pub(super) side: usize,
    pub(super) things: Vec<Thing>,
}

impl<'s> Site<'s> {
    pub(super) fn new(style: &'s Style, side: usize) -> Self {
        Self {
            style,
            side,
            things: Vec::new(),
        }
    }

    /// The same site seen from the other one: for references across.
    pub(super) fn other(&self) -> Self {
        Self::new(self.style, 1 - self.side)
    }

    pub(super) fn is_primary(&self) -> bool {
        self.side == 0
    }

    pub(super) fn name(&self) -> &'static str {
        SITES[self.side].0
    }

    pub(super) fn region(&self) -> &'static str {
        SITES[self.side].1
    }

    pub(super) fn account(&self) -> &'static str {
        self.style.accounts[self.side]
    }

    /// Hexadecimal digits that nobody chose.
    pub(super) fn hex(&self, what: &str, digits: usize) -> String {
        let one = hash(self.style.salt[self.side], &[what]);
        let more = hash(one, &["more"]);
        format!("{one:016x}{more:016x}")[..digits].to_owned()
    }

    /// `subnet-0a1b2c3d4e5f6a7b8`.
    pub(super) fn id(&self, prefix: &str, role: &str) -> String {
        format!("{prefix}-{}", self.hex(role, 17))
    }

    pub(super) fn uuid(&self, role: &str) -> String {
        let hex = self.hex(role, 32);
        format!(
            "{}-{}-{}-{}-{}",
            &hex[..8],
            &hex[8..12],
            &hex[12..16],
            &hex[16..20],
            &hex[20..]
        )
    }

    pub(super) fn arn(&self, service: &str, rest: &str) -> String {
        format!(
            "arn:aws:{service}:{}:{}:{rest}",
            self.region(),
            self.account()
        )
    }

    /// What something is called here.
    pub(super) fn called(&self, what: &str) -> String {
        self.called_by(self.style.naming, what)
    }

    fn called_by(&self, naming: Naming, what: &str) -> String {
        match naming {
            Naming::Plain => format!("shop-{what}"),
            Naming::Site => format!("shop-{}-{what}", self.name()),
            Naming::Region => format!("shop-{what}-{}", self.region()),
            Naming::Compact => format!("{}-shop-{what}", SITES[self.side].2),
            Naming::Account => format!("shop-{}-{what}", self.account()),
            Naming::Prefix => {
                let number = hash(self.style.salt[self.side], &["prefix", what]) % 10_000_000_000;
                format!("shop-{what}-2026110112000000{number:010}")
            }
            // A generated suffix has a digit at least.
            Naming::Hex => format!("shop-{what}-0{}", self.hex(&format!("name/{what}"), 11)),
        }
    }

    /// The name of a secret, parameter or bucket: nobody lets those be generated.
    pub(super) fn chosen(&self, what: &str) -> String {
        match self.style.naming {
            Naming::Prefix | Naming::Hex => self.called_by(Naming::Plain, what),
            naming => self.called_by(naming, what),
        }
    }

    /// `us-east-2a`, and `use2-az1`.
    pub(super) fn zone(&self, zone: usize) -> (String, String) {
        let letters = match self.side {
            0 => ["a", "b", "c", "a"],
            // What older accounts see in us-west-1: two of three letters.
            _ => ["a", "c", "a", "c"],
        };
        let letter = letters[(zone + self.style.letters[self.side]) % 4 % letters.len()];
        let (_, region, short) = SITES[self.side];
        (
            format!("{region}{letter}"),
            format!("{short}-az{}", zone * 2 % 3 + 1),
        )
    }

    pub(super) fn zones(&self) -> usize {
        self.style.zones[self.side]
    }

    /// Adds a thing of a component, tagged.
    pub(super) fn add(&mut self, role: String, component: &str, resource: Resource) {
        let mut tags = vec![
            (COMPONENT_TAG.to_owned(), component.to_owned()),
            ("dr:estate".to_owned(), "storefront".to_owned()),
            ("dr:site".to_owned(), self.name().to_owned()),
            ("team".to_owned(), "shop".to_owned()),
            ("stage".to_owned(), "production".to_owned()),
        ];
        // A thing without a name of its own is named by its tag.
        if let Some(name) = &resource.name {
            let has_own = !matches!(
                resource.kind,
                Kind::Ec2Vpc
                    | Kind::Ec2Subnet
                    | Kind::Ec2RouteTable
                    | Kind::Ec2InternetGateway
                    | Kind::Ec2NatGateway
                    | Kind::Ec2NetworkAcl
                    | Kind::Ec2Instance
                    | Kind::Ec2Address
            );
            if !has_own {
                tags.push(("Name".to_owned(), name.clone()));
            }
        }
        let resource = resource.tagged(tags);
        self.things.push(Thing {
            role,
            belongs: Belongs::Estate,
            resource,
        });
    }

    /// Adds a thing that carries no tag of the estate.
    pub(super) fn put(&mut self, role: String, belongs: Belongs, resource: Resource) {
        self.things.push(Thing {
            role,
            belongs,
            resource,
        });
    }
}

/// A list that has no order, in the order in which discovery writes it.
pub(super) fn sorted(texts: impl IntoIterator<Item = String>) -> Value {
    let mut texts: Vec<String> = texts.into_iter().collect();
    texts.sort();
    json!(texts)
}

/// Values without an order, in the order in which discovery writes them.
pub(super) fn sorted_values(mut values: Vec<Value>) -> Value {
    values.sort_by_cached_key(Value::to_string);
    Value::Array(values)
}

/// The name of a component of an application: the first has the plain one.
pub(super) fn component(what: &str, application: usize) -> String {
    if application == 0 {
        what.to_owned()
    } else {
        format!("{what}-{application}")
    }
}
