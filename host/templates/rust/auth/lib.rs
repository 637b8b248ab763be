//! Says who is calling, and lets editors do what others may not: `GET /NAME` and `POST /NAME`. The
//! host has checked who it is before this runs, as `NAME.toml` says; nobody else gets here.

use serde::Deserialize;
use serde_json::json;
use vestibule::{Context, Event, Response, log};

/// What an editor sends.
#[derive(Deserialize)]
struct Change {
    title: String,
}

#[vestibule::handler]
fn handle(event: Event, context: Context) -> Result<Response, Response> {
    // Without this, a policy that lost its [auth] would let anybody in.
    let Some(caller) = context.identity() else {
        log::error!("the policy of this function has no [auth]");
        return Err(Response::empty().with_status(500));
    };
    if event.method() == "POST" {
        // Every caller may ask; this needs more. The answer to others is 403.
        context.require_role("editor")?;
        let change: Change = event.json()?;
        let by = caller.subject();
        log::info!("{by} changes the title to {:?}", change.title);
        let answer = json!({ "by": by, "title": change.title });
        return Ok(Response::json(&answer));
    }
    let answer = json!({ "subject": caller.subject(), "roles": caller.roles() });
    Ok(Response::json(&answer))
}

#[cfg(test)]
mod tests {
    use serde_json::Value;
    use vestibule::Identity;

    use super::*;

    const ROUTE: &str = "/NAME";
    const PROVIDER: &str = "NAME";
    const CHANGE: &str = include_str!("../fixtures/example.json");

    /// A call of somebody whom the host knows.
    fn called_by(identity: Identity) -> Context {
        Context::default().with_identity(identity)
    }

    fn ada() -> Identity {
        Identity::new(PROVIDER, "ada").with_role("editor")
    }

    #[test]
    fn says_who_is_calling() {
        let response = handle(Event::get(ROUTE), called_by(ada())).unwrap();
        let expected = json!({ "subject": "ada", "roles": ["editor"] });
        assert_eq!(response.body_json::<Value>().unwrap(), expected);
    }

    #[test]
    fn an_editor_changes_the_title_and_others_do_not() {
        let response = handle(Event::post(ROUTE, CHANGE), called_by(ada())).unwrap();
        let expected = json!({ "by": "ada", "title": "Opening hours" });
        assert_eq!(response.body_json::<Value>().unwrap(), expected);

        let reader = called_by(Identity::new(PROVIDER, "bob").with_role("reader"));
        let refused = handle(Event::post(ROUTE, CHANGE), reader).unwrap_err();
        assert_eq!(refused.status(), 403);
    }

    #[test]
    fn says_what_is_wrong_with_a_change() {
        let refused = handle(Event::post(ROUTE, "{}"), called_by(ada())).unwrap_err();
        assert_eq!(refused.status(), 400);
    }

    #[test]
    fn does_nothing_for_nobody() {
        let refused = handle(Event::get(ROUTE), Context::default()).unwrap_err();
        assert_eq!(refused.status(), 500);
    }
}
