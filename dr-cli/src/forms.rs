//! The forms of a report: which, and where to. What `dr drift` has, and whatever else has a [`Sheet`].

use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use clap::{Args, ValueEnum};
use dr_core::drift::form::{Sheet, printable_json};
use serde::Serialize;

use crate::error::{Error, Result};
use crate::exit_code::ExitCode;
use crate::output::Output;
use crate::render::style::Style;

/// A form of a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Form {
    /// For a terminal
    Text,
    /// For programs: everything
    Json,
    /// For code scanning: SARIF 2.1.0
    Sarif,
    /// For the test reports of CI: JUnit XML
    Junit,
    /// For a comment on a pull request
    Markdown,
    /// One self-contained page
    Html,
}

impl Form {
    /// The form that a file's name promises.
    fn of(path: &Path) -> Option<Self> {
        let name = path.file_name()?.to_str()?.to_ascii_lowercase();
        if name.ends_with(".sarif.json") {
            return Some(Self::Sarif);
        }
        match name.rsplit_once('.')?.1 {
            "txt" => Some(Self::Text),
            "json" => Some(Self::Json),
            "sarif" => Some(Self::Sarif),
            "xml" => Some(Self::Junit),
            "md" => Some(Self::Markdown),
            "html" | "htm" => Some(Self::Html),
            _ => None,
        }
    }
}

/// A form and the file that it goes to: `sarif=drift.sarif`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Kept {
    form: Form,
    path: PathBuf,
}

impl FromStr for Kept {
    type Err = String;

    fn from_str(text: &str) -> std::result::Result<Self, String> {
        let (form, path) = text
            .split_once('=')
            .ok_or("a form and a file are wanted: sarif=drift.sarif")?;
        let form = Form::from_str(form, false).map_err(|_| {
            let forms = Form::value_variants().iter();
            let names = forms.filter_map(ValueEnum::to_possible_value);
            let names: Vec<String> = names.map(|it| it.get_name().to_owned()).collect();
            format!("`{form}` is none of the forms {}", names.join(", "))
        })?;
        if path.is_empty() {
            return Err("the file has no name".to_owned());
        }
        Ok(Self {
            form,
            path: path.into(),
        })
    }
}

/// The options of a command that has a report in all forms.
#[derive(Debug, Args)]
pub(crate) struct FormArgs {
    /// Write the report in this form [default: by the name of -o's file; text, or json with --output json]
    #[arg(long, value_enum, value_name = "FORM")]
    format: Option<Form>,
    /// Write the report to this file instead of stdout; - is stdout
    #[arg(short = 'o', long = "out", value_name = "FILE")]
    out: Option<PathBuf>,
    /// Write this form of the report to a file, too; may be given several times
    #[arg(long, value_name = "FORM=FILE")]
    write: Vec<Kept>,
}

/// A report in the shapes that its forms are made from.
pub(crate) struct Forms<'a, R> {
    /// What JSON is.
    pub(crate) report: &'a R,
    /// What all other forms but text are written from.
    pub(crate) sheet: Sheet<'a>,
    /// The text for people.
    pub(crate) text: &'a dyn Fn(Style) -> String,
}

impl FormArgs {
    /// Refuses what cannot be written as asked, before anything is read: `inputs` are the files that the command reads.
    ///
    /// # Errors
    /// A form is not named, two are to go to the same file, or one over an input.
    pub(crate) fn check(&self, inputs: &[&Path], out: &Output) -> Result<()> {
        if let Some(path) = self.file()
            && self.format.is_none()
            && Form::of(path).is_none()
            && !out.is_json()
        {
            return Err(Error::usage(format!(
                "the name of {} promises no form of a report",
                path.display()
            ))
            .hint(
                "--format text, or a name that ends with .txt, .json, .sarif, .xml, .md or .html",
            ));
        }
        if self.write.iter().any(|kept| is_stdout(&kept.path)) {
            return Err(Error::usage("--write is for files, and - is stdout").hint("--format FORM"));
        }
        let written = self.write.iter().map(|kept| kept.path.as_path());
        let files: Vec<&Path> = self.file().into_iter().chain(written).collect();
        for (at, path) in files.iter().enumerate() {
            if files[..at]
                .iter()
                .any(|earlier| are_the_same(earlier, path))
            {
                return Err(Error::usage(format!(
                    "two forms are to be written to {}",
                    path.display()
                )));
            }
            if let Some(input) = inputs.iter().find(|input| are_the_same(input, path)) {
                return Err(Error::usage(format!(
                    "{} is read by this command, and would be written over",
                    input.display()
                ))
                .hint("name another file"));
            }
        }
        Ok(())
    }

    /// The file of `-o`; `None` where that is not given, or means stdout.
    fn file(&self) -> Option<&Path> {
        self.out.as_deref().filter(|path| !is_stdout(path))
    }

    /// Shows the report, then writes every file that can be written.
    ///
    /// # Errors
    /// A file cannot be written. What stands on stdout and in the other files is whole.
    pub(crate) fn show<R: Serialize>(&self, forms: &Forms<'_, R>, out: &Output) -> Result<()> {
        let by_name = self.file().and_then(Form::of);
        let usual = if out.is_json() {
            Form::Json
        } else {
            Form::Text
        };
        let form = self.format.or(by_name).unwrap_or(usual);
        if self.file().is_none() {
            match form {
                Form::Text => out.result(&forms.written(form, out.style())?),
                _ => out.verbatim(&forms.written(form, out.style())?),
            }
            out.ends_the_document();
        }
        let instead = self.file().map(|path| (form, path));
        let kept = self
            .write
            .iter()
            .map(|kept| (kept.form, kept.path.as_path()));
        let mut failed: Option<Error> = None;
        for (form, path) in instead.into_iter().chain(kept) {
            let text = forms.written(form, Style::new(false))?;
            match write(path, &text, out) {
                Ok(()) => {}
                Err(error) => match &mut failed {
                    None => failed = Some(error),
                    Some(first) => {
                        first.causes.push(error.message);
                        first.causes.extend(error.causes);
                    }
                },
            }
        }
        failed.map_or(Ok(()), Err)
    }

    /// Writes a document that is not the report to where the report would go.
    ///
    /// # Errors
    /// The file cannot be written.
    pub(crate) fn instead(&self, document: &impl Serialize, out: &Output) -> Result<()> {
        match self.file() {
            None => out.json(document),
            Some(path) => write(path, &as_json(document)?, out)?,
        }
        Ok(())
    }
}

fn write(path: &Path, text: &str, out: &Output) -> Result<()> {
    std::fs::write(path, text).map_err(|error| Error::file("write", path, &error))?;
    out.notice(&format!("wrote {}", path.display()));
    Ok(())
}

fn is_stdout(path: &Path) -> bool {
    path == Path::new("-")
}

/// Whether two paths lead to the same file: by other names, too. Devices are not told apart.
fn are_the_same(one: &Path, other: &Path) -> bool {
    let inode = |path: &Path| {
        let found = std::fs::metadata(path)
            .ok()
            .filter(std::fs::Metadata::is_file);
        found.map(|found| (found.dev(), found.ino()))
    };
    let place = |path: &Path| {
        let folder = path.parent().filter(|it| !it.as_os_str().is_empty());
        let folder = folder.unwrap_or(Path::new(".")).canonicalize().ok()?;
        Some(folder.join(path.file_name()?))
    };
    let is_same = |one: Option<_>, other| one.is_some() && one == other;
    is_same(inode(one), inode(other)) || (place(one).is_some() && place(one) == place(other))
}

fn as_json(document: &impl Serialize) -> Result<String> {
    let text = serde_json::to_string_pretty(document).map_err(|error| {
        Error::new(ExitCode::Unexpected, "cannot write the report as JSON").because(&error)
    })?;
    Ok(printable_json(&text) + "\n")
}

impl<R: Serialize> Forms<'_, R> {
    fn written(&self, form: Form, style: Style) -> Result<String> {
        Ok(match form {
            Form::Text => style.guarded(&(self.text)(style)).into_owned(),
            Form::Json => as_json(self.report)?,
            Form::Sarif => self.sheet.to_sarif(),
            Form::Junit => self.sheet.to_junit(),
            Form::Markdown => self.sheet.to_markdown(),
            Form::Html => self.sheet.to_html(),
        })
    }
}

/// An estate's file as it is called in the repository that the command runs in: relative to the working directory. `None` where it
/// stands elsewhere.
pub(crate) fn in_repository(file: &Path) -> Option<String> {
    use std::path::Component;

    let here = std::env::current_dir().ok();
    let inside = here.and_then(|here| file.strip_prefix(here).ok());
    let mut parts = Vec::new();
    for part in inside.unwrap_or(file).components() {
        match part {
            Component::Normal(part) => parts.push(part.to_str()?),
            Component::CurDir => {}
            Component::ParentDir | Component::RootDir | Component::Prefix(_) => return None,
        }
    }
    (!parts.is_empty()).then(|| parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_files_name_promises_a_form() {
        for (name, form) in [
            ("a/drift.sarif", Some(Form::Sarif)),
            ("drift.sarif.json", Some(Form::Sarif)),
            ("drift.JSON", Some(Form::Json)),
            ("junit.xml", Some(Form::Junit)),
            ("drift.md", Some(Form::Markdown)),
            ("drift.htm", Some(Form::Html)),
            ("drift.txt", Some(Form::Text)),
            ("drift.pdf", None),
            ("drift", None),
        ] {
            assert_eq!(Form::of(Path::new(name)), form, "{name}");
        }
    }

    #[test]
    fn a_form_and_its_file_are_parted_at_the_first_equals_sign() {
        let kept: Kept = "html=a=b.html".parse().unwrap();
        assert_eq!((kept.form, kept.path), (Form::Html, "a=b.html".into()));
        assert_eq!(
            "pdf=a".parse::<Kept>().unwrap_err(),
            "`pdf` is none of the forms text, json, sarif, junit, markdown, html"
        );
        assert!("html".parse::<Kept>().is_err());
        assert!("html=".parse::<Kept>().is_err());
    }

    #[test]
    fn only_a_file_below_the_working_directory_has_a_place_in_the_repository() {
        let here = std::env::current_dir().unwrap();
        for (file, place) in [
            (
                PathBuf::from("./sites/estate.yaml"),
                Some("sites/estate.yaml"),
            ),
            (here.join("estate.yaml"), Some("estate.yaml")),
            (PathBuf::from("../estate.yaml"), None),
            (PathBuf::from("/elsewhere/estate.yaml"), None),
        ] {
            assert_eq!(in_repository(&file).as_deref(), place, "{}", file.display());
        }
    }
}
