//! Says each line of the body on every way that there is to the host's log: standard output and error, the SDK's lines, those
//! of the crate `log`, and `wasi:logging` itself. `?times=` says all of it again and again.

use std::num::ParseIntError;

use vestibule::{Event, Response};

/// The interface that the SDK does without.
#[allow(unsafe_code, unreachable_pub, clippy::all, reason = "generated")]
mod bindings {
    wit_bindgen::generate!({
        inline: "
            package hostile:chatter;
            world says {
                import wasi:logging/logging@0.1.0-draft;
            }
        ",
        path: "../../wit",
        generate_all,
    });
}

#[vestibule::handler]
fn handle(event: Event) -> Result<Response, ParseIntError> {
    use bindings::wasi::logging::logging;

    let way = event.query("way").unwrap_or_default();
    let times: u32 = event.query("times").map_or(Ok(1), str::parse)?;
    let text = String::from_utf8_lossy(event.body());
    for _ in 0..times {
        match way {
            "stdout" => println!("{text}"),
            "stderr" => eprintln!("{text}"),
            "sdk" => vestibule::log::info!("{text}"),
            "log" => log::log!(target: "a library\n", log::Level::Debug, "{text}"),
            _ => logging::log(logging::Level::Error, "a library\n", &text),
        }
    }
    Ok(Response::text(format!("{times} times")))
}
