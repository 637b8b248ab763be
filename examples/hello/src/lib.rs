//! Greets whoever is named in the query: `/hello?name=Ada`.

use vestibule::{Event, Response};

#[vestibule::handler]
fn handle(event: Event) -> Response {
    let name = event.query("name").filter(|name| !name.is_empty()).unwrap_or("world");
    Response::text(format!("Hello, {name}!\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn greets_by_name() {
        let response = handle(Event::get("/hello?name=Ada+Lovelace"));
        assert_eq!(response.status(), 200);
        assert_eq!(response.body_text(), Ok("Hello, Ada Lovelace!\n"));
    }

    #[test]
    fn greets_the_world_without_a_name() {
        assert_eq!(handle(Event::get("/hello")).body_text(), Ok("Hello, world!\n"));
        assert_eq!(handle(Event::get("/hello?name=")).body_text(), Ok("Hello, world!\n"));
    }
}
