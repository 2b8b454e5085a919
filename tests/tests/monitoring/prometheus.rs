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
        let port = free_port();
        let mut command = Command::new("prometheus");
        command
            .arg("--config.file=prometheus.yml")
            .arg("--storage.tsdb.path=data")
            .arg(format!("--web.listen-address=127.0.0.1:{port}"))
            .current_dir(folder.path())
            .stdout(Stdio::null())
            .stderr(fs::File::create(folder.path().join("log")).unwrap());
        if setup.reloads {
            command.arg("--web.enable-lifecycle");
        }
        let process = command
            .spawn()
            .expect("this suite needs a Prometheus server: apt-get install prometheus");
        let mut server = Self {
            process,
            folder,
            port,
        };
        server.answers();
        server
    }

    fn answers(&mut self) {
        for _ in 0..150 {
            if TcpStream::connect(("127.0.0.1", self.port)).is_ok() {
                return;
            }
            let ended = self.process.try_wait().unwrap();
            assert!(ended.is_none(), "it ended: {}", self.log());
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
