//! Functions that ask other servers, of which the test plays one.

use vestibule_test::{Backend, Server, fixture};

use crate::{example, on_both_backends};

on_both_backends![a_function_asks_a_server_of_the_test];

/// The policy of the example, with the test's server in the place of the real one.
fn policy(url: &str) -> String {
    format!(
        "methods = [\"POST\"]\n[verify]\nscheme = \"standardwebhooks\"\nsecrets = [\"ORDERS_SECRET\"]\n[grants]\n\
         env = {{ NOTIFY_URL = \"{url}/orders\" }}\nhttp = [\"{url}\"]\nhttp_private = true\nsign = [\"NOTIFY_SECRET\"]\n"
    )
}

fn a_function_asks_a_server_of_the_test(backend: Backend) {
    const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    let hooks = Server::start();
    hooks.answer("POST", "/orders", 204, "");
    let host = example("notify", backend)
        .policy(&policy(&hooks.url()))
        .secret("ORDERS_SECRET", SECRET)
        .secret("NOTIFY_SECRET", "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD")
        .start();
    let order = host.post("/notify").body(fixture("order.json")).signed("standardwebhooks", SECRET).send();
    order.assert_status(200);
    let received = hooks.received();
    assert_eq!(received.len(), 1, "{order}");
    assert!(received[0].header("webhook-signature").is_some_and(|value| value.starts_with("v1,")));
    assert_eq!((received[0].method.as_str(), received[0].target.as_str()), ("POST", "/orders"));
}
