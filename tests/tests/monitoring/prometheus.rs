//! A real Prometheus in a temporary folder, on a free port of this machine.

use std::fs;
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration as Wall;

use tempfile::TempDir;

/// How the server is started.
pub(super) struct Setup<'a> {
    /// Whether it has an alert manager.
    pub(super) alert_manager: bool,
    /// Whether it reloads on request.
    pub(super) reloads: bool,
    /// The target file that its configuration names.
    pub(super) reads: &'a str,
    /// What stands in `dr.json` at the start.
    pub(super) targets: &'a [String],
}

/// The server; stopped when it is dropped.
pub(super) struct Prometheus {
    process: Child,
    folder: TempDir,
    pub(super) port: u16,
}

/// How many ports are tried.
const PORTS: usize = 5;

impl Prometheus {
    /// Starts it, and waits until it answers.
    ///
    /// # Panics
    /// Where Prometheus is not installed.
    pub(super) fn start(setup: &Setup<'_>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
        let managers = match setup.alert_manager {
            true => "alerting: {alertmanagers: [{static_configs: [{targets: ['127.0.0.1:9']}]}]}",
            false => "",
        };
        write(
            "prometheus.yml",
            &format!(
                "global: {{scrape_interval: 1s, scrape_timeout: 1s}}\n{managers}\nrule_files: [rules.yml]\n\
                 scrape_configs:\n\
                 - {{job_name: app/1, file_sd_configs: [{{files: [{}]}}]}}\n\
                 - {{job_name: itself, static_configs: [{{targets: ['127.0.0.1:9']}}]}}\n",
                setup.reads
            ),
        );
        write(
            "rules.yml",
            "groups: [{name: g, interval: 1s, rules: [{alert: Watchdog, expr: vector(1)}]}]",
        );
        let targets = serde_json::json!([{ "targets": setup.targets }]);
        write("dr.json", &targets.to_string());
        let mut folder = folder;
        // Another process may take a free port before Prometheus does.
        for _ in 0..PORTS {
            let mut server = Self::listen(folder, setup.reloads, free_port());
            if server.answers() {
                return server;
            }
            folder = std::mem::replace(&mut server.folder, tempfile::tempdir().unwrap());
        }
        panic!("{PORTS} free ports were taken by others");
    }

    fn listen(folder: TempDir, reloads: bool, port: u16) -> Self {
        let mut command = Command::new("prometheus");
        command
            .arg("--config.file=prometheus.yml")
            .arg("--storage.tsdb.path=data")
            .arg(format!("--web.listen-address=127.0.0.1:{port}"))
            .current_dir(folder.path())
            .stdout(Stdio::null())
            .stderr(fs::File::create(folder.path().join("log")).unwrap());
        if reloads {
            command.arg("--web.enable-lifecycle");
        }
        let process = command
            .spawn()
            .expect("this suite needs a Prometheus server: apt-get install prometheus");
        Self {
            process,
            folder,
            port,
        }
    }

    /// Waits until it answers; `false` where its port was taken.
    fn answers(&mut self) -> bool {
        for _ in 0..150 {
            if self.process.try_wait().unwrap().is_some() {
                let log = self.log();
                assert!(log.contains("address already in use"), "it ended: {log}");
                return false;
            }
            // It says so only once it listens: who answers on the port may be another one.
            let is_ready = self
                .log()
                .contains("Server is ready to receive web requests");
            if is_ready && TcpStream::connect(("127.0.0.1", self.port)).is_ok() {
                return true;
            }
            thread::sleep(Wall::from_millis(200));
        }
        panic!("it never answered: {}", self.log());
    }

    fn log(&self) -> String {
        fs::read_to_string(self.folder.path().join("log")).unwrap()
    }

    pub(super) fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// The target file that is written in these tests.
    pub(super) fn targets_file(&self) -> PathBuf {
        self.folder.path().join("dr.json")
    }
}

impl Drop for Prometheus {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// A port that nobody listens on.
pub(super) fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().port()
}
