//! Greets whoever is named in the query: `/NAME?name=Ada`.

use serde::{Deserialize, Serialize};
use vestibule::{Event, Response};

/// What the query may say.
#[derive(Deserialize)]
struct Query {
    name: Option<String>,
    /// How often to greet.
    times: Option<usize>,
}

/// What is answered, as JSON.
#[derive(Serialize)]
struct Answer {
    greeting: String,
}

#[vestibule::handler]
fn handle(event: Event) -> Result<Response, Response> {
    // A query that does not read as one is answered with 400 and what is wrong with it.
    let query: Query = event.query_as()?;
    let name = query.name.as_deref().unwrap_or("world");
    let times = query.times.unwrap_or(1).clamp(1, 3);
    let greeting = vec![format!("Hello, {name}!"); times].join(" ");
    Ok(Response::json(&Answer { greeting }))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    const ROUTE: &str = "/NAME";

    fn get(query: &str) -> (u16, Value) {
        let event = Event::get(&format!("{ROUTE}{query}"));
        let response = handle(event).unwrap_or_else(|refused| refused);
        (response.status(), response.body_json().unwrap())
    }

    #[test]
    fn greets_by_name() {
        let expected = json!({ "greeting": "Hello, Ada!" });
        assert_eq!(get("?name=Ada"), (200, expected));
    }

    #[test]
    fn greets_the_world_without_a_name_and_as_often_as_asked() {
        let expected = json!({ "greeting": "Hello, world! Hello, world!" });
        assert_eq!(get("?times=2"), (200, expected));
    }

    #[test]
    fn says_what_is_wrong_with_a_query() {
        let (status, answer) = get("?times=many");
        assert_eq!(status, 400);
        let error = answer["error"].as_str().unwrap();
        assert!(error.starts_with("query: "), "{error}");
    }
}
