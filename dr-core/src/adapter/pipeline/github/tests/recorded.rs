//! A small server that behaves as GitHub documents it, on loopback: workflow dispatches, runs, jobs.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

pub(super) const TOKEN: &str = "ghp_s3cr3t";

/// What happens to a dispatch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Dispatch {
    /// It is carried out and answered.
    Works,
    /// It is carried out; the connection breaks before the answer.
    AnswerLost,
    /// The connection breaks before it is carried out.
    Unheard,
    /// It is carried out and answered with a failure of the server.
    FailsAfter,
    /// It is refused: status, message, a header.
    Refused(u16, &'static str, Option<(&'static str, &'static str)>),
}

/// A run as the server has it.
#[derive(Debug, Clone)]
pub(super) struct Recorded {
    pub(super) title: String,
    pub(super) inputs: Value,
    pub(super) attempt: u64,
    /// What each look finds, the last one for ever: status and conclusion.
    pub(super) script: VecDeque<(&'static str, Option<&'static str>)>,
    /// How many times the list is read until it stands there.
    pub(super) unlisted: u32,
    pub(super) is_cancelled: bool,
    /// What the last look found.
    now: (&'static str, Option<&'static str>),
}

impl Recorded {
    /// The next look, and what it finds.
    fn step(&mut self) -> (&'static str, Option<&'static str>) {
        if self.is_cancelled {
            return ("completed", Some("cancelled"));
        }
        match self.script.len() {
            1 => self.script[0],
            _ => self.script.pop_front().expect("a script is never empty"),
        }
    }

    pub(super) fn is_over(&self) -> bool {
        self.is_cancelled || self.script.front().is_some_and(|now| now.0 == "completed")
    }
}

/// What the server holds, and what it was asked.
#[derive(Debug)]
pub(super) struct State {
    pub(super) runs: Vec<Recorded>,
    pub(super) dispatches: VecDeque<Dispatch>,
    /// The scripts of the runs to come.
    pub(super) scripts: VecDeque<Vec<(&'static str, Option<&'static str>)>>,
    /// The title of a run to come, with `{}` for its request.
    pub(super) run_name: &'static str,
    pub(super) unlisted: u32,
    /// Runs of one site go one after another.
    pub(super) one_at_a_time: bool,
    /// Looks at a run that fail, still to come.
    pub(super) failing_looks: u32,
    pub(super) asked: Vec<String>,
}

impl Default for State {
    fn default() -> Self {
        Self {
            runs: Vec::new(),
            dispatches: VecDeque::new(),
            scripts: VecDeque::new(),
            run_name: "Provision [{}]",
            unlisted: 0,
            one_at_a_time: false,
            failing_looks: 0,
            asked: Vec::new(),
        }
    }
}

type Answer = (u16, Value, Option<(&'static str, &'static str)>);

impl State {
    fn begin(&mut self, inputs: Value) {
        let request = inputs["request"].as_str().unwrap_or_default();
        let script = self.scripts.pop_front().unwrap_or_else(|| {
            vec![
                ("queued", None),
                ("in_progress", None),
                ("completed", Some("success")),
            ]
        });
        self.runs.push(Recorded {
            title: self.run_name.replace("{}", request),
            inputs,
            attempt: 1,
            script: script.into(),
            unlisted: self.unlisted,
            is_cancelled: false,
            now: ("queued", None),
        });
    }

    /// A run as the API tells it. Ids count from 101.
    fn told(&self, index: usize, (status, conclusion): (&str, Option<&str>)) -> Value {
        let run = &self.runs[index];
        json!({
            "id": 101 + index,
            "run_number": 1 + index,
            "run_attempt": run.attempt,
            "name": "Provision",
            "display_title": run.title,
            "status": status,
            "conclusion": conclusion,
            "html_url": format!("https://github.example/runs/{}", 101 + index),
        })
    }

    fn list(&mut self) -> Value {
        let mut listed = Vec::new();
        for index in (0..self.runs.len()).rev() {
            let run = &mut self.runs[index];
            if run.unlisted > 0 {
                run.unlisted -= 1;
                continue;
            }
            let now = run.script[0];
            listed.push(self.told(index, now));
        }
        json!({ "total_count": listed.len(), "workflow_runs": listed })
    }

    fn look(&mut self, index: usize) -> Value {
        let is_behind = self.one_at_a_time && self.runs[..index].iter().any(|run| !run.is_over());
        let now = if is_behind {
            ("pending", None)
        } else {
            self.runs[index].step()
        };
        self.runs[index].now = now;
        self.told(index, now)
    }

    fn jobs(&self, index: usize) -> Value {
        let (status, conclusion) = self.runs[index].now;
        json!({ "jobs": [{
            "name": "apply",
            "status": status,
            "conclusion": conclusion,
            "html_url": format!("https://github.example/runs/{}/job/7", 101 + index),
            "steps": [
                { "name": "Plan", "status": "completed", "conclusion": "success" },
                { "name": "Apply that plan", "status": status, "conclusion": conclusion },
            ],
        }] })
    }

    /// What is answered; `None` breaks the connection.
    fn answer(&mut self, method: &str, path: &str, token: &str, body: &[u8]) -> Option<Answer> {
        self.asked.push(format!("{method} {path}"));
        let plain = |status, message: &str| Some((status, json!({ "message": message }), None));
        if token != format!("Bearer {TOKEN}") {
            return plain(401, "Bad credentials");
        }
        let path = path
            .strip_prefix("/repos/acme/infra/actions/")
            .unwrap_or("");
        let (path, _) = path.split_once('?').unwrap_or((path, ""));
        let parts: Vec<&str> = path.split('/').collect();
        let index = |id: &str| id.parse::<usize>().ok()?.checked_sub(101);
        match (method, parts.as_slice()) {
            ("GET", ["workflows", "provision.yml", "runs"]) => Some((200, self.list(), None)),
            ("GET", ["runs", _]) if self.failing_looks > 0 => {
                self.failing_looks -= 1;
                Some((502, json!("<html>"), None))
            }
            ("GET", ["runs", id]) => Some((200, self.look(index(id)?), None)),
            ("GET", ["runs", id, "jobs"]) => Some((200, self.jobs(index(id)?), None)),
            ("POST", ["runs", id, "cancel"]) => {
                self.runs[index(id)?].is_cancelled = true;
                Some((202, json!({}), None))
            }
            ("POST", ["workflows", "provision.yml", "dispatches"]) => {
                let body: Value = serde_json::from_slice(body).ok()?;
                assert_eq!(body["ref"], "main");
                self.dispatch(body["inputs"].clone())
            }
            _ => plain(404, "Not Found"),
        }
    }

    fn dispatch(&mut self, inputs: Value) -> Option<Answer> {
        let fate = self.dispatches.pop_front().unwrap_or(Dispatch::Works);
        match fate {
            Dispatch::Works => {
                self.begin(inputs);
                Some((204, Value::Null, None))
            }
            Dispatch::AnswerLost => {
                self.begin(inputs);
                None
            }
            Dispatch::Unheard => None,
            Dispatch::FailsAfter => {
                self.begin(inputs);
                Some((502, json!({ "message": "Server Error" }), None))
            }
            Dispatch::Refused(status, message, header) => {
                Some((status, json!({ "message": message }), header))
            }
        }
    }
}

/// The server. It stops with the runtime that it was started on.
#[derive(Clone)]
pub(super) struct GitHub {
    pub(super) state: Arc<Mutex<State>>,
    pub(super) address: String,
}

impl GitHub {
    pub(super) async fn start(state: State) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let state = Arc::new(Mutex::new(state));
        let shared = state.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, shared.clone()));
            }
        });
        Self { state, address }
    }

    /// How often something was asked that begins so.
    pub(super) fn asked(&self, beginning: &str) -> usize {
        let state = self.state.lock().unwrap();
        let asked = state.asked.iter();
        asked.filter(|call| call.starts_with(beginning)).count()
    }

    pub(super) fn dispatches(&self) -> usize {
        self.asked("POST /repos/acme/infra/actions/workflows/")
    }
}

/// One request, one answer, as HTTP/1.1 has it (RFC 9112).
async fn serve(stream: TcpStream, state: Arc<Mutex<State>>) -> Option<()> {
    let mut stream = BufReader::new(stream);
    let mut first = String::new();
    stream.read_line(&mut first).await.ok()?;
    let mut words = first.split_whitespace();
    let (method, path) = (words.next()?, words.next()?);
    let (mut length, mut token) = (0, String::new());
    loop {
        let mut line = String::new();
        stream.read_line(&mut line).await.ok()?;
        let Some((name, value)) = line.trim_end().split_once(": ") else {
            break;
        };
        match name.to_lowercase().as_str() {
            "content-length" => length = value.parse().ok()?,
            "authorization" => token = value.to_owned(),
            _ => {}
        }
    }
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await.ok()?;
    let answer = state.lock().unwrap().answer(method, path, &token, &body);
    let (status, body, header) = answer?;
    let body = if status == 204 {
        String::new()
    } else {
        body.to_string()
    };
    let header = header.map_or_else(String::new, |(name, value)| format!("{name}: {value}\r\n"));
    let length = body.len();
    let answer = format!(
        "HTTP/1.1 {status} x\r\ncontent-length: {length}\r\nconnection: close\r\n{header}\r\n{body}"
    );
    stream.write_all(answer.as_bytes()).await.ok()?;
    stream.shutdown().await.ok()
}
