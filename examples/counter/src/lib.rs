//! Counts: `POST /counter` counts one more and answers the number, `GET /counter` reads it. However many ask at once, on
//! however many functions that share the store, no number is given twice and none is lost.

use vestibule::{Event, Response, kv};

/// The one key in the store.
const KEY: &str = "count";

#[vestibule::handler]
fn handle(event: Event) -> Result<Response, kv::Error> {
    let counter = kv::open("counter")?;
    let count = match event.method() {
        "POST" => counter.increment(KEY, 1)?.to_string().into_bytes(),
        // A number is kept as its digits.
        _ => counter.get(KEY)?.unwrap_or_else(|| b"0".to_vec()),
    };
    Ok(Response::bytes(count).with_header("content-type", "text/plain"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(event: Event) -> String {
        handle(event).unwrap().body_text().unwrap().to_owned()
    }

    #[test]
    fn every_post_counts_and_reading_does_not() {
        assert_eq!(answer(Event::get("/counter")), "0");
        assert_eq!(answer(Event::post("/counter", "")), "1");
        assert_eq!(answer(Event::post("/counter", "")), "2");
        assert_eq!(answer(Event::get("/counter")), "2");
        assert_eq!(answer(Event::get("/counter")), "2");
    }

    #[test]
    fn goes_on_from_what_is_in_the_store() {
        kv::open("counter").unwrap().set(KEY, "41").unwrap();
        assert_eq!(answer(Event::post("/counter", "")), "42");
    }
}
