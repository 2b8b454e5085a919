//! What a watcher answers. It changes nothing, and tells numbers only: no finding and no secret.

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::header::{CONNECTION, CONTENT_TYPE};
use axum::http::{HeaderValue, StatusCode};
use axum::middleware::map_response;
use axum::response::{IntoResponse, Response};
use axum::routing::get;

use super::metrics::{self, text};
use crate::port::Clock;
use crate::watch::Board;

#[derive(Clone)]
struct Shared {
    board: Arc<Board>,
    clock: Arc<dyn Clock>,
}

/// The answers of a watcher: `GET /metrics`, `GET /healthz`. To be served in a [`crate::adapter::observer::Room`].
pub fn router(board: Arc<Board>, clock: Arc<dyn Clock>) -> Router {
    Router::new()
        .route("/metrics", get(metrics))
        .route("/healthz", get(healthz))
        // One request a connection: none that is kept holds a place of the room.
        .layer(map_response(|mut answer: Response| async {
            let close = HeaderValue::from_static("close");
            answer.headers_mut().insert(CONNECTION, close);
            answer
        }))
        .with_state(Shared { board, clock })
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
