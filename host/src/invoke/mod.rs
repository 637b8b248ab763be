//! One call of one function without a server: `host invoke`. The function is loaded as a host that serves loads it, and the
//! request goes through the same gates ([`pipeline`](crate::pipeline)); nothing listens, and nothing is left behind but what
//! `--state` asks for. It owns which function is meant and what is said of the call; options, files and exit codes are the
//! command's ([`commands`](crate::commands)).
//!
//! | file | owns |
//! |---|---|
//! | `target` | the function that a name, a file or a path means |
//! | `ready` | that function, loaded, and what of the host it is without |
//! | `request` | the request, put together of what the command has |
//! | `call` | the call, and what came of it |
//! | `notes` | what the log said meanwhile |
//! | `shown`, `pretty` | what came of it, for people |
//! | `gateway` | events and answers of AWS API Gateway |

mod call;
pub mod gateway;
mod notes;
mod pretty;
mod ready;
mod request;
mod shown;
mod target;

pub(crate) use self::call::{Came, call};
pub(crate) use self::notes::start_notes;
pub(crate) use self::pretty::{Look, for_people};
pub(crate) use self::ready::{NotReady, Ready};
pub(crate) use self::request::Asked;
pub(crate) use self::shown::{head, hint, told};
pub(crate) use self::target::{NotFound, Target};
