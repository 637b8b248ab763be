//! The attribute, used in every form that it accepts. That each handler still is a plain `fn` is what the calls show;
//! that it is also a component's export is for the host's tests, which run the examples.

use vestibule::{Context, Delivery, Event, Response};

mod event_alone {
    use super::*;

    #[vestibule::handler]
    pub(crate) fn handle(event: Event) -> Response {
        Response::text(event.path())
    }
}

mod both_and_errors_of_several_kinds {
    use super::*;

    #[vestibule::handler]
    pub(crate) fn handle(event: Event, context: Context) -> Result<Response, Box<dyn std::error::Error>> {
        let delivery = context.delivery().ok_or("no delivery")?;
        let count: i64 = event.query("count").ok_or_else(|| "no count".to_owned())?.parse()?;
        let body: Vec<i64> = event.json()?;
        Ok(Response::json(&(delivery.scheme(), body.len() as i64 + count)))
    }
}

mod a_str_as_error {
    use super::*;

    #[vestibule::handler]
    pub(crate) fn handle(_: Event) -> Result<Response, &'static str> {
        Err("out of order")
    }
}

mod a_pattern_and_an_attribute {
    use super::*;

    /// Answers when it was called.
    #[vestibule::handler]
    #[must_use]
    pub(crate) fn handle(_event: Event, mut context: Context) -> Response {
        context = context.with_delivery(Delivery::new("github"));
        vestibule::log::info!("{} called", context.function());
        Response::json(&context.delivery().map(Delivery::scheme))
    }
}

#[test]
fn a_handler_stays_a_plain_function() {
    assert_eq!(event_alone::handle(Event::get("/a/b?c")).body_text(), Ok("/a/b"));
    assert_eq!(a_str_as_error::handle(Event::get("/")).unwrap_err(), "out of order");
    let response = a_pattern_and_an_attribute::handle(Event::get("/"), Context::default());
    assert_eq!(response.body_text(), Ok("\"github\""));
}

#[test]
fn the_question_mark_takes_every_error() {
    use both_and_errors_of_several_kinds::handle;

    let failed = |event: Event, context: Context| handle(event, context).unwrap_err().to_string();
    let context = || Context::default().with_delivery(Delivery::new("stripe"));
    assert_eq!(failed(Event::get("/"), Context::default()), "no delivery");
    assert_eq!(failed(Event::get("/"), context()), "no count");
    assert_eq!(failed(Event::get("/?count=x"), context()), "invalid digit found in string");
    assert!(failed(Event::post("/?count=1", "{"), context()).starts_with("body: "));

    let response = handle(Event::post("/?count=1", "[7,8]"), context()).unwrap();
    assert_eq!(response.body_json(), Ok(("stripe", 3)));
}
