//! Says who is calling, from the token that the host has checked.

use serde::Deserialize;
use serde_json::json;
use vestibule::{Context, Event, Response};

/// Claims that the provider may put into its tokens.
#[derive(Deserialize)]
struct Claims {
    name: Option<String>,
    email: Option<String>,
}

#[vestibule::handler]
fn handle(_event: Event, context: Context) -> Result<Response, Box<dyn std::error::Error>> {
    let caller = context.identity().ok_or("the policy of this function has no [auth]")?;
    let claims: Claims = caller.claims()?;
    Ok(Response::json(&json!({
        "subject": caller.subject(),
        "roles": caller.roles(),
        "admin": caller.has_role("admin"),
        "name": claims.name,
        "email": claims.email,
    })))
}

#[cfg(test)]
mod tests {
    use serde_json::Value;
    use vestibule::Identity;

    use super::*;

    #[test]
    fn says_who_is_calling() {
        let ada = Identity::new("demo", "user-1")
            .with_role("admin")
            .with_role("editor")
            .with_claims(r#"{"sub": "user-1", "name": "Ada", "roles": ["admin", "editor"], "exp": 1700000000}"#);
        let response = handle(Event::get("/me"), Context::default().with_identity(ada)).unwrap();
        let expected = json!({
            "subject": "user-1",
            "roles": ["admin", "editor"],
            "admin": true,
            "name": "Ada",
            "email": null,
        });
        assert_eq!(response.body_json::<Value>().unwrap(), expected);
    }

    #[test]
    fn fails_without_a_caller_and_on_claims_of_another_shape() {
        assert!(handle(Event::get("/me"), Context::default()).is_err());
        let odd = Identity::new("demo", "user-1").with_claims(r#"{"name": 7}"#);
        assert!(handle(Event::get("/me"), Context::default().with_identity(odd)).is_err());
    }
}
