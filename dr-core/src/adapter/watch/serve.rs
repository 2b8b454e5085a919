//! What a watcher answers. It changes nothing, and tells numbers only: no finding and no secret.

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use axum::routing::get;

use super::metrics::{self, text};
use crate::adapter::observer::one_request_each;
use crate::port::Clock;
use crate::watch::Board;

#[derive(Clone)]
struct Shared {
    board: Arc<Board>,
    clock: Arc<dyn Clock>,
}

/// The answers of a watcher: `GET /metrics`, `GET /healthz`. To be served in a [`crate::adapter::observer::Room`].
pub fn router(board: Arc<Board>, clock: Arc<dyn Clock>) -> Router {
    let router = Router::new()
        .route("/metrics", get(metrics))
        .route("/healthz", get(healthz));
    one_request_each(router).with_state(Shared { board, clock })
}

async fn metrics(State(shared): State<Shared>) -> Response {
    let status = shared.board.status();
    match text(&status, shared.clock.now()) {
        Ok(text) => ([(CONTENT_TYPE, metrics::CONTENT_TYPE)], text).into_response(),
        Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, format!("{error}\n")).into_response(),
    }
}

async fn healthz(State(shared): State<Shared>) -> Response {
    match shared.board.status().health(shared.clock.now()) {
        Ok(()) => "ok\n".into_response(),
        Err(why) => (StatusCode::SERVICE_UNAVAILABLE, format!("{why}\n")).into_response(),
    }
}
