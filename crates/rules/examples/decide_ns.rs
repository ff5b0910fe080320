//! How long one decision takes: the colour of a state and the action at a gate, in nanoseconds.
//!
//! `cargo run --release -p gridpass-rules --example decide_ns` prints one JSON line. The
//! situations rotate, so that the branch predictor cannot learn one answer.

use std::hint::black_box;
use std::io::Write;
use std::time::Instant;

use gridpass_rules::words::{Checked, Contact, Employment, Health, Registry, Residence, Stay};
use gridpass_rules::{AreaStatus, Direction, GateContext, Relation, State, default_rule_set};

const SITUATIONS: usize = 4096;
const ROUNDS: usize = 2_000;
const REPEATS: usize = 5;

fn main() -> std::io::Result<()> {
    let rules = default_rule_set();
    let states: Vec<State> = (0..SITUATIONS).map(state).collect();
    let at = jiff::Timestamp::UNIX_EPOCH;
    let mut best = f64::INFINITY;
    for _ in 0..REPEATS {
        let start = Instant::now();
        for _ in 0..ROUNDS {
            for (index, state) in states.iter().enumerate() {
                let colour = rules.decide_colour(black_box(state), at);
                let gate = rules.decide_gate(black_box(&context(index, colour.colour)));
                black_box((colour, gate));
            }
        }
        let decisions = u32::try_from(ROUNDS * SITUATIONS).unwrap_or(u32::MAX);
        best = best.min(start.elapsed().as_secs_f64() * 1e9 / f64::from(decisions));
    }
    writeln!(std::io::stdout(), "{{\"decide_ns\": {best:.1}}}")
}

/// A spread of states, mostly ordinary ones, as at a real gate.
fn state(index: usize) -> State {
    let mixed = index.wrapping_mul(0x9e37_79b9) >> 7;
    State {
        contact: pick(mixed, 97, Contact::Close, Contact::None),
        health: pick(mixed, 41, Health::Symptoms, Health::Normal),
        stay: pick(mixed, 29, Stay::Declared, Stay::None),
        registry: pick(mixed, 23, Registry::Conflict, Registry::Matched),
        residence: pick(mixed, 3, Residence::Declared, Residence::Verified),
        employment: pick(mixed, 2, Employment::Verified, Employment::None),
        ..State::EMPTY
    }
}

fn context(index: usize, colour: gridpass_rules::Colour) -> GateContext {
    GateContext {
        colour,
        area: pick(index, 17, AreaStatus::Controlled, AreaStatus::Normal),
        direction: pick(index, 2, Direction::In, Direction::Out),
        relation: pick(index, 5, Relation::Visitor, Relation::LivesHere),
        checked: pick(index, 11, Checked::Yes, Checked::No),
        temperature: pick(index, 7, None, Some(36.5)),
    }
}

fn pick<T>(index: usize, every: usize, rare: T, usual: T) -> T {
    if index.is_multiple_of(every) {
        rare
    } else {
        usual
    }
}
