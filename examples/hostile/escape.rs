//! Tries every way out of its sandbox that the standard library knows: files, variables, arguments, sockets. Answers what
//! came of each, as JSON. The host has to have all of them shut; `?port=` names a port of 127.0.0.1 that is open.

use std::fmt::Debug;
use std::net::{TcpListener, TcpStream, ToSocketAddrs, UdpSocket};
use std::num::ParseIntError;
use std::{env, fs, io};

use serde_json::{Value, json};
use vestibule::{Event, Response};

#[vestibule::handler]
fn handle(event: Event) -> Result<Response, ParseIntError> {
    let port: u16 = event.query("port").map_or(Ok(80), str::parse)?;
    Ok(Response::json(&json!({
        "list_root": tried(fs::read_dir("/").map(Iterator::count)),
        "list_here": tried(fs::read_dir(".").map(Iterator::count)),
        "read_file": tried(fs::read("/etc/hostname")),
        "write_file": tried(fs::write("left-behind", "by a function")),
        "variables": env::vars().collect::<Vec<_>>(),
        "arguments": env::args().collect::<Vec<_>>(),
        "connect": tried(TcpStream::connect(("127.0.0.1", port))),
        "listen": tried(TcpListener::bind("127.0.0.1:0")),
        "datagram": tried(UdpSocket::bind("127.0.0.1:0")),
        "look_up": tried(("localhost", port).to_socket_addrs().map(Iterator::count)),
    })))
}

/// Null where the way was shut, else what was found behind it.
fn tried<T: Debug>(result: io::Result<T>) -> Option<Value> {
    if let Err(e) = &result { eprintln!("shut: {e:?}"); }
    result.ok().map(|found| format!("{found:?}").into())
}
