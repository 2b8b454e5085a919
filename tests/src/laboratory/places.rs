//! What the laboratory needs of this machine, found or made.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use anyhow::{Context, Result, bail};

/// What `dr --version` says of a build without adapters.
const SIMULATOR_ONLY: &str = "simulator only";

/// Programs and folders.
#[derive(Debug, Clone)]
pub struct Places {
    /// The repository.
    pub repository: PathBuf,
    /// Python with the packages of `tests/aws/requirements.txt`.
    pub python: PathBuf,
    /// Terraform's configuration: a mirror of the provider where this machine has one, and a cache.
    pub terraformrc: PathBuf,
    /// Cargo's folder of this profile.
    profile: PathBuf,
    /// What this laboratory made for itself.
    own: PathBuf,
    dr: OnceLock<PathBuf>,
}

impl Places {
    /// Finds everything but the binary, and makes the virtual environment where it is not there yet.
    ///
    /// # Errors
    /// What is missing, and how to get it.
    pub fn find() -> Result<Self> {
        let repository = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("..")
            .canonicalize()?;
        let profile = std::env::current_exe()?
            .ancestors()
            .find(|folder| {
                folder
                    .file_name()
                    .is_some_and(|name| name == "deps" || name == "debug" || name == "release")
            })
            .map(|folder| {
                if folder.ends_with("deps") {
                    folder.join("..")
                } else {
                    folder.to_owned()
                }
            })
            .context("the test does not run from cargo's target directory")?
            .canonicalize()?;
        let own = profile.join("../laboratory");
        std::fs::create_dir_all(own.join("plugins"))?;
        let own = own.canonicalize()?;
        Ok(Self {
            python: python(&own, &repository)?,
            terraformrc: terraformrc(&own)?,
            repository,
            profile,
            own,
            dr: OnceLock::new(),
        })
    }

    /// The binary under test. The stacks are applied without it, so that it can be built meanwhile.
    ///
    /// # Errors
    /// It is not built, or without the adapters.
    pub fn dr(&self) -> Result<&Path> {
        if let Some(found) = self.dr.get() {
            return Ok(found);
        }
        let found = binary(&self.profile.join("dr"), &self.own)?;
        Ok(self.dr.get_or_init(|| found))
    }
}

/// A copy of the binary: one that is built while a story is told may be without the adapters.
fn binary(built: &Path, own: &Path) -> Result<PathBuf> {
    const NEXT: &str = "next: cargo build --workspace";
    let version = Command::new(built).arg("--version").output();
    let version = version.with_context(|| format!("{} is not built; {NEXT}", built.display()))?;
    let version = String::from_utf8_lossy(&version.stdout);
    if version.contains(SIMULATOR_ONLY) {
        bail!("{} has no adapters; {NEXT}", built.display());
    }
    let folder = own.join("bin");
    std::fs::create_dir_all(&folder)?;
    let copy = folder.join("dr");
    // Another name first: a copy that is running cannot be written to.
    let fresh = folder.join(format!("dr-{}", std::process::id()));
    std::fs::copy(built, &fresh)?;
    std::fs::rename(&fresh, &copy)?;
    Ok(copy)
}

/// A virtual environment, made once for each list of requirements.
fn python(own: &Path, repository: &Path) -> Result<PathBuf> {
    let wanted = repository.join("tests/aws/requirements.txt");
    let venv = own.join("venv");
    let python = venv.join("bin/python");
    let have = own.join("requirements.txt");
    let text = std::fs::read_to_string(&wanted)?;
    if python.exists() && std::fs::read_to_string(&have).is_ok_and(|have| have == text) {
        return Ok(python);
    }
    run(
        Command::new("python3").args(["-m", "venv"]).arg(&venv),
        "install python3 with its venv module (Debian: python3-venv)",
    )?;
    run(
        Command::new(&python)
            .args([
                "-m",
                "pip",
                "install",
                "--quiet",
                "--disable-pip-version-check",
                "-r",
            ])
            .arg(&wanted),
        "give this machine access to a Python package index",
    )?;
    std::fs::write(have, text)?;
    Ok(python)
}

fn run(command: &mut Command, next: &str) -> Result<()> {
    let status = command
        .status()
        .with_context(|| format!("{command:?}; next: {next}"))?;
    if !status.success() {
        bail!("{command:?} failed; next: {next}");
    }
    Ok(())
}

/// A configuration of Terraform that uses a mirror of the provider where this machine has one.
fn terraformrc(own: &Path) -> Result<PathBuf> {
    let version = Command::new("terraform").arg("version").output();
    version.context("terraform was not found; next: install 1.10 or newer from https://developer.hashicorp.com/terraform/install")?;
    let mirror = mirror().map_or_else(String::new, |folder| {
        format!(
            "provider_installation {{\n  filesystem_mirror {{\n    path = \"{}\"\n  }}\n}}\n",
            folder.display()
        )
    });
    let text = format!(
        "{mirror}plugin_cache_dir = \"{}\"\n",
        own.join("plugins").display()
    );
    let file = own.join("terraformrc");
    std::fs::write(&file, text)?;
    Ok(file)
}

/// The folder above `registry.terraform.io`, below one of the conventional roots.
fn mirror() -> Option<PathBuf> {
    if let Some(named) = std::env::var_os("DR_TERRAFORM_MIRROR") {
        return Some(named.into());
    }
    let home = std::env::var_os("HOME")
        .map(PathBuf::from)
        .unwrap_or_default();
    let mut roots: Vec<PathBuf> = ["/opt", "/usr/share", "/usr/local/share", "/var/lib"]
        .map(PathBuf::from)
        .to_vec();
    roots.extend([
        home.join(".terraform.d/plugins"),
        home.join(".local/share/terraform/plugins"),
        home,
    ]);
    roots.iter().find_map(|root| below(root, 3))
}

fn below(folder: &Path, depth: u32) -> Option<PathBuf> {
    if folder.join("registry.terraform.io").is_dir() {
        return Some(folder.to_owned());
    }
    if depth == 0 {
        return None;
    }
    let entries = std::fs::read_dir(folder).ok()?;
    entries
        .filter_map(Result::ok)
        .filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()))
        .filter(|entry| {
            !entry
                .file_name()
                .to_string_lossy()
                .starts_with(".terraform")
                || depth == 3
        })
        .find_map(|entry| below(&entry.path(), depth - 1))
}
