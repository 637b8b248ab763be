//! Receives GitHub's webhooks and says who pushed what. Other events are acknowledged and left alone.
//!
//! In the webhook's settings choose `application/json` as its content type.

use serde::{Deserialize, Serialize};
use serde_json::json;
use vestibule::{Context, Event, Response, log};

/// What a push event is read for.
#[derive(Deserialize)]
struct Push<'a> {
    r#ref: &'a str,
    repository: Repository<'a>,
    pusher: Pusher<'a>,
    commits: Vec<Commit>,
}

#[derive(Deserialize)]
struct Repository<'a> {
    full_name: &'a str,
}

#[derive(Deserialize)]
struct Pusher<'a> {
    name: &'a str,
}

#[derive(Deserialize, Serialize)]
struct Commit {
    id: String,
    message: String,
}

#[vestibule::handler]
fn handle(event: Event, context: Context) -> Result<Response, &'static str> {
    // Without this line, a policy that lost its [verify] would let anyone tell us about pushes.
    let delivery = context.delivery().ok_or("the policy of this function has no [verify]")?;

    Ok(match delivery.event_type() {
        Some("push") => push(&event),
        Some("ping") => Response::json(&json!({ "message": "pong" })),
        other => Response::json(&json!({ "ignored": other })).with_status(202),
    })
}

fn push(event: &Event) -> Response {
    let push: Push<'_> = match event.json() {
        Ok(push) => push,
        Err(error) => return error.into(),
    };
    log::info!("{} pushed {} commits to {}", push.pusher.name, push.commits.len(), push.repository.full_name);
    Response::json(&json!({
        "pusher": push.pusher.name,
        "repository": push.repository.full_name,
        "ref": push.r#ref,
        "commits": push.commits,
    }))
}

#[cfg(test)]
mod tests {
    use serde_json::Value;
    use vestibule::Delivery;

    use super::*;

    fn delivered(event_type: &str) -> Context {
        Context::default().with_delivery(Delivery::new("github").with_event_type(event_type))
    }

    #[test]
    fn says_who_pushed_what() {
        let body = json!({
            "ref": "refs/heads/main",
            "repository": { "id": 1, "full_name": "octo/hello" },
            "pusher": { "name": "octocat", "email": null },
            "commits": [{ "id": "f00d", "message": "Fix the door", "distinct": true }],
        });
        let response = handle(Event::post("/github-webhook", body.to_string()), delivered("push")).unwrap();
        assert_eq!(response.status(), 200);
        assert_eq!(
            response.body_json::<Value>().unwrap(),
            json!({
                "pusher": "octocat",
                "repository": "octo/hello",
                "ref": "refs/heads/main",
                "commits": [{ "id": "f00d", "message": "Fix the door" }],
            })
        );
    }

    #[test]
    fn answers_a_ping() {
        let response = handle(Event::post("/github-webhook", "{}"), delivered("ping")).unwrap();
        assert_eq!(response.body_text(), Ok(r#"{"message":"pong"}"#));
    }

    #[test]
    fn acknowledges_other_events() {
        let response = handle(Event::post("/github-webhook", "{}"), delivered("issues")).unwrap();
        assert_eq!(response.status(), 202);
        assert_eq!(response.body_text(), Ok(r#"{"ignored":"issues"}"#));
    }

    #[test]
    fn says_what_is_wrong_with_a_body() {
        let response = handle(Event::post("/github-webhook", "payload=%7B%7D"), delivered("push")).unwrap();
        assert_eq!(response.status(), 400);
    }

    #[test]
    fn does_nothing_without_a_verified_delivery() {
        assert!(handle(Event::post("/github-webhook", "{}"), Context::default()).is_err());
    }
}
