//! A machine without the address space for a pool of sandboxes.

use crate::support::Site;

/// Enough for the process, and nothing of the terabytes that a pool reserves.
const SCARCE_KIB: u32 = 6_000_000;

#[test]
fn without_address_space_sandboxes_are_made_on_demand() {
    let host = Site::new()
        .example("hello")
        .example("hostile/memory-bomb")
        .example("hostile/endless-loop")
        .address_space_kib(SCARCE_KIB)
        .start();
    let line = host.wait_for_line(|line| line.contains("making them on demand"));
    assert!(line.contains("limit on virtual memory") && line.contains("server.concurrency"), "{line}");
    assert_eq!(host.get("/hello").text(), "Hello, world!\n");
    // As strict as with a pool.
    assert_eq!(host.get("/hostile/memory-bomb").status, 500);
    assert_eq!(host.get("/hostile/endless-loop").status, 504);
    assert_eq!(host.get("/hello").status, 200);
    assert_eq!(
        host.metric("vestibule_outcomes_total{function=\"hostile/memory-bomb\",outcome=\"out_of_memory\"}"),
        Some(1)
    );
}
