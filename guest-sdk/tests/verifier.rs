//! The attribute for verifiers, used. That the verifier still is a plain `fn` is what the calls show; that it is also a
//! component's export is for the host's tests, which run the example.

use vestibule::verifier::{Accepted, Request};

mod errors_of_several_kinds {
    use super::*;

    #[vestibule::verifier]
    pub(crate) fn verify(request: Request) -> Result<Accepted, Box<dyn std::error::Error>> {
        let sum: u64 = request.header("x-sum").ok_or("there is no sum")?.parse()?;
        let own: u64 = request.body().iter().copied().map(u64::from).sum();
        if sum != own {
            return Err(format!("{} is not the sum", sum).into());
        }
        Ok(Accepted::new().with_id(sum.to_string()))
    }
}

mod a_pattern_and_an_attribute {
    use super::*;

    /// Refuses whatever comes.
    #[vestibule::verifier]
    #[inline]
    pub(crate) fn refuse(_: Request) -> Result<Accepted, &'static str> {
        Err("closed")
    }
}

#[test]
fn a_verifier_stays_a_plain_function() {
    use errors_of_several_kinds::verify;

    let request = || Request::post("/", [1, 2, 3]);
    assert_eq!(verify(request().with_header("x-sum", "6")).unwrap().id(), Some("6"));
    let refused = |request: Request| verify(request).unwrap_err().to_string();
    assert_eq!(refused(request()), "there is no sum");
    assert_eq!(refused(request().with_header("x-sum", "7")), "7 is not the sum");
    assert_eq!(refused(request().with_header("x-sum", "x")), "invalid digit found in string");
    assert_eq!(a_pattern_and_an_attribute::refuse(request()).unwrap_err(), "closed");
}
