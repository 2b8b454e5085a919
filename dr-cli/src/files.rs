//! The estate and its runbooks as files, or as built into the binary.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use dr_core::config::{Problems, Source, builtin, load_estate};
use dr_core::model::{Estate, SiteId};
use dr_core::runbook::Runbook;

use crate::error::{Error, Result};
use crate::exit_code::ExitCode;

/// Where an estate's files are read when nothing else is said.
pub(crate) const DEFAULT_ESTATE: &str = "estate.yaml";
/// The folder of game days beside an estate.
const GAMEDAYS: &str = "gamedays";
/// The built-in estate's name.
pub(crate) const BUILT_IN: &str = "storefront";

/// An estate and where its runbooks are.
pub(crate) struct EstateFiles {
    /// The estate.
    pub(crate) estate: Estate,
    origin: Origin,
}

enum Origin {
    /// A file; runbooks stand beside it.
    File(PathBuf),
    /// The binary.
    BuiltIn,
}

impl EstateFiles {
    /// The estate of the file `given`, of `estate.yaml` here, or else the built-in one.
    ///
    /// # Errors
    /// The file cannot be read, or what it says is wrong.
    pub(crate) fn load(given: Option<&Path>) -> Result<Self> {
        let default = Path::new(DEFAULT_ESTATE);
        let path = match given {
            Some(path) if path == Path::new(BUILT_IN) && !path.exists() => return Self::built_in(),
            Some(path) => path,
            None if default.exists() => default,
            None => return Self::built_in(),
        };
        Ok(Self {
            estate: parse_estate(load_estate, read(path)?)?,
            origin: Origin::File(path.to_owned()),
        })
    }

    /// That each of its exceptions names a rule. Only what judges by them asks it: a mistyped one stops no failover.
    ///
    /// # Errors
    /// One names none.
    pub(crate) fn check_exceptions(&self) -> Result<()> {
        if let Origin::File(path) = &self.origin {
            parse_estate(dr_core::rules::load_estate, read(path)?)?;
        }
        Ok(())
    }

    fn built_in() -> Result<Self> {
        Ok(Self {
            estate: parse_estate(load_estate, builtin::storefront_estate())?,
            origin: Origin::BuiltIn,
        })
    }

    /// Whether it is the one in the binary.
    pub(crate) fn is_built_in(&self) -> bool {
        matches!(self.origin, Origin::BuiltIn)
    }

    /// The file of that name beside the estate, whether it is there or not; `None` for the built-in estate.
    pub(crate) fn beside(&self, name: &str) -> Option<PathBuf> {
        match &self.origin {
            Origin::File(estate) => Some(estate.with_file_name(name)),
            Origin::BuiltIn => None,
        }
    }

    /// The estate's file; `None` for the built-in estate.
    pub(crate) fn path(&self) -> Option<&Path> {
        match &self.origin {
            Origin::File(path) => Some(path),
            Origin::BuiltIn => None,
        }
    }

    /// What to call it in messages.
    pub(crate) fn name(&self) -> String {
        match &self.origin {
            Origin::File(path) => path.display().to_string(),
            Origin::BuiltIn => format!("built-in {BUILT_IN}/estate.yaml"),
        }
    }

    /// The runbook of that name, checked by itself but not yet against the estate.
    ///
    /// # Errors
    /// There is none, or what it says is wrong.
    pub(crate) fn runbook(&self, name: &str) -> Result<Runbook> {
        let source = match &self.origin {
            Origin::File(estate) => read(&estate.with_file_name(format!("{name}.yaml")))?,
            Origin::BuiltIn => builtin::storefront_runbook(name).ok_or_else(|| {
                Error::usage(format!("the built-in estate has no runbook {name}"))
                    .hint(format!("one of {}", builtin::runbook_names().join(", ")))
            })?,
        };
        parse_runbook(source)
    }

    /// All its runbooks by the names of their files, and what is wrong with those that cannot be read as one.
    ///
    /// # Errors
    /// A file cannot be read.
    pub(crate) fn runbooks(&self) -> Result<(BTreeMap<String, Runbook>, Vec<Problems>)> {
        let (mut right, mut wrong) = (BTreeMap::new(), Vec::new());
        for source in self.runbook_sources()? {
            let name = Path::new(&source.name).file_stem();
            let name = name.unwrap_or_default().to_string_lossy().into_owned();
            match Runbook::parse(source) {
                Ok(runbook) => drop(right.insert(name, runbook)),
                Err(problems) => wrong.push(problems),
            }
        }
        Ok((right, wrong))
    }

    /// The game day of that name.
    ///
    /// # Errors
    /// There is none, or it cannot be read.
    pub(crate) fn gameday(&self, name: &str) -> Result<Source> {
        match &self.origin {
            Origin::File(estate) => {
                read(&estate.with_file_name(GAMEDAYS).join(format!("{name}.yaml")))
            }
            Origin::BuiltIn => builtin::storefront_gameday(name).ok_or_else(|| {
                Error::usage(format!("the built-in estate has no game day {name}"))
                    .hint(format!("one of {}", builtin::gameday_names().join(", ")))
            }),
        }
    }

    /// The sources of all its game days: the YAML files of the folder `gamedays` beside the estate.
    ///
    /// # Errors
    /// A file cannot be read.
    pub(crate) fn gameday_sources(&self) -> Result<Vec<Source>> {
        let Origin::File(estate) = &self.origin else {
            return Ok(builtin::gameday_names()
                .into_iter()
                .filter_map(builtin::storefront_gameday)
                .collect());
        };
        let folder = estate.with_file_name(GAMEDAYS);
        let entries = match std::fs::read_dir(&folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(Error::file("list", &folder, &error)),
        };
        let mut paths: Vec<PathBuf> = entries
            .filter_map(|entry| entry.ok().map(|entry| entry.path()))
            .filter(|path| path.extension().is_some_and(|end| end == "yaml"))
            .collect();
        paths.sort();
        paths.iter().map(|path| read(path)).collect()
    }

    /// The runbook of a file, wherever it is.
    ///
    /// # Errors
    /// It cannot be read, or what it says is wrong.
    pub(crate) fn runbook_file(&self, path: &Path) -> Result<Runbook> {
        parse_runbook(read(path)?)
    }

    /// The sources of all its runbooks: the YAML files beside the estate that say `runbook:`.
    ///
    /// # Errors
    /// A file cannot be read.
    pub(crate) fn runbook_sources(&self) -> Result<Vec<Source>> {
        let Origin::File(estate) = &self.origin else {
            return Ok(builtin::runbook_names()
                .into_iter()
                .filter_map(builtin::storefront_runbook)
                .collect());
        };
        let folder = match estate.parent() {
            Some(parent) if parent != Path::new("") => parent,
            _ => Path::new("."),
        };
        let entries =
            std::fs::read_dir(folder).map_err(|error| Error::file("list", folder, &error))?;
        let mut paths: Vec<PathBuf> = entries
            .filter_map(|entry| entry.ok().map(|entry| entry.file_name()))
            .map(|name| estate.with_file_name(name))
            .filter(|path| {
                path.extension()
                    .is_some_and(|extension| extension == "yaml")
            })
            .filter(|path| path != estate)
            .collect();
        paths.sort();
        let mut sources = Vec::new();
        for path in paths {
            let source = read(&path)?;
            if source.text.lines().any(|line| line.starts_with("runbook:")) {
                sources.push(source);
            }
        }
        Ok(sources)
    }
}

/// Makes sure that a file can be written, before the work whose result it is to hold. A file that is there stays as it is.
///
/// # Errors
/// It cannot.
pub(crate) fn writable(path: &Path) -> Result<()> {
    if let Some(folder) = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty())
    {
        std::fs::create_dir_all(folder).map_err(|error| Error::file("create", folder, &error))?;
    }
    let is_new = !path.exists();
    let mut options = std::fs::OpenOptions::new();
    let opened = options.append(true).create(true).open(path);
    opened.map_err(|error| Error::file("write", path, &error))?;
    if is_new {
        std::fs::remove_file(path).map_err(|error| Error::file("remove", path, &error))?;
    }
    Ok(())
}

/// A file to be parsed.
///
/// # Errors
/// It cannot be read.
pub(crate) fn read(path: &Path) -> Result<Source> {
    match std::fs::read_to_string(path) {
        Ok(text) => Ok(Source::new(path.display().to_string(), text)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            Err(Error::usage(format!("there is no file {}", path.display())).hint("dr init"))
        }
        Err(error) if error.kind() == std::io::ErrorKind::InvalidData => Err(Error::new(
            ExitCode::Invalid,
            format!("{} is not UTF-8 text", path.display()),
        )),
        Err(error) => Err(Error::file("read", path, &error)),
    }
}

/// Refuses a site that the estate does not have.
///
/// # Errors
/// It does not have it.
pub(crate) fn known_site(estate: &Estate, site: &SiteId) -> Result<()> {
    if estate.site(site).is_some() {
        return Ok(());
    }
    let [one, other] = &estate.sites;
    let known = format!("one of {}, {}", one.id, other.id);
    Err(Error::usage(format!("the estate has no site {site}")).hint(known))
}

fn parse_estate(
    load: impl Fn(Source) -> std::result::Result<Estate, Problems>,
    source: Source,
) -> Result<Estate> {
    load(source).map_err(|problems| invalid("the estate", problems))
}

/// Parses a runbook.
///
/// # Errors
/// What it says is wrong.
pub(crate) fn parse_runbook(source: Source) -> Result<Runbook> {
    Runbook::parse(source).map_err(|problems| invalid("the runbook", problems))
}

pub(crate) fn invalid(what: &str, problems: Problems) -> Error {
    let count = match problems.list.len() {
        1 => "1 problem".to_owned(),
        n => format!("{n} problems"),
    };
    Error::invalid(
        format!("{what} {} has {count}", problems.source.name),
        vec![problems],
    )
}
