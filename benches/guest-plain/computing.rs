//! Computes as many turns as `?turns=` says: for the benchmark of what happens when there is more to compute than can be.

wit_bindgen::generate!({
    world: "function",
    path: "../../wit",
    generate_all,
});

use std::hint::black_box;
use std::num::ParseIntError;

use exports::vestibule::function::handler::{Context, Event, Guest, Response};

struct Computing;

export!(Computing);

impl Guest for Computing {
    fn handle(event: Event, _context: Context) -> Result<Response, String> {
        let turns = event.query.strip_prefix("turns=").unwrap_or("0");
        let turns: u64 = turns.parse().map_err(|error: ParseIntError| error.to_string())?;
        let mut number = 0_u64;
        for turn in 0..turns {
            number = black_box(number.rotate_left(5) ^ turn);
        }
        Ok(Response { status: 200, headers: Vec::new(), body: format!("{number:016x}\n").into_bytes() })
    }
}
