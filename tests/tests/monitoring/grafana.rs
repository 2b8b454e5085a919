//! A server that behaves as Grafana's documented interface does for one data source (Grafana, "Data source HTTP API"; what the
//! documentation leaves open is as in `pkg/api/datasources.go` of Grafana 11).

use std::sync::{Arc, Mutex};

use serde_json::{Map, Value as Json, json};

use crate::web::{Asked, Sent, Web};

/// The token of the service account.
pub(super) const TOKEN: &str = "glsa_only-for-this-test";
/// The data source.
pub(super) const UID: &str = "prom-1";

/// What it holds, and how it misbehaves.
pub(super) struct Held {
    /// As `GET` tells it.
    pub(super) source: Map<String, Json>,
    /// What is kept encrypted: told by no answer.
    pub(super) secrets: Map<String, Json>,
    /// The address that is healthy.
    pub(super) healthy: String,
    /// So many changes of somebody else come between a reading and the next change.
    pub(super) raced: u32,
    /// What is answered in place of the next change, after it was made.
    pub(super) lost: Option<Sent>,
}

/// The server.
pub(super) struct Grafana {
    pub(super) web: Web,
    held: Arc<Mutex<Held>>,
}

impl Grafana {
    /// Draws from `url`, which is healthy as soon as `healthy` is it.
    pub(super) fn start(url: &str, healthy: &str) -> Self {
        let source = json!({
            "id": 7, "uid": UID, "orgId": 1, "name": "Prometheus", "type": "prometheus",
            "typeLogoUrl": "public/app/plugins/datasource/prometheus/img/prometheus_logo.svg",
            "access": "proxy", "url": url, "user": "", "database": "", "basicAuth": true,
            "basicAuthUser": "reader", "withCredentials": false, "isDefault": true,
            "jsonData": { "httpMethod": "POST", "timeInterval": "15s", "manageAlerts": true },
            "secureJsonFields": { "basicAuthPassword": true }, "version": 3, "readOnly": false,
        });
        let secrets = json!({ "basicAuthPassword": "s3cret" });
        let object = |value: Json| value.as_object().unwrap().clone();
        let held = Arc::new(Mutex::new(Held {
            source: object(source),
            secrets: object(secrets),
            healthy: healthy.to_owned(),
            raced: 0,
            lost: None,
        }));
        let kept = held.clone();
        let web = Web::serve(move |asked| answer(&mut kept.lock().unwrap(), asked));
        Self { web, held }
    }

    /// Changes what it holds.
    pub(super) fn with(&self, change: impl FnOnce(&mut Held)) {
        change(&mut self.held.lock().unwrap());
    }

    /// The data source, whole.
    pub(super) fn source(&self) -> Map<String, Json> {
        self.held.lock().unwrap().source.clone()
    }

    /// What it keeps encrypted.
    pub(super) fn secrets(&self) -> Map<String, Json> {
        self.held.lock().unwrap().secrets.clone()
    }
}

fn answer(held: &mut Held, asked: &Asked) -> Sent {
    let authorization = asked.header("authorization").unwrap_or_default();
    if authorization != format!("Bearer {TOKEN}") {
        // A real one does not repeat it; a proxy in front may.
        let message = format!("Invalid API key: {authorization}");
        return Sent::json(401, &json!({ "message": message }));
    }
    let source = format!("/api/datasources/uid/{UID}");
    match (asked.method.as_str(), asked.path.strip_prefix(&source)) {
        ("GET", Some("")) => Sent::json(200, &Json::Object(held.source.clone())),
        ("GET", Some("/health")) => health(held, asked),
        ("PUT", Some("")) => {
            let answer = put(held, asked);
            held.lost.take().unwrap_or(answer)
        }
        _ => Sent::json(404, &json!({ "message": "Data source not found" })),
    }
}

fn health(held: &Held, asked: &Asked) -> Sent {
    let is_fresh = asked.header("x-grafana-nocache") == Some("true");
    if is_fresh && held.source["url"] == json!(held.healthy) {
        let message = "Successfully queried the Prometheus API.";
        return Sent::json(200, &json!({ "status": "OK", "message": message }));
    }
    let message = "connect: connection refused";
    Sent::json(400, &json!({ "status": "ERROR", "message": message }))
}

fn put(held: &mut Held, asked: &Asked) -> Sent {
    let Ok(Json::Object(wanted)) = serde_json::from_slice(&asked.body) else {
        return Sent::json(400, &json!({ "message": "bad request data" }));
    };
    if held.source["readOnly"] == json!(true) {
        return Sent::json(
            403,
            &json!({ "message": "Cannot update read-only data source" }),
        );
    }
    if held.raced > 0 {
        held.raced -= 1;
        held.source["jsonData"]["timeInterval"] = json!(format!("{}s", 30 + held.raced));
        held.source["version"] = json!(held.source["version"].as_u64().unwrap() + 1);
    }
    if wanted.get("version") != held.source.get("version") {
        let message =
            "Datasource has already been updated by someone else. Please reload and try again";
        return Sent::json(409, &json!({ "message": message }));
    }
    // A change is the whole data source: what it does not name is lost, but for what is kept encrypted.
    const TOLD: [&str; 10] = [
        "name",
        "type",
        "access",
        "url",
        "user",
        "database",
        "basicAuth",
        "basicAuthUser",
        "withCredentials",
        "isDefault",
    ];
    for key in TOLD {
        held.source[key] = wanted.get(key).cloned().unwrap_or(Json::Null);
    }
    held.source["jsonData"] = wanted.get("jsonData").cloned().unwrap_or(json!({}));
    if let Some(secrets) = wanted.get("secureJsonData").and_then(Json::as_object) {
        held.secrets.extend(secrets.clone());
    }
    held.source["version"] = json!(held.source["version"].as_u64().unwrap() + 1);
    let source = Json::Object(held.source.clone());
    let message = "Datasource updated";
    Sent::json(
        200,
        &json!({ "datasource": source, "id": 7, "message": message, "name": "Prometheus" }),
    )
}
