//! What an observer answers. It changes nothing and tells nothing but measurements.

use std::sync::Arc;

use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde::{Deserialize, Serialize};

use super::room::one_request_each;
use super::{Observer, Unmeasured};
use crate::adapter::http::Second;
use crate::model::SiteId;
use crate::port::Clock;

#[derive(Clone)]
struct Shared {
    observer: Arc<Observer>,
    clock: Arc<dyn Clock>,
}

/// The answers of an observer: `GET /v1/clients?over_s=N`, `GET /v1/reach?site=NAME`, `GET /healthz`.
pub fn router(observer: Arc<Observer>, clock: Arc<dyn Clock>) -> Router {
    let router = Router::new()
        .route("/v1/clients", get(clients))
        .route("/v1/reach", get(reach))
        .route("/healthz", get(|| async { "ok\n" }));
    one_request_each(router).with_state(Shared { observer, clock })
}

#[derive(Deserialize)]
struct Over {
    over_s: u64,
}

#[derive(Serialize)]
struct Seconds {
    seconds: Vec<Second>,
}

async fn clients(State(shared): State<Shared>, Query(over): Query<Over>) -> Json<Seconds> {
    let seconds = shared.observer.seconds(shared.clock.now(), over.over_s);
    Json(Seconds { seconds })
}

#[derive(Deserialize)]
struct Which {
    site: String,
}

#[derive(Serialize)]
struct Reached {
    reached: bool,
}

async fn reach(State(shared): State<Shared>, Query(which): Query<Which>) -> Response {
    let reached = match which.site.parse::<SiteId>() {
        Ok(site) => shared.observer.reaches(&site).await,
        Err(_) => Err(Unmeasured::NoSuchSite),
    };
    match reached {
        Ok(reached) => Json(Reached { reached }).into_response(),
        Err(why) => {
            let status = match why {
                Unmeasured::NoSuchSite => StatusCode::NOT_FOUND,
                Unmeasured::NoRoom => StatusCode::SERVICE_UNAVAILABLE,
            };
            (status, format!("{why}\n")).into_response()
        }
    }
}
