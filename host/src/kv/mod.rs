//! Stores of keys and values for functions: what keeps them, and what a function that is granted one has in hand. It knows
//! nothing of the engine and of policies.
//!
//! | file | owns |
//! |---|---|
//! | `store` | what keeps stores, as a trait |

mod store;

pub use self::store::{Answer, Backend, KEY_BYTES, LARGEST_NUMBER, Name, PAGE_KEYS, Page, Quota, Quotas, Trouble};
