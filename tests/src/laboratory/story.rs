//! One story: a copy of the server, a folder to work in, and the real binary.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result, bail};
use serde::Deserialize;
use serde_json::{Value, json};

use super::base::{Base, aws, copy_folder, terraform};
use super::{Answer, Front, Places, client, http};

/// The sites of the storefront and their regions, the home primary first.
const SITES: [(&str, &str); 2] = [("ohio", "us-east-2"), ("california", "us-west-1")];

/// How a call of `dr` ended.
#[derive(Debug, Clone)]
pub struct Ended {
    /// The exit code; `None` where a signal ended it.
    pub code: Option<i32>,
    /// What it printed as its result.
    pub output: String,
    /// What it told on the way.
    pub errors: String,
}

/// A call that the server saw.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
pub struct Call {
    /// The region; `global` for a service that is administered in one place.
    pub region: String,
    /// The service.
    pub service: String,
    /// The operation.
    pub operation: String,
    /// Whether it only reads.
    pub reads: bool,
    /// Who called: `dr`, the `terraform` that it started, or the `laboratory`: what a story did by its own hand.
    pub agent: String,
    /// What was done to it.
    pub mode: String,
    /// Of a call that changes something, what it is about: ARNs.
    pub resources: Vec<String>,
    /// The status of its answer; `None` where it was not carried out.
    pub status: Option<u16>,
}

/// A story in progress. Its server ends when this is dropped.
pub struct Story {
    places: Places,
    dr: PathBuf,
    port: u16,
    folder: PathBuf,
}

impl Story {
    pub(super) fn new(base: &Base, name: &str, port: u16) -> Result<Self> {
        let folder = base.folder().join("stories").join(name);
        if folder.exists() {
            // Of an earlier telling, beside a server that is kept.
            fs::remove_dir_all(&folder)?;
        }
        let story = Self {
            dr: base.places.dr()?.to_owned(),
            places: base.places.clone(),
            port,
            folder,
        };
        copy_folder(
            &base.folder().join("terraform"),
            &story.folder.join("terraform"),
        )?;
        story.repositories()?;
        story.write_estate(base)?;
        Ok(story)
    }

    /// The folder with `estate.yaml` and the runbooks.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// A server of AWS's distance and limits in front of the story's own, which `dr` and Terraform are to be pointed to.
    ///
    /// # Errors
    /// It does not start.
    pub fn front(&self) -> Result<Front> {
        Front::start(self.port)
    }

    /// A file of the repository that is put into a root of the story's stacks.
    ///
    /// # Errors
    /// It cannot be copied.
    pub fn put(&self, file: &str, root: &str) -> Result<()> {
        let from = self.places.repository.join(file);
        let name = from.file_name().context("a file has a name")?;
        let to = self.folder.join("terraform").join(root).join(name);
        fs::copy(&from, to)?;
        Ok(())
    }

    /// The server's port.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// A Git server a site, the second a mirror of the first.
    fn repositories(&self) -> Result<()> {
        let git = |folder: &Path, arguments: &[&str]| -> Result<()> {
            let ended = Command::new("git")
                .args([
                    "-c",
                    "user.name=laboratory",
                    "-c",
                    "user.email=laboratory@example.com",
                ])
                .args(arguments)
                .current_dir(folder)
                .output()?;
            if !ended.status.success() {
                bail!(
                    "git {arguments:?}: {}",
                    String::from_utf8_lossy(&ended.stderr)
                );
            }
            Ok(())
        };
        let source = self.folder.join("git/ohio");
        fs::create_dir_all(&source)?;
        git(&source, &["init", "--quiet", "-b", "main"])?;
        for _ in 0..3 {
            git(
                &source,
                &["commit", "--quiet", "--allow-empty", "-m", "a change"],
            )?;
        }
        git(
            &self.folder.join("git"),
            &["clone", "--quiet", "--mirror", "ohio", "california"],
        )
    }

    /// The shipped estate and runbooks, bound to the laboratory. Monitoring is left out: nothing here is scraped.
    fn write_estate(&self, base: &Base) -> Result<()> {
        let shipped = self.places.repository.join("runbooks/storefront");
        let text = fs::read_to_string(shipped.join("estate.yaml"))?;
        let mut estate = without(
            &text,
            "  # Monitoring, one per site.",
            "  # The name that clients use.",
        )?;
        for probe in ["metrics", "dashboards"] {
            estate = estate.replace(
                &format!("  - probe: monitoring-up\n    component: {probe}\n"),
                "",
            );
        }
        // The laboratory's clock is the real one: what takes minutes for good reasons takes seconds here.
        for (shipped, here) in [
            ("write-lease: 45s", "write-lease: 20s"),
            ("ttl: 60s", "ttl: 5s"),
            ("over: 1m", "over: 30s"),
        ] {
            if !estate.contains(shipped) {
                bail!("the shipped estate no longer says `{shipped}`");
            }
            estate = estate.replace(shipped, here);
        }
        let observer = format!("http://127.0.0.1:{}", self.port);
        estate.push_str(&format!("\nobservers: [\"{observer}\"]\n"));
        fs::write(self.folder.join("estate.yaml"), estate)?;
        self.bind(base)?;
        // There is no monitoring here. The stage that it is moved in starts the Git server of a failover, too.
        let failover = fs::read_to_string(shipped.join("failover.yaml"))?;
        let failover = without(
            &failover,
            "      - repoint: metrics\n",
            "\n  - stage: tell\n",
        )?;
        fs::write(self.folder.join("failover.yaml"), failover)?;
        let failback = fs::read_to_string(shipped.join("failback.yaml"))?;
        let failback = without(&failback, "  - stage: watch\n", "  # The site that is left")?;
        fs::write(self.folder.join("failback.yaml"), failback)?;
        Ok(())
    }

    /// Binds the estate as people do, from the outputs of the applied stacks. What the laboratory has outside AWS is put into
    /// them first: the Git servers and the name server.
    fn bind(&self, base: &Base) -> Result<()> {
        let dns = http::call(self.port, "GET", "/lab/truth", "")?["dns_port"].clone();
        let mut doors = base.outputs("global")?;
        let mut stacks = Vec::new();
        for (site, root) in SITES {
            let mut outputs = base.outputs(root)?;
            let source = &mut outputs["dr"]["value"]["source"];
            source["url"] = json!(self.folder.join("git").join(site));
            source["branch"] = json!("main");
            doors["dr"]["value"][site]["front-door"]["name-servers"] =
                json!([format!("127.0.0.1:{dns}")]);
            stacks.push((root, outputs));
        }
        stacks.push(("global", doors));
        let mut arguments = ["estate", "from-terraform", "--write"]
            .map(str::to_owned)
            .to_vec();
        for (root, outputs) in stacks {
            let file = format!("{root}.outputs.json");
            fs::write(self.folder.join(&file), outputs.to_string())?;
            arguments.push(format!("--outputs=terraform/{root}={file}"));
        }
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let ended = self.dr(&arguments)?;
        if ended.code != Some(0) {
            bail!("dr {arguments:?}: {}", ended.errors);
        }
        Ok(())
    }

    /// `dr` with these arguments, in the story's folder.
    pub fn command(&self, arguments: &[&str]) -> Command {
        self.command_in(&self.folder, arguments)
    }

    /// `dr` in another folder: another laptop.
    pub fn command_in(&self, folder: &Path, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.dr);
        command
            .args(arguments)
            .current_dir(folder)
            .env("TF_CLI_CONFIG_FILE", &self.places.terraformrc)
            .env("TF_PLUGIN_CACHE_MAY_BREAK_DEPENDENCY_LOCK_FILE", "1")
            .env("AWS_REGION", "us-west-1")
            .env("NO_COLOR", "1")
            .stdin(Stdio::null());
        aws(&mut command, self.port);
        command
    }

    /// Terraform in a root of the story's stacks.
    pub fn terraform(&self, root: &str) -> Command {
        let folder = self.folder.join("terraform").join(root);
        terraform(&self.places, self.port, &folder)
    }

    /// The variables under which `dr` and Terraform find the laboratory; `None` for one that must not be set.
    pub fn environment(&self) -> BTreeMap<String, Option<String>> {
        let terraform = terraform(&self.places, self.port, &self.folder);
        let dr = self.command(&[]);
        let text = |value: &OsStr| value.to_string_lossy().into_owned();
        terraform
            .get_envs()
            .chain(dr.get_envs())
            .map(|(name, value)| (text(name), value.map(text)))
            // For programs that nobody looks at, and for what a story does itself.
            .filter(|(name, _)| {
                ![
                    "NO_COLOR",
                    "TF_INPUT",
                    "TF_CLI_ARGS",
                    "TF_APPEND_USER_AGENT",
                ]
                .contains(&name.as_str())
            })
            .collect()
    }

    /// Runs `dr` to its end.
    ///
    /// # Errors
    /// It does not start.
    pub fn dr(&self, arguments: &[&str]) -> Result<Ended> {
        let ended = self.command(arguments).output()?;
        Ok(Ended {
            code: ended.status.code(),
            output: String::from_utf8_lossy(&ended.stdout).into_owned(),
            errors: String::from_utf8_lossy(&ended.stderr).into_owned(),
        })
    }

    /// Starts `dr` in a folder and lets it run. What it says goes to the file `dr.log` there.
    ///
    /// # Errors
    /// It does not start.
    pub fn spawn_in(&self, folder: &Path, arguments: &[&str]) -> Result<Child> {
        let log = fs::File::create(folder.join("dr.log"))?;
        Ok(self
            .command_in(folder, arguments)
            .stdout(Stdio::from(log.try_clone()?))
            .stderr(Stdio::from(log))
            .spawn()?)
    }

    /// Another laptop: a folder in which the stacks are checked out, and nothing else.
    ///
    /// # Errors
    /// It cannot be made.
    pub fn laptop(&self, name: &str) -> Result<PathBuf> {
        let folder = self.folder.join(name);
        fs::create_dir_all(&folder)?;
        std::os::unix::fs::symlink(self.folder.join("terraform"), folder.join("terraform"))?;
        Ok(folder)
    }

    /// Sends a call to AWS by hand. `scope` is the region and the service that it is signed for: `us-east-2/rds`; `request` is the
    /// method and the path, and further headers on lines of their own.
    ///
    /// # Errors
    /// The server is gone.
    pub fn send(&self, scope: &str, request: &str, body: &str) -> Result<Answer> {
        client::send(self.port, scope, request, body)
    }

    /// The faults from now on: a list of rules (`tests/aws/faults.py`).
    ///
    /// # Errors
    /// The server is gone.
    pub fn faults(&self, rules: &Value) -> Result<()> {
        http::call(self.port, "POST", "/lab/faults", &rules.to_string())?;
        Ok(())
    }

    /// Every call that the server saw.
    ///
    /// # Errors
    /// The server is gone.
    pub fn calls(&self) -> Result<Vec<Call>> {
        let calls = http::call(self.port, "GET", "/lab/calls", "")?;
        Ok(serde_json::from_value(calls)?)
    }

    /// What stands in AWS.
    ///
    /// # Errors
    /// The server is gone.
    pub fn truth(&self) -> Result<Value> {
        http::call(self.port, "GET", "/lab/truth", "")
    }

    /// What clients felt in the last seconds, as `GET /v1/clients` of docs/observers.md answers.
    ///
    /// # Errors
    /// The server is gone.
    pub fn clients(&self, over_s: u32) -> Result<Value> {
        http::call(
            self.port,
            "GET",
            &format!("/v1/clients?over_s={over_s}"),
            "",
        )
    }

    /// The seconds in which both sites could take writes.
    ///
    /// # Errors
    /// The server is gone.
    pub fn twice(&self) -> Result<Vec<u64>> {
        Ok(serde_json::from_value(http::call(
            self.port,
            "GET",
            "/lab/twice",
            "",
        )?)?)
    }

    /// Whether Terraform would change nothing in a root, as `plan -detailed-exitcode` tells; what it would, otherwise.
    ///
    /// # Errors
    /// The plan fails.
    pub fn plan(&self, root: &str) -> Result<Option<String>> {
        let run = |arguments: &[&str]| self.terraform(root).args(arguments).output();
        run(&["init"])?;
        let ended = run(&["plan", "-detailed-exitcode", "-lock=false"])?;
        match ended.status.code() {
            Some(0) => Ok(None),
            Some(2) => Ok(Some(String::from_utf8_lossy(&ended.stdout).into_owned())),
            _ => bail!(
                "terraform plan of {root}:\n{}",
                String::from_utf8_lossy(&ended.stderr)
            ),
        }
    }
}

impl Drop for Story {
    fn drop(&mut self) {
        let _ = http::call(self.port, "POST", "/lab/exit", "");
    }
}

/// A text without what stands from `from` up to `to`.
fn without(text: &str, from: &str, to: &str) -> Result<String> {
    let start = text
        .find(from)
        .with_context(|| format!("there is no `{from}`"))?;
    let length = text[start..]
        .find(to)
        .with_context(|| format!("there is no `{to}` behind `{from}`"))?;
    Ok(format!("{}{}", &text[..start], &text[start + length..]))
}
