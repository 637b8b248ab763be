//! Durations and sizes, read and written.

use super::{policy, refused};
use crate::config::Size;

#[test]
fn durations_have_a_unit_that_is_known() {
    for wrong in
        ["10", "s", "", "10 s", "1.5s", "-1s", "10sec", "10S", "1d", "99999999999999999999s", "9999999999999999h"]
    {
        refused(policy(&format!("timeout = \"{wrong}\"")), "timeout", 1, "is not a duration", "\"500ms\", \"10s\"");
    }
    refused(policy("timeout = 10"), "timeout", 1, "10 has no unit", "\"10s\"");
    refused(policy("timeout = 1.5"), "timeout", 1, "a float stands where a duration", "\"10s\"");
    for (right, milliseconds) in [("1ms", 1), ("10s", 10_000), ("5m", 300_000), ("007s", 7_000)] {
        let read = policy(&format!("timeout = \"{right}\"")).expect(right).limits.timeout;
        assert_eq!(read.as_millis(), milliseconds, "{right}");
    }
}

#[test]
fn sizes_have_a_unit_that_is_known() {
    for wrong in ["1048576", "MiB", "1 MiB", "1.5MiB", "1mib", "1TiB", "99999999999999999999B", "99999999999GiB"] {
        refused(policy(&format!("memory = \"{wrong}\"")), "memory", 1, "is not a size", "\"64KiB\", \"6MiB\"");
    }
    refused(policy("memory = 67108864"), "memory", 1, "has no unit", "\"6MiB\"");
    refused(policy("memory = \"64MB\""), "memory", 1, "thousands or 1024s", "write \"64MiB\"");
    refused(policy("memory = \"2g\""), "memory", 1, "is not a size", "1GiB");
    refused(policy("memory = \"2G\""), "memory", 1, "thousands or 1024s", "write \"2GiB\"");
    for (right, size) in [("1048576B", Size::mib(1)), ("2048KiB", Size::mib(2)), ("4GiB", Size::gib(4))] {
        assert_eq!(policy(&format!("memory = \"{right}\"")).expect(right).limits.memory, size);
    }
}

#[test]
fn sizes_are_shown_in_the_largest_unit_that_divides_them() {
    for (size, shown) in [
        (Size::bytes(0), "0B"),
        (Size::bytes(1023), "1023B"),
        (Size::kib(1), "1KiB"),
        (Size::kib(1536), "1536KiB"),
        (Size::mib(64), "64MiB"),
        (Size::gib(4), "4GiB"),
    ] {
        assert_eq!(size.to_string(), shown);
    }
    assert_eq!(Size::kib(2).get(), 2048);
    assert_eq!(Size::kib(2).to_usize(), 2048);
}
