//! How long it takes to read two security groups and to say in which packets they differ: one after the other as discovery
//! writes them, each way, with the addresses of one of them relocated.

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use dr_core::drift::packet::{Admitted, Direction, Relocation, Symbol};
use serde_json::{Value, json};

/// Rules as people write them: few services, each from some blocks and groups of the site.
fn plain(count: u16, site: u8) -> Vec<Value> {
    const PORTS: [u16; 8] = [22, 80, 443, 5432, 6379, 8080, 9090, 9100];
    let rules = (0..count).map(|n| {
        let port = PORTS[usize::from(n) % PORTS.len()];
        let (field, peer) = match n % 5 {
            0 => ("group", format!("sg-{n}")),
            _ => ("cidr", format!("10.{site}.{}.{}/28", n / 16, n % 16 * 16)),
        };
        json!({"protocol": "tcp", "from-port": port, "to-port": port, field: peer, "description": "a word"})
    });
    rules.collect()
}

/// The worst there is: every range of ports within the one before, no two blocks together.
fn nested(count: u16, site: u8) -> Vec<Value> {
    let rules = (0..count).map(|n| {
        let cidr = format!("10.{site}.{}.{}/31", n / 64, n % 64 * 4);
        json!({"protocol": "tcp", "from-port": n, "to-port": 65535 - n, "cidr": cidr})
    });
    rules.collect()
}

fn packets(criterion: &mut Criterion) {
    let block = |text: &str| text.parse().expect("a block");
    let away = [(block("10.0.0.0/16"), block("10.1.0.0/16"))];
    let away = Relocation::new(away).expect("one pair");
    let stay = Relocation::default();
    let read = |rules: &[Value], relocation: &Relocation| {
        let role = |id: &str| Symbol(id.to_owned());
        Admitted::of_group(rules, Direction::Ingress, role, relocation).expect("good rules")
    };
    for (name, rules) in [
        ("plain", plain as fn(u16, u8) -> Vec<Value>),
        ("nested", nested),
    ] {
        for count in [60, 1_000] {
            let (here, mut there) = (rules(count, 0), rules(count, 1));
            there.pop();
            let (one, two) = (read(&here, &away), read(&there, &stay));
            assert!(one.without(&two).is_some() && two.without(&one).is_none());
            criterion.bench_function(&format!("read {count} {name} rules"), |bencher| {
                bencher.iter(|| read(black_box(&here), &away));
            });
            criterion.bench_function(&format!("compare 2 x {count} {name} rules"), |bencher| {
                bencher.iter(|| (black_box(&one).without(&two), two.without(&one)));
            });
        }
    }
}

criterion_group!(benches, packets);
criterion_main!(benches);
