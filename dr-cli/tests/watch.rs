//! `dr watch`, the program: its exit codes, its history, its end, and a real Prometheus that scrapes it.
#![cfg(feature = "watch")]
#![expect(clippy::unwrap_used, reason = "what fails to be read fails the test")]

use std::fs;
use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use dr_core::model::EstateScan;
use serde_json::{Value, json};
use tempfile::TempDir;

const ESTATE: &str = r#"
estate: shop
sites:
  ohio: { platform: aws, region: us-east-2, role: primary }
  california: { platform: aws, region: us-west-1, role: standby }
objectives: { rpo: 5m, rto: 30m }
components:
  network: { kind: network, technology: vpc, zones: 2, addresses: 256 }
  database: { kind: database, technology: rds, class: db.t3.small, nodes: 2 }
  front-door: { kind: traffic, technology: route53, record: app.example.com, ttl: 60s }
watch:
  listen: "127.0.0.1:0"
"#;

/// A site with a network and a group that lets the fleet's addresses reach the database, or nobody.
fn site(name: &str, region: &str, lets_in: bool) -> Value {
    let thing = |kind: &str, id: &str, name_: &str, component: &str, attributes: Value| {
        json!({
            "kind": kind, "id": format!("{id}-{name}"), "name": name_, "component": component,
            "arn": format!("arn:aws:ec2:{region}:123456789012:{id}/{id}-{name}"),
            "tags": { "dr:component": component, "dr:estate": "shop", "dr:site": name },
            "attributes": attributes,
        })
    };
    let vpc = json!({
        "cidr": "10.10.0.0/16", "cidrs": ["10.10.0.0/16"], "default": false,
        "dhcp-options": "default", "state": "available", "tenancy": "default",
    });
    let subnet = |zone: &str, third: u8| {
        json!({
            "vpc": format!("vpc-{name}"), "cidr": format!("10.10.{third}.0/24"),
            "zone": format!("{region}{zone}"), "zone-id": format!("{name}-{zone}"), "free-addresses": 250,
        })
    };
    let rule =
        json!([{ "cidr": "10.10.0.0/16", "from-port": 5432, "protocol": "tcp", "to-port": 5432 }]);
    let mut group = json!({ "description": "to the database", "vpc": format!("vpc-{name}") });
    if lets_in {
        group["ingress"] = rule;
    }
    json!({
        "site": name, "region": region, "at": "2026-11-21T12:00:00Z", "gaps": [], "calls": 83, "throttled": 0,
        "resources": [
            thing("ec2/security-group", "sg", "shop-database", "database", group),
            thing("ec2/subnet", "subnet-a", "shop-a", "network", subnet("a", 1)),
            thing("ec2/subnet", "subnet-b", "shop-b", "network", subnet("b", 2)),
            thing("ec2/vpc", "vpc", "shop", "network", vpc),
        ],
    })
}

struct Place(TempDir);

impl Place {
    fn new() -> Self {
        let place = Self(tempfile::tempdir().unwrap());
        fs::write(place.path().join("estate.yaml"), ESTATE).unwrap();
        place.scan(true);
        place
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    /// Keeps a scan in which the standby lets the fleet in, or not.
    fn scan(&self, lets_in: bool) {
        let scan = json!({
            "format": 1, "estate": "shop", "kinds": EstateScan::kinds_read(),
            "sites": {
                "ohio": site("ohio", "us-east-2", true),
                "california": site("california", "us-west-1", lets_in),
            },
            "global": {
                "site": "ohio", "region": "us-east-2", "at": "2026-11-21T12:00:00Z",
                "resources": [], "gaps": [], "calls": 1, "throttled": 0,
            },
        });
        fs::write(self.path().join("scan.json"), scan.to_string()).unwrap();
    }

    fn dr(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_dr"));
        command
            .current_dir(self.path())
            .args(["watch", "--scan", "scan.json"]);
        command
    }

    fn once(&self) -> (Option<i32>, String, String) {
        let done = self
            .dr()
            .args(["--once", "--output", "json"])
            .output()
            .unwrap();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        (done.status.code(), text(&done.stdout), text(&done.stderr))
    }

    fn records(&self) -> Vec<Value> {
        let folder = fs::read_dir(self.path().join(".dr/watch/shop")).unwrap();
        let mut files: Vec<_> = folder
            .map(|entry| entry.unwrap().path())
            .filter(|path| path.extension().is_some_and(|end| end == "jsonl"))
            .collect();
        files.sort();
        let text: String = files
            .iter()
            .map(|path| fs::read_to_string(path).unwrap())
            .collect();
        text.lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect()
    }
}

/// The code, what drift came to, and what was said.
fn drift(round: (Option<i32>, String, String)) -> (Option<i32>, Value, String) {
    let (code, report, said) = round;
    let report: Value = serde_json::from_str(&report).unwrap();
    (code, report["drift"]["verdict"].clone(), said)
}

#[test]
fn a_single_round_has_the_worse_exit_code_and_remembers_the_one_before() {
    let place = Place::new();
    // Nothing differs, and what readiness needs beside a scan is not known of a kept one.
    let (code, verdict, said) = drift(place.once());
    assert_eq!((code, verdict), (Some(11), json!("in-sync")), "{said}");
    place.scan(false);
    let (code, verdict, said) = drift(place.once());
    assert_eq!((code, verdict), (Some(13), json!("blocked")), "{said}");
    assert!(
        said.contains("1 new in drift, a failover would be stopped"),
        "{said}"
    );
    let (code, _, said) = drift(place.once());
    assert_eq!(code, Some(13));
    assert!(said.contains("drift: nothing changed"), "{said}");
    place.scan(true);
    let (code, _, said) = drift(place.once());
    assert_eq!(code, Some(11));
    assert!(said.contains("drift: shop: all clear"), "{said}");
    fs::remove_file(place.path().join("scan.json")).unwrap();
    let (code, verdict, said) = drift(place.once());
    assert_eq!((code, verdict), (Some(11), Value::Null), "{said}");
    let records = place.records();
    let notices = records.iter().filter(|record| {
        record["round"]["job"] == json!("drift") && record["round"]["notice"].is_object()
    });
    assert_eq!(notices.count(), 3, "new, all clear, not read");
}

/// A watcher that runs; killed where it is dropped.
struct Watching {
    process: Child,
    port: u16,
}

impl Watching {
    fn start(place: &Place) -> Self {
        let mut process = place
            .dr()
            .stderr(Stdio::piped())
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(process.stderr.take().unwrap()).lines();
        let port = loop {
            let line = lines.next().expect("it says where it listens").unwrap();
            let told = line.split_once("http://127.0.0.1:");
            if let Some((port, _)) = told.and_then(|(_, rest)| rest.split_once('/')) {
                break port.parse().unwrap();
            }
        };
        // What it says later is read, so that it can go on saying it.
        std::thread::spawn(move || lines.for_each(drop));
        Self { process, port }
    }
}

impl Drop for Watching {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn get(port: u16, path: &str) -> Option<String> {
    use std::io::{Read, Write};
    let mut stream = std::net::TcpStream::connect(("127.0.0.1", port)).ok()?;
    stream.set_read_timeout(Some(Duration::from_secs(5))).ok()?;
    write!(stream, "GET {path} HTTP/1.0\r\nhost: 127.0.0.1\r\n\r\n").ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).ok()?;
    Some(answer)
}

/// Asks until it holds, for a minute at most.
fn until(port: u16, path: &str, holds: impl Fn(&str) -> bool) -> String {
    let mut last = None;
    for _ in 0..300 {
        last = get(port, path);
        if let Some(answer) = last.as_deref().filter(|answer| holds(answer)) {
            return answer.to_owned();
        }
        pause();
    }
    panic!("{path} never came to that: {last:?}");
}

#[expect(
    clippy::disallowed_methods,
    reason = "another process has no clock that a test could turn"
)]
fn pause() {
    std::thread::sleep(Duration::from_millis(200));
}

#[test]
fn sigterm_ends_it_cleanly_and_meanwhile_no_other_has_its_history() {
    let place = Place::new();
    let mut watching = Watching::start(&place);
    until(watching.port, "/metrics", |text| {
        text.contains("report=\"drift\",standing=\"complete\"} 1")
    });
    let health = get(watching.port, "/healthz").unwrap();
    assert!(
        health.starts_with("HTTP/1.0 200") || health.starts_with("HTTP/1.1 200"),
        "{health}"
    );
    let (code, _, said) = place.once();
    assert_eq!(code, Some(50), "{said}");
    let pid = watching.process.id().to_string();
    assert!(
        Command::new("kill")
            .args(["-TERM", &pid])
            .status()
            .unwrap()
            .success()
    );
    assert_eq!(watching.process.wait().unwrap().code(), Some(0));
    let records = place.records();
    assert!(records[0]["state"].is_object());
    assert_eq!(records[1]["round"]["job"], json!("drift"));
}

/// A server that is killed where it is dropped.
struct Prometheus(Child);

impl Drop for Prometheus {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn a_real_prometheus_scrapes_it_and_the_shipped_alert_fires_on_a_finding() {
    let place = Place::new();
    place.scan(false);
    let watching = Watching::start(&place);
    let rules = Path::new(env!("CARGO_MANIFEST_DIR")).join("../packaging/prometheus/dr.rules.yml");
    let folder = place.path();
    fs::copy(rules, folder.join("dr.rules.yml")).unwrap();
    let config = format!(
        "global: {{scrape_interval: 1s, scrape_timeout: 1s, evaluation_interval: 1s}}\nrule_files: [dr.rules.yml]\n\
         scrape_configs: [{{job_name: dr, static_configs: [{{targets: ['127.0.0.1:{}']}}]}}]\n",
        watching.port
    );
    fs::write(folder.join("prometheus.yml"), config).unwrap();
    let port = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    let _prometheus = Prometheus(
        Command::new("prometheus")
            .args(["--config.file=prometheus.yml", "--storage.tsdb.path=data"])
            .arg(format!("--web.listen-address=127.0.0.1:{port}"))
            .current_dir(folder)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("the package prometheus is installed"),
    );
    let alerts = until(port, "/api/v1/alerts", |text| {
        text.contains("DrFailoverBlocked") && text.contains("\"state\":\"firing\"")
    });
    assert!(alerts.contains("\"estate\":\"shop\""), "{alerts}");
    let targets = until(port, "/api/v1/targets", |text| {
        text.contains("\"health\":\"up\"")
    });
    assert!(targets.contains("\"lastError\":\"\""), "{targets}");
    let types = get(port, "/api/v1/targets/metadata").unwrap();
    assert!(
        types.contains("\"type\":\"info\""),
        "it was read as OpenMetrics: {types}"
    );
}

#[test]
fn the_shipped_units_are_right_and_hardened() {
    let place = tempfile::tempdir().unwrap();
    let shipped = Path::new(env!("CARGO_MANIFEST_DIR")).join("../packaging/systemd");
    let names = [
        "dr-watch.service",
        "dr-watch-once.service",
        "dr-watch-once.timer",
    ];
    for name in names {
        let text = fs::read_to_string(shipped.join(name)).unwrap();
        let text = text.replace("/usr/local/bin/dr", env!("CARGO_BIN_EXE_dr"));
        fs::write(place.path().join(name), text).unwrap();
    }
    let analyze = |args: &[&str]| {
        let mut command = Command::new("systemd-analyze");
        command.args(args).current_dir(place.path());
        command.output().expect("systemd is installed")
    };
    let paths = names.map(|name| format!("./{name}"));
    let mut verify = vec!["verify", "--man=no"];
    verify.extend(paths.iter().map(String::as_str));
    let verified = analyze(&verify);
    let said = String::from_utf8_lossy(&verified.stderr);
    assert!(verified.status.success() && said.is_empty(), "{said}");
    for unit in &paths[..2] {
        // In tenths: 1.5 of 10.
        let judged = analyze(&["security", "--offline=true", "--threshold=15", unit]);
        assert!(
            judged.status.success(),
            "{}",
            String::from_utf8_lossy(&judged.stdout)
        );
    }
}

#[test]
fn a_fence_that_a_run_has_left_is_told_until_the_run_has_applied_it() {
    let place = tempfile::tempdir().unwrap();
    let dr = |line: &str| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_dr"));
        command.current_dir(place.path()).stdin(Stdio::null());
        command.args(line.split_whitespace()).output().unwrap()
    };
    let store = place.path().join(".dr");
    // The runs of the simulator, as those of the sites are kept.
    let copy = || {
        let mut runs = Vec::new();
        for run in fs::read_dir(store.join("simulator/runs")).unwrap() {
            let run = run.unwrap();
            let to = store.join("runs").join(run.file_name());
            fs::create_dir_all(&to).unwrap();
            fs::copy(run.path().join("journal.jsonl"), to.join("journal.jsonl")).unwrap();
            runs.push(run.file_name().into_string().unwrap());
        }
        runs
    };
    let watch = || {
        let ended = dr("watch --once --scan none.json --output json");
        let said = String::from_utf8_lossy(&ended.stderr).into_owned();
        let report: Value = serde_json::from_slice(&ended.stdout).unwrap();
        (ended.status.code(), report["fences"].clone(), said)
    };
    assert_eq!(dr("failover --simulate --yes").status.code(), Some(21));
    let runs = copy();
    let (code, fences, said) = watch();
    assert_eq!(code, Some(13), "{said}");
    assert_eq!(fences[0]["site"], json!("ohio"));
    assert_eq!(fences[0]["run"], json!(runs[0]));
    assert!(
        said.contains("status: storefront: 1 new in status"),
        "{said}"
    );
    let (code, _, said) = watch();
    assert_eq!(code, Some(13), "{said}");
    assert!(said.contains("status: nothing changed"), "{said}");
    assert!(dr("simulator return ohio").status.success());
    // A run that is kept in both is taken for one of the sites.
    fs::remove_dir_all(store.join("runs")).unwrap();
    assert!(dr(&format!("run resume {}", runs[0])).status.success());
    copy();
    let (code, fences, said) = watch();
    assert_eq!((code, fences), (Some(11), Value::Null), "{said}");
    assert!(said.contains("status: storefront: all clear"), "{said}");
}
