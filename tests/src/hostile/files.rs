//! Small files that somebody damaged, byte by byte: each is read in microseconds, so that a parser sees many.

use dr_core::adapter::terraform::state;
use dr_core::model::{EstateScan, Resource};
use dr_core::sim::Dice;
use serde_json::{Value, json};

use super::damage::{damage_bytes, index};
use super::{Fate, SCAN, estate};

/// What a file is read as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// A scan, as `dr discover` wrote it.
    Scan,
    /// A Terraform state, as it lies in a bucket.
    State,
    /// An estate file.
    Estate,
}

/// The sound files that are damaged.
#[derive(Debug)]
pub struct Files {
    scans: Vec<Vec<u8>>,
    states: Vec<Vec<u8>>,
}

/// Resources as Terraform writes them, one a file.
const STATE: &str = include_str!("../../corpus/drift/state.json");

/// A smallest estate.
const ESTATE: &str = "estate: shop
sites:
  east: { platform: aws, region: us-east-1, role: primary }
  west: { platform: aws, region: us-west-2, role: standby }
objectives: { rpo: 5m, rto: 30m }
components:
  database:
    kind: database
    technology: rds
    class: db.t3.small
    nodes: 2
  front-door: { kind: traffic, technology: route53, record: app.example.com, ttl: 60s }
";

impl Files {
    /// The files as they are written.
    ///
    /// # Panics
    /// When they are not sound.
    pub fn new() -> Self {
        let files = Self {
            scans: scans(),
            states: states(),
        };
        let scans = files.scans.iter().map(|file| (Form::Scan, &file[..]));
        let states = files.states.iter().map(|file| (Form::State, &file[..]));
        let estate = (Form::Estate, ESTATE.as_bytes());
        for (form, file) in scans.chain(states).chain([estate]) {
            let text = String::from_utf8_lossy(file);
            assert!(read(form, file) == Fate::Judged, "{form:?}: {text}");
        }
        files
    }

    /// Damages a file in some places, and reads it: what became of which form.
    ///
    /// # Panics
    /// When what is damaged makes the program panic, or what was read is written as something else.
    pub fn read(&self, seed: u64) -> (Form, Fate) {
        let mut dice = Dice::new(seed);
        let one_of = |files: &[Vec<u8>], dice: &mut Dice| files[index(dice, files.len())].clone();
        // YAML takes ten times as long as JSON.
        let (form, mut file) = match dice.between(0, 15) {
            0 => (Form::Estate, ESTATE.as_bytes().to_vec()),
            1..=8 => (Form::State, one_of(&self.states, &mut dice)),
            _ => (Form::Scan, one_of(&self.scans, &mut dice)),
        };
        for _ in 0..dice.between(1, 4) {
            damage_bytes(&mut file, &mut dice);
        }
        (form, read(form, &file))
    }
}

impl Default for Files {
    fn default() -> Self {
        Self::new()
    }
}

/// The shipped scan, one resource of each site a file.
fn scans() -> Vec<Vec<u8>> {
    let whole: Value = serde_json::from_str(SCAN).expect("the scan is JSON");
    let sites = whole["sites"].as_object().expect("it has sites");
    let resources = |site: &Value| site["resources"].as_array().map_or(0, Vec::len);
    let most = sites.values().map(resources).max().unwrap_or_default();
    let file = |at: usize| {
        let mut file = whole.clone();
        let of_sites = file["sites"].as_object_mut().expect("it has sites");
        for part in of_sites.values_mut() {
            keep(part, at);
        }
        if let Some(part) = file.get_mut("global") {
            keep(part, at);
        }
        serde_json::to_vec(&file).expect("it is JSON")
    };
    (0..most).map(file).collect()
}

/// Leaves one resource of a part.
fn keep(part: &mut Value, at: usize) {
    if let Some(resources) = part["resources"].as_array_mut() {
        let kept = resources.drain(..).skip(at).take(1).collect();
        *resources = kept;
    }
}

fn states() -> Vec<Vec<u8>> {
    let whole: Value = serde_json::from_str(STATE).expect("the state is JSON");
    let resources = whole["resources"].as_array().expect("it has resources");
    let file = |resource: &Value| {
        let mut file = whole.clone();
        file["resources"] = json!([resource]);
        serde_json::to_vec(&file).expect("it is JSON")
    };
    resources.iter().map(file).collect()
}

/// Reads a file as that.
fn read(form: Form, file: &[u8]) -> Fate {
    let refused = match form {
        Form::Scan => match serde_json::from_slice(file) {
            Ok(scan) => return written_as_read(&scan),
            Err(error) => error.to_string(),
        },
        Form::State => match state::resources("bucket/key", file) {
            Ok(resources) => return counted(&resources),
            Err(unreadable) => unreadable.to_string(),
        },
        Form::Estate => return estate(String::from_utf8_lossy(file)),
    };
    assert!(!refused.is_empty(), "it is refused without a reason");
    Fate::Refused
}

/// Demands that a state says how many resources were read of it.
fn counted(resources: &[Resource]) -> Fate {
    let said = resources[0].attributes.get("resources");
    let others = resources.len() - 1;
    assert!(said == Some(&json!(others)), "it counts {said:?}");
    Fate::Judged
}

/// Demands that a scan is read back as it is.
fn written_as_read(scan: &EstateScan) -> Fate {
    let written = serde_json::to_vec(scan).expect("a scan is JSON");
    let again: EstateScan = serde_json::from_slice(&written).expect("it was written");
    assert!(
        again == *scan,
        "it is written as another:\n{scan:?}\n{again:?}"
    );
    Fate::Judged
}
