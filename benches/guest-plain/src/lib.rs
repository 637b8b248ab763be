//! What the example `hello` does, without the SDK: the contract's records as `wit-bindgen` makes them, the standard library's
//! allocator, the stack that the linker gives everyone. Only the benchmark serves it.

wit_bindgen::generate!({
    world: "function",
    path: "../../wit",
    generate_all,
});

use exports::vestibule::function::handler::{Context, Event, Guest, Response};

struct Hello;

export!(Hello);

impl Guest for Hello {
    fn handle(event: Event, _context: Context) -> Result<Response, String> {
        let named = event.query.split('&').find_map(|pair| pair.strip_prefix("name="));
        let name = named.filter(|name| !name.is_empty()).unwrap_or("world");
        Ok(Response {
            status: 200,
            headers: vec![("content-type".to_owned(), "text/plain; charset=utf-8".to_owned())],
            body: format!("Hello, {name}!\n").into_bytes(),
        })
    }
}
