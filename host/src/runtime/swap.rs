//! Whether the machine can swap. A page of a guest that is in swap does not show in the kernel's map of dirty pages, by
//! which sandboxes are wiped where there is no swap.

use std::fs;
use std::path::Path;

/// Where Linux lists its swap areas: a line of headings, and one line for each.
pub const SWAPS: &str = "/proc/swaps";

/// Whether a page of this process may be in swap, now or at any time. What cannot be found out is taken for yes.
pub(super) fn is_possible(swaps: &Path) -> bool {
    fs::read_to_string(swaps).map_or(true, |list| list.lines().count() > 1)
}
