//! The monitoring adapters: against a real Prometheus, and against a server that behaves as Grafana's documented interface.
#![expect(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a test panics with what it met, and waits for real servers"
)]

mod dashboards;
mod grafana;
mod metrics;
mod prometheus;
mod stage;
mod web;
