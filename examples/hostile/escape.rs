//! Tries every way out of its sandbox that WASI knows: files, variables, arguments, sockets. Answers what came of each,
//! as JSON. The host has to have all of them shut; `?port=` names a port of 127.0.0.1 that is open.
//!
//! Sockets are tried through WASI itself: not every toolchain's standard library has them.

use std::fmt::Debug;
use std::num::ParseIntError;
use std::{env, fs};

use serde_json::{Value, json};
use vestibule::{Event, Response};
use wasip2::sockets::instance_network::instance_network;
use wasip2::sockets::ip_name_lookup::resolve_addresses;
use wasip2::sockets::network::{ErrorCode, IpAddress, IpAddressFamily, IpSocketAddress, Ipv4SocketAddress};
use wasip2::sockets::tcp_create_socket::create_tcp_socket;
use wasip2::sockets::udp_create_socket::create_udp_socket;

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
        "connect": tried(connect(port)),
        "listen": tried(listen()),
        "datagram": tried(datagram()),
        "look_up": tried(look_up()),
    })))
}

/// Null where the way was shut, else what was found behind it.
fn tried<T: Debug, E>(result: Result<T, E>) -> Option<Value> {
    result.ok().map(|found| format!("{found:?}").into())
}

fn localhost(port: u16) -> IpSocketAddress {
    IpSocketAddress::Ipv4(Ipv4SocketAddress { port, address: (127, 0, 0, 1) })
}

fn connect(port: u16) -> Result<IpSocketAddress, ErrorCode> {
    let socket = create_tcp_socket(IpAddressFamily::Ipv4)?;
    socket.start_connect(&instance_network(), localhost(port))?;
    socket.subscribe().block();
    let _streams = socket.finish_connect()?;
    socket.remote_address()
}

fn listen() -> Result<IpSocketAddress, ErrorCode> {
    let socket = create_tcp_socket(IpAddressFamily::Ipv4)?;
    socket.start_bind(&instance_network(), localhost(0))?;
    socket.subscribe().block();
    socket.finish_bind()?;
    socket.start_listen()?;
    socket.subscribe().block();
    socket.finish_listen()?;
    socket.local_address()
}

fn datagram() -> Result<IpSocketAddress, ErrorCode> {
    let socket = create_udp_socket(IpAddressFamily::Ipv4)?;
    socket.start_bind(&instance_network(), localhost(0))?;
    socket.subscribe().block();
    socket.finish_bind()?;
    socket.local_address()
}

fn look_up() -> Result<Option<IpAddress>, ErrorCode> {
    let addresses = resolve_addresses(&instance_network(), "localhost")?;
    addresses.subscribe().block();
    addresses.resolve_next_address()
}
