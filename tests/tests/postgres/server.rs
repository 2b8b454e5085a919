//! PostgreSQL servers in temporary folders, on free ports of this machine.

use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::{PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use dr_core::adapter::postgres::{Login, PostgresServer};
use tempfile::TempDir;

const PASSWORD: &str = "only-for-this-test";

/// Where Debian puts the server's programs.
#[derive(Clone)]
pub(super) struct Programs(PathBuf);

impl Programs {
    /// Finds them.
    ///
    /// # Panics
    /// Where PostgreSQL 15 is not installed.
    pub(super) fn find() -> Self {
        let folder = PathBuf::from("/usr/lib/postgresql/15/bin");
        assert!(
            folder.join("initdb").exists(),
            "this suite needs a PostgreSQL 15 server: apt-get install postgresql-15"
        );
        Self(folder)
    }

    fn command(&self, name: &str) -> Command {
        let mut command = Command::new(self.0.join(name));
        if let Some(id) = unprivileged() {
            command.uid(id).gid(id);
        }
        command.env("PGPASSWORD", PASSWORD).current_dir("/");
        command
    }
}

/// The server refuses to run as root: it runs as `nobody` then.
fn unprivileged() -> Option<u32> {
    const NOBODY: u32 = 65534;
    rustix::process::geteuid().is_root().then_some(NOBODY)
}

fn run(command: &mut Command) {
    let output = command.output().expect("the program was found before");
    assert!(
        output.status.success(),
        "{command:?}: {}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
}

fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().port()
}

/// A server with its data; stopped when it is dropped.
pub(super) struct Cluster {
    programs: Programs,
    folder: TempDir,
    port: u16,
}

impl Cluster {
    fn empty(programs: Programs) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let cluster = Self {
            programs,
            folder,
            port: free_port(),
        };
        cluster.give(cluster.folder.path());
        cluster
    }

    /// A primary that takes replicas and wants a password.
    pub(super) fn primary(programs: Programs) -> Self {
        let cluster = Self::empty(programs);
        cluster.write("password", PASSWORD.as_bytes());
        run(cluster
            .programs
            .command("initdb")
            .arg("--pgdata")
            .arg(cluster.data())
            .arg("--pwfile")
            .arg(cluster.path("password"))
            .args(["--username=dr", "--auth=scram-sha-256", "--no-sync"]));
        cluster.configure(
            "listen_addresses = 'localhost'\nwal_level = replica\nfsync = off\n\
             wal_sender_timeout = 2s\nmax_connections = 20\n",
        );
        cluster.start();
        cluster
    }

    /// A replica that follows this server.
    pub(super) fn replica(&self) -> Self {
        let replica = Self::empty(self.programs.clone());
        run(self
            .programs
            .command("pg_basebackup")
            .arg("--pgdata")
            .arg(replica.data())
            .args(["--write-recovery-conf", "--checkpoint=fast", "--no-sync"])
            .args(["--host=127.0.0.1", "--username=dr", "--port"])
            .arg(self.port.to_string()));
        replica.configure("");
        replica.start();
        replica
    }

    /// How it is reached.
    pub(super) fn server(&self) -> PostgresServer {
        PostgresServer {
            host: "127.0.0.1".to_owned(),
            port: self.port,
            login: Login {
                user: "dr".to_owned(),
                password: PASSWORD.into(),
                database: "postgres".to_owned(),
            },
            certificates: None,
        }
    }

    /// Runs a statement.
    pub(super) fn sql(&self, statement: &str) {
        run(self
            .programs
            .command("psql")
            .args(["--host=127.0.0.1", "--username=dr", "--dbname=postgres"])
            .args(["--quiet", "--set=ON_ERROR_STOP=1", "--command", statement])
            .arg("--port")
            .arg(self.port.to_string()));
    }

    /// Turns encryption on; the certificate of the authority that signed the server's, which is for `localhost`.
    pub(super) fn encrypt(&self) -> Vec<u8> {
        let authority = self.authority("authority");
        let (key, request) = (self.path("server.key"), self.path("server.csr"));
        openssl(
            &[
                "req",
                "-newkey",
                "rsa:2048",
                "-nodes",
                "-subj",
                "/CN=localhost",
            ],
            &[("-keyout", &key), ("-out", &request)],
        );
        self.write("names", b"subjectAltName = DNS:localhost\n");
        let certificate = self.path("server.crt");
        openssl(
            &["x509", "-req", "-days", "2", "-CAcreateserial"],
            &[
                ("-in", &request),
                ("-CA", &self.path("authority.crt")),
                ("-CAkey", &self.path("authority.key")),
                ("-extfile", &self.path("names")),
                ("-out", &certificate),
            ],
        );
        fs::set_permissions(&key, fs::Permissions::from_mode(0o600)).unwrap();
        self.give(&key);
        self.give(&certificate);
        self.configure(&format!(
            "ssl = on\nssl_key_file = '{}'\nssl_cert_file = '{}'\n",
            key.display(),
            certificate.display()
        ));
        self.control(&["stop", "--mode=fast"]);
        self.start();
        authority
    }

    /// The certificate of an authority that signed nothing here.
    pub(super) fn other_authority(&self) -> Vec<u8> {
        self.authority("stranger")
    }

    fn authority(&self, name: &str) -> Vec<u8> {
        let certificate = self.path(&format!("{name}.crt"));
        openssl(
            &[
                "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=test",
            ],
            &[
                ("-keyout", &self.path(&format!("{name}.key"))),
                ("-out", &certificate),
            ],
        );
        fs::read(certificate).unwrap()
    }

    /// Makes it a primary.
    pub(super) fn promote(&self) {
        self.control(&["promote"]);
    }

    /// Stops it.
    pub(super) fn stop(&self) {
        self.control(&["stop", "--mode=immediate"]);
    }

    fn start(&self) {
        let log = self.path("log");
        self.control(&["start", "--log", log.to_str().unwrap()]);
    }

    fn control(&self, arguments: &[&str]) {
        run(self
            .programs
            .command("pg_ctl")
            .args(arguments)
            .args(["--silent", "--wait", "--pgdata"])
            .arg(self.data()));
    }

    fn configure(&self, settings: &str) {
        let file = self.data().join("postgresql.conf");
        let mut text = fs::read_to_string(&file).unwrap();
        text.push_str(settings);
        text.push_str(&format!(
            "port = {}\nunix_socket_directories = '{}'\n",
            self.port,
            self.folder.path().display()
        ));
        fs::write(&file, text).unwrap();
    }

    fn data(&self) -> PathBuf {
        self.path("data")
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn write(&self, name: &str, bytes: &[u8]) {
        fs::write(self.path(name), bytes).unwrap();
        self.give(&self.path(name));
    }

    fn give(&self, path: &Path) {
        if let Some(id) = unprivileged() {
            chown(path, Some(id), Some(id)).unwrap();
        }
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        // It may have been stopped already; then there is nothing to do.
        let _ = self
            .programs
            .command("pg_ctl")
            .args(["stop", "--mode=immediate", "--silent", "--pgdata"])
            .arg(self.data())
            .output();
    }
}

fn openssl(arguments: &[&str], files: &[(&str, &Path)]) {
    let mut command = Command::new("openssl");
    command.args(arguments);
    for (option, path) in files {
        command.arg(option).arg(path);
    }
    let output = command
        .output()
        .expect("this test needs openssl: apt-get install openssl");
    assert!(
        output.status.success(),
        "{command:?}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
}
