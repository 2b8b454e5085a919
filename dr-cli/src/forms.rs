//! The forms of a report: which, and where to. What `dr drift` has, and whatever else has a [`Sheet`].

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
    /// Write the report to this file instead of stdout
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
    /// Writes what is wanted: the files first, since they are what a program waits for, then stdout.
    ///
    /// # Errors
    /// A file cannot be written, or two forms are to go to the same one.
    pub(crate) fn show<R: Serialize>(&self, forms: &Forms<'_, R>, out: &Output) -> Result<()> {
        let by_name = self.out.as_deref().and_then(Form::of);
        let usual = if out.is_json() {
            Form::Json
        } else {
            Form::Text
        };
        let form = self.format.or(by_name).unwrap_or(usual);
        let instead = self.out.iter().map(|path| (form, path));
        let kept = self.write.iter().map(|kept| (kept.form, &kept.path));
        let files: Vec<(Form, &PathBuf)> = instead.chain(kept).collect();
        for (at, (_, path)) in files.iter().enumerate() {
            if files[..at].iter().any(|(_, earlier)| earlier == path) {
                return Err(Error::usage(format!(
                    "two forms are to be written to {}",
                    path.display()
                )));
            }
        }
        for (form, path) in files {
            let text = forms.written(form, Style::new(false))?;
            std::fs::write(path, text).map_err(|error| Error::file("write", path, &error))?;
            out.notice(&format!("wrote {}", path.display()));
        }
        if self.out.is_none() {
            out.result(&forms.written(form, out.style())?);
        }
        Ok(())
    }
}

impl<R: Serialize> Forms<'_, R> {
    fn written(&self, form: Form, style: Style) -> Result<String> {
        Ok(match form {
            Form::Text => (self.text)(style),
            Form::Json => {
                let text = serde_json::to_string_pretty(self.report).map_err(|error| {
                    Error::new(ExitCode::Unexpected, "cannot write the report as JSON")
                        .because(&error)
                })?;
                printable_json(&text) + "\n"
            }
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
