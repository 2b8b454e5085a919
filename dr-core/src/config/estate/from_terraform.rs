//! The outputs of the stacks to the bindings of `estate.yaml`, in its text: comments and everything else stay as they are.
//!
//! A site's stack says in `site` which site it is and where its store is, and in `dr` which real thing stands behind each
//! component. A stack for both sites, such as that of the front door, has no `site`, and its `dr` says that for each site.
//! A stack that is to be checked for belonging to this estate says its name in `estate`.

use std::collections::BTreeMap;

use serde_json::{Map, Value as Json};

use super::raw::RawEstate;
use super::{build, check};
use crate::config::diagnostic::{Problems, Report, Source};
use crate::config::edit::{self, EditError, Plain};
use crate::config::read::{FromNode, Place};
use crate::config::yaml;
use crate::model::{ComponentId, Estate, Kind, SiteId};

/// The variable file of a stack that `dr` owns, where nothing else is said.
const ROLES: &str = "dr.auto.tfvars.json";

/// What a stack says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StackOutputs {
    /// What to call it in messages: its directory, or the file that its outputs were saved in.
    pub name: String,
    /// Its directory as it is to stand in the estate, where it is known.
    pub directory: Option<String>,
    /// What `terraform output -json` printed.
    pub json: String,
}

/// An estate with the bindings that the stacks tell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bound {
    /// The text of `estate.yaml`.
    pub text: String,
    /// The estate that it says.
    pub estate: Estate,
    /// Places that are still bound to nothing: nothing real can be reached before they are.
    pub unbound: Vec<(ComponentId, SiteId)>,
    /// Components that a stack told of and the estate does not have, as `component of stack`.
    pub unused: Vec<String>,
}

/// Why no bindings can be made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BindError {
    /// The estate is wrong, before or with the bindings.
    #[error("the estate is wrong")]
    Estate(#[source] Problems),
    /// A stack's outputs are not what `terraform output -json` prints.
    #[error("{stack}: these are no outputs of terraform: {why}")]
    NoOutputs {
        /// The stack.
        stack: String,
        /// What is wrong.
        why: String,
    },
    /// A stack has no output at all.
    #[error("{stack} has no outputs: it was never applied")]
    NotApplied {
        /// The stack.
        stack: String,
    },
    /// A stack lacks an output, or a part of one.
    #[error("{stack} has no output `{output}`")]
    Missing {
        /// The stack.
        stack: String,
        /// The output: `dr`, `site.region`.
        output: String,
    },
    /// A value of an output has another shape than its place wants.
    #[error("{stack}: output `{output}` must be {wanted}")]
    Shape {
        /// The stack.
        stack: String,
        /// The output: `dr.database.port`.
        output: String,
        /// What is wanted: `text`.
        wanted: &'static str,
    },
    /// The stack belongs to another estate.
    #[error("{stack} belongs to {theirs}, and this estate is {ours}")]
    OtherEstate {
        /// The stack.
        stack: String,
        /// What it says.
        theirs: String,
        /// What is wanted.
        ours: String,
    },
    /// Two stacks tell of the same site.
    #[error("{first} and {second} are both stacks of {site}")]
    Twice {
        /// The site.
        site: SiteId,
        /// One.
        first: String,
        /// The other.
        second: String,
    },
    /// The estate's text cannot be edited without touching more than a value.
    #[error(
        "`{path}` is written in a way that cannot be edited: write it as plain lines, or remove it"
    )]
    NotPlain {
        /// The keys down to it.
        path: String,
    },
}

impl From<EditError> for BindError {
    fn from(error: EditError) -> Self {
        match error {
            EditError::Problems(problems) => Self::Estate(problems),
            EditError::NotPlain { path } => Self::NotPlain { path },
        }
    }
}

/// Puts what the stacks say into the estate's bindings. Bindings that no stack tells of, and keys of a binding that none
/// gives, stay. A second time changes nothing.
///
/// # Errors
/// See [`BindError`]. The bindings that stand there may be incomplete; everything else of the estate must be right, and with
/// the new bindings all of it.
pub fn bind_from_terraform(source: &Source, stacks: &[StackOutputs]) -> Result<Bound, BindError> {
    let estate = without_bindings(source)?;
    let mut wanted = Wanted::new(&estate, &source.text);
    for stack in stacks {
        wanted.take(stack)?;
    }
    let mut text = source.text.clone();
    for (site, store) in &wanted.stores {
        let value = Plain::Word(store.clone());
        text = edit::set(&text, &["sites", site.as_str(), "store"], &value)?;
    }
    for site in &estate.sites {
        for (component, entries) in wanted.bindings.get(&site.id).into_iter().flatten() {
            let place = ["bindings", site.id.as_str(), component.as_str()];
            text = bind(&text, place, entries)?;
        }
    }
    let bound = super::load_estate(Source::new(
        format!("{} with its bindings", source.name),
        text.clone(),
    ))
    .map_err(BindError::Estate)?;
    Ok(Bound {
        unbound: unbound(&bound),
        unused: wanted.unused,
        estate: bound,
        text,
    })
}

/// Sets one binding. Of one that stands there the keys that no stack gives stay.
fn bind(text: &str, place: [&str; 3], entries: &[(String, Plain)]) -> Result<String, BindError> {
    if !edit::has(text, &place) {
        return Ok(edit::set(text, &place, &Plain::Map(entries.to_vec()))?);
    }
    let mut text = text.to_owned();
    for (key, value) in entries {
        let [bindings, site, component] = place;
        text = edit::set(&text, &[bindings, site, component, key], value)?;
    }
    Ok(text)
}

/// The estate without what is bound: bindings that people began and did not finish are no reason to refuse.
fn without_bindings(source: &Source) -> Result<Estate, BindError> {
    let mut report = Report::new(Source::new(source.name.clone(), source.text.clone()));
    let estate = yaml::parse(&mut report).and_then(|node| {
        let raw = RawEstate::from_node(&node, &Place::file(), &mut report)?;
        check::estate(&raw, &[], &mut report);
        build::estate(raw)
    });
    report.finish(estate).map_err(BindError::Estate)
}

/// The places of the grid that need a binding and have none.
fn unbound(estate: &Estate) -> Vec<(ComponentId, SiteId)> {
    let components = estate
        .components
        .values()
        .filter(|component| component.kind() != Kind::ObjectStore);
    components
        .flat_map(|component| estate.sites.iter().map(|site| (&component.id, &site.id)))
        .filter(|(component, site)| estate.binding(component, site).is_none())
        .map(|(component, site)| (component.clone(), site.clone()))
        .collect()
}

/// The keys of a binding, in their order.
type Entries = Vec<(String, Plain)>;

/// What is to stand in the estate.
struct Wanted<'a> {
    estate: &'a Estate,
    text: &'a str,
    stores: BTreeMap<SiteId, String>,
    /// The bindings of each site, in the order in which the stacks tell.
    bindings: BTreeMap<SiteId, Vec<(ComponentId, Entries)>>,
    /// The stack that told of each site.
    told: BTreeMap<SiteId, String>,
    unused: Vec<String>,
}

impl<'a> Wanted<'a> {
    fn new(estate: &'a Estate, text: &'a str) -> Self {
        Self {
            estate,
            text,
            stores: BTreeMap::new(),
            bindings: BTreeMap::new(),
            told: BTreeMap::new(),
            unused: Vec::new(),
        }
    }

    fn take(&mut self, stack: &StackOutputs) -> Result<(), BindError> {
        let outputs = Outputs::read(stack)?;
        outputs.check_estate(self.estate)?;
        let dr = outputs.map("dr")?;
        if outputs.values.contains_key("site") {
            let site = self.site(&outputs)?;
            return self.bind(stack, &outputs, &site, "dr", &dr);
        }
        for (name, of_site) in &dr {
            let path = format!("dr.{name}");
            let site = outputs.site_named(name, self.estate)?;
            let of_site = outputs.as_map(&path, of_site)?;
            self.bind(stack, &outputs, &site, &path, of_site)?;
        }
        Ok(())
    }

    /// The site that a stack is of, with its store.
    fn site(&mut self, outputs: &Outputs<'_>) -> Result<SiteId, BindError> {
        let told = outputs.map("site")?;
        let name = outputs.text_in("site", &told, "name")?;
        let site = outputs.site_named(&name, self.estate)?;
        let region = outputs.text_in("site", &told, "region")?;
        let wanted = self.estate.site(&site).map(|site| site.region.as_str());
        if wanted != Some(region.as_str()) {
            return Err(outputs.other_estate(
                format!("a site {site} in {region}"),
                format!("one whose {site} is in {}", wanted.unwrap_or_default()),
            ));
        }
        let store = outputs.text_in("site", &told, "store")?;
        self.stores.insert(site.clone(), store);
        let second = outputs.stack.name.clone();
        match self.told.insert(site.clone(), second.clone()) {
            Some(first) => Err(BindError::Twice {
                site,
                first,
                second,
            }),
            None => Ok(site),
        }
    }

    fn bind(
        &mut self,
        stack: &StackOutputs,
        outputs: &Outputs<'_>,
        site: &SiteId,
        path: &str,
        told: &Map<String, Json>,
    ) -> Result<(), BindError> {
        for (name, values) in told {
            let component = name.parse().ok();
            let component = component.and_then(|id: ComponentId| self.estate.component(&id));
            let Some(component) = component else {
                self.unused.push(format!("{name} of {}", stack.name));
                continue;
            };
            let path = format!("{path}.{name}");
            let mut entries = Vec::new();
            if component.kind() == Kind::Infrastructure {
                let directory = stack.directory.clone().map(Plain::Word);
                entries.extend(directory.map(|value| ("directory".to_owned(), value)));
                let roles = ["bindings", site.as_str(), name, "roles"];
                if !edit::has(self.text, &roles) {
                    entries.push(("roles".to_owned(), Plain::Word(ROLES.to_owned())));
                }
            }
            for (key, value) in outputs.as_map(&path, values)? {
                let said = outputs.plain(&format!("{path}.{key}"), value)?;
                // An optional output that is null says nothing.
                if let Some(said) = said {
                    entries.retain(|(known, _)| known != key);
                    entries.push((key.clone(), said));
                }
            }
            let of_site = self.bindings.entry(site.clone()).or_default();
            of_site.push((component.id.clone(), entries));
        }
        Ok(())
    }
}

/// The outputs of one stack.
struct Outputs<'a> {
    stack: &'a StackOutputs,
    values: Map<String, Json>,
}

impl<'a> Outputs<'a> {
    /// `terraform output -json` wraps each output: `{ "dr": { "sensitive": false, "type": …, "value": … } }`.
    fn read(stack: &'a StackOutputs) -> Result<Self, BindError> {
        let no_outputs = |why: String| BindError::NoOutputs {
            stack: stack.name.clone(),
            why,
        };
        let read: Json =
            serde_json::from_str(&stack.json).map_err(|error| no_outputs(error.to_string()))?;
        let Json::Object(wrapped) = read else {
            return Err(no_outputs("an object is wanted".to_owned()));
        };
        if wrapped.is_empty() {
            return Err(BindError::NotApplied {
                stack: stack.name.clone(),
            });
        }
        let values = wrapped.into_iter().map(|(name, mut output)| {
            let value = output.get_mut("value").map(Json::take);
            let value = value.ok_or_else(|| no_outputs(format!("`{name}` has no `value`")))?;
            Ok((name, value))
        });
        Ok(Self {
            stack,
            values: values.collect::<Result<_, BindError>>()?,
        })
    }

    fn check_estate(&self, estate: &Estate) -> Result<(), BindError> {
        match self.values.get("estate").and_then(Json::as_str) {
            Some(theirs) if theirs != estate.name.as_str() => {
                Err(self.other_estate(theirs.to_owned(), estate.name.to_string()))
            }
            _ => Ok(()),
        }
    }

    fn site_named(&self, name: &str, estate: &Estate) -> Result<SiteId, BindError> {
        let sites = &estate.sites;
        let site = sites.iter().find(|site| site.id.as_str() == name);
        site.map(|site| site.id.clone()).ok_or_else(|| {
            let [one, other] = sites;
            let ours = format!("{}, of {} and {}", estate.name, one.id, other.id);
            self.other_estate(format!("an estate with a site {name}"), ours)
        })
    }

    fn other_estate(&self, theirs: String, ours: String) -> BindError {
        BindError::OtherEstate {
            stack: self.stack.name.clone(),
            theirs,
            ours,
        }
    }

    fn map(&self, output: &str) -> Result<Map<String, Json>, BindError> {
        let value = self.values.get(output).ok_or_else(|| BindError::Missing {
            stack: self.stack.name.clone(),
            output: output.to_owned(),
        })?;
        self.as_map(output, value).cloned()
    }

    fn as_map<'v>(&self, path: &str, value: &'v Json) -> Result<&'v Map<String, Json>, BindError> {
        value
            .as_object()
            .ok_or_else(|| self.shape(path, "an object"))
    }

    fn text_in(
        &self,
        output: &str,
        map: &Map<String, Json>,
        key: &str,
    ) -> Result<String, BindError> {
        let path = format!("{output}.{key}");
        match map.get(key) {
            Some(Json::String(text)) => Ok(text.clone()),
            Some(_) => Err(self.shape(&path, "text")),
            None => Err(BindError::Missing {
                stack: self.stack.name.clone(),
                output: path,
            }),
        }
    }

    /// A value as it is written in the estate; `None` for one that says nothing.
    fn plain(&self, path: &str, value: &Json) -> Result<Option<Plain>, BindError> {
        let word = |value: &Json| match value {
            Json::String(text) => Some(text.clone()),
            Json::Number(number) => Some(number.to_string()),
            _ => None,
        };
        match value {
            Json::Null => Ok(None),
            Json::Array(items) => {
                let items: Option<Vec<String>> = items.iter().map(word).collect();
                let items = items.ok_or_else(|| self.shape(path, "a list of texts"))?;
                Ok(Some(Plain::List(items)))
            }
            value => {
                let word = word(value).ok_or_else(|| self.shape(path, "text"))?;
                Ok(Some(Plain::Word(word)))
            }
        }
    }

    fn shape(&self, output: &str, wanted: &'static str) -> BindError {
        BindError::Shape {
            stack: self.stack.name.clone(),
            output: output.to_owned(),
            wanted,
        }
    }
}

#[cfg(test)]
mod tests;
