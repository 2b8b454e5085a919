//! The server with the applied stacks, from which every story starts.

use std::io::{BufRead, BufReader};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result, bail};
use serde_json::Value;
use tempfile::TempDir;

use super::client::OWN;
use super::{Places, Story, http};

/// The roots in the order in which they are applied, after `bootstrap` of each site.
const ROOTS: [&str; 4] = ["identity", "us-east-2", "us-west-1", "global"];

/// A local AWS server with the stacks applied to it. It ends when this is dropped.
pub struct Base {
    pub(super) places: Places,
    pub(super) port: u16,
    folder: PathBuf,
    /// What ends with this; nothing where another process keeps it.
    own: Option<(Child, TempDir)>,
}

impl Base {
    /// Starts the server and applies every stack. Takes about six minutes, most of it waits inside Terraform's provider.
    ///
    /// # Errors
    /// What did not start or was not applied.
    pub fn start(places: &Places) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let mut server = Command::new(&places.python)
            .arg(places.repository.join("tests/aws/server.py"))
            .arg("0")
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .current_dir(folder.path())
            // Ctrl-C at a terminal is for this process alone: the server lasts until everything else is put away.
            .process_group(0)
            // It ends when this end of the pipe is closed, however this process ends.
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .context("the local AWS server does not start")?;
        let output = server.stdout.take().context("its output is piped")?;
        let mut line = String::new();
        let mut output = BufReader::new(output);
        output.read_line(&mut line)?;
        let port = line
            .trim()
            .parse()
            .context("the local AWS server told no port")?;
        // Nobody else reads it, and a full pipe would stop the server.
        std::thread::spawn(move || std::io::copy(&mut output, &mut std::io::stderr()));
        let base = Self {
            places: places.clone(),
            port,
            folder: folder.path().to_owned(),
            own: Some((server, folder)),
        };
        base.apply()?;
        Ok(base)
    }

    /// A server that another process keeps running with the stacks applied, and the folder that they were applied from: what
    /// `cargo aws-lab` tells.
    pub fn kept(places: &Places, port: u16, folder: PathBuf) -> Self {
        Self {
            places: places.clone(),
            port,
            folder,
            own: None,
        }
    }

    /// The folder that the stacks were applied from, and that of the stories.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The port of the server.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// A copy of the server with all its state, and a folder with estate, runbooks and stacks.
    ///
    /// # Errors
    /// The server cannot be copied.
    pub fn story(&self, name: &str) -> Result<Story> {
        let copy = http::call(self.port, "POST", "/lab/fork", "")?;
        let port = copy["port"]
            .as_u64()
            .and_then(|port| u16::try_from(port).ok());
        Story::new(self, name, port.context("the copy told no port")?)
    }

    fn terraform_folder(&self) -> PathBuf {
        self.folder.join("terraform")
    }

    fn apply(&self) -> Result<()> {
        copy_folder(
            &self.places.repository.join("terraform"),
            &self.terraform_folder(),
        )?;
        for (site, region) in [("ohio", "us-east-2"), ("california", "us-west-1")] {
            say(&format!("applying bootstrap of {site}"));
            let state = format!("-state={site}.tfstate");
            self.terraform("bootstrap", &["init"])?;
            // moto 5.2.1 reads no conditions of bucket policies, and would refuse every record of a journal.
            let variables = [
                format!("-var=site={site}"),
                format!("-var=region={region}"),
                "-var=path_style=true".to_owned(),
                "-var=store_policy=false".to_owned(),
            ];
            let mut arguments = vec!["apply", "-auto-approve", &state];
            arguments.extend(variables.iter().map(String::as_str));
            self.terraform("bootstrap", &arguments)?;
        }
        for root in ROOTS {
            say(&format!("applying {root}"));
            if root == "global" {
                self.tell_balancers()?;
            }
            self.terraform(root, &["init"])?;
            self.terraform(root, &["apply", "-auto-approve", "-parallelism=20"])?;
        }
        Ok(())
    }

    /// What `global` is told of the sites, as `terraform/README.md` says.
    fn tell_balancers(&self) -> Result<()> {
        let balancers = serde_json::json!({ "balancers": {
            "ohio": self.output("us-east-2", "balancer")?,
            "california": self.output("us-west-1", "balancer")?,
        }});
        let file = self
            .terraform_folder()
            .join("global/balancers.auto.tfvars.json");
        Ok(std::fs::write(file, balancers.to_string())?)
    }

    /// Every output of a root, as `terraform output -json` prints them.
    pub(super) fn outputs(&self, root: &str) -> Result<Value> {
        let text = self.terraform(root, &["output", "-json"])?;
        Ok(serde_json::from_slice(&text)?)
    }

    /// An output of a root.
    pub(super) fn output(&self, root: &str, name: &str) -> Result<Value> {
        let text = self.terraform(root, &["output", "-json", name])?;
        Ok(serde_json::from_slice(&text)?)
    }

    fn terraform(&self, root: &str, arguments: &[&str]) -> Result<Vec<u8>> {
        let ended = terraform(&self.places, self.port, &self.terraform_folder().join(root))
            .args(arguments)
            .output()?;
        if !ended.status.success() {
            let errors = String::from_utf8_lossy(&ended.stderr);
            bail!("terraform {arguments:?} of {root} failed:\n{errors}");
        }
        Ok(ended.stdout)
    }
}

impl Drop for Base {
    fn drop(&mut self) {
        if let Some((server, _)) = &mut self.own {
            drop(server.stdin.take());
            let _ = server.wait();
        }
    }
}

/// Terraform in a folder, against the server on `port`.
pub(super) fn terraform(places: &Places, port: u16, folder: &Path) -> Command {
    let mut command = Command::new("terraform");
    command
        .current_dir(folder)
        .env("TF_CLI_CONFIG_FILE", &places.terraformrc)
        .env("TF_PLUGIN_CACHE_MAY_BREAK_DEPENDENCY_LOCK_FILE", "1")
        .env("TF_INPUT", "0")
        .env("TF_CLI_ARGS", "-no-color")
        .env("TF_VAR_database_password", "not-a-real-password")
        .env("TF_APPEND_USER_AGENT", OWN)
        .stdin(Stdio::null());
    aws(&mut command, port);
    command
}

/// What a program needs to find the server instead of AWS. None of it is a secret.
pub(super) fn aws(command: &mut Command, port: u16) {
    command
        .env("AWS_ENDPOINT_URL", format!("http://127.0.0.1:{port}"))
        .env("AWS_ACCESS_KEY_ID", "laboratory")
        .env("AWS_SECRET_ACCESS_KEY", "laboratory")
        .env("AWS_EC2_METADATA_DISABLED", "true")
        .env("AWS_MAX_ATTEMPTS", "5")
        .env("CHECKPOINT_DISABLE", "1")
        .env_remove("AWS_PROFILE");
}

/// Copies a folder, without what Terraform leaves in it.
pub(super) fn copy_folder(from: &Path, to: &Path) -> Result<()> {
    std::fs::create_dir_all(to)?;
    for entry in std::fs::read_dir(from)? {
        let entry = entry?;
        let name = entry.file_name();
        if name.to_string_lossy().starts_with(".terraform") {
            continue;
        }
        let target = to.join(&name);
        if entry.file_type()?.is_dir() {
            copy_folder(&entry.path(), &target)?;
        } else {
            std::fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}

/// Progress of a test that takes minutes.
pub(super) fn say(line: &str) {
    use std::io::Write as _;
    let _ = writeln!(std::io::stderr(), "laboratory: {line}");
}
