//! Stores of keys and values for functions: what keeps them, and what a function that is granted one has in hand. It knows
//! nothing of the engine and of policies.
//!
//! | file | owns |
//! |---|---|
//! | `bucket` | one store in the hands of a function, and the bounds of what it may ask |
//! | `store` | what keeps stores, as a trait |
//! | `embedded` | such a backend in the [state](crate::state)'s file |
//! | `table` | what of it is in that file |
//! | `shared`, `scripts` | such a backend on a server that several hosts share |
//! | `unused` | what stands for it where nothing is served |

mod bucket;
mod embedded;
mod scripts;
mod shared;
mod store;
mod table;
mod unused;

pub use self::bucket::Bucket;
pub(crate) use self::embedded::{Embedded, Stores};
pub(crate) use self::shared::Shared;
pub use self::store::{
    Answer, Backend, KEY_BYTES, LARGEST_NUMBER, Name, PAGE_KEYS, Page, Quota, Quotas, Trouble, too_many_bytes,
};
pub(crate) use self::unused::Unused;
