//! Verifies a bank's notices. The bank signs the members of the JSON object that it sends, sorted by their names and joined
//! as a query would be: `amount=10.50&currency=EUR&reference=R-1&time=1760000000`. The HMAC-SHA-256 of that, in upper-case
//! hexadecimal digits, is one more member of the object, `sign`.

mod members;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use vestibule::verifier::{Accepted, Request};

use members::Members;

#[vestibule::verifier]
fn verify(request: Request) -> Result<Accepted, String> {
    let members = Members::read(request.body())?;
    let sign = members.get("sign").ok_or("there is no member `sign`")?;
    if sign.bytes().any(|byte| byte.is_ascii_lowercase()) {
        return Err("`sign` is not in upper case".into());
    }
    let sign = hex::decode(sign).map_err(|_| "`sign` is not hexadecimal")?;
    let signed = members.signed()?;
    // Each secret is tried; `verify_slice` compares in constant time.
    let mut matched = None;
    for secret in request.secrets() {
        let mut mac = Hmac::<Sha256>::new_from_slice(secret.value()).map_err(|error| error.to_string())?;
        mac.update(signed.as_bytes());
        if mac.verify_slice(&sign).is_ok() {
            matched = Some(secret.name());
        }
    }
    let matched = matched.ok_or("`sign` matches none of the secrets")?;
    let reference = members.get("reference").ok_or("there is no member `reference`")?;
    let time = members.get("time").and_then(|time| time.parse().ok()).ok_or("`time` is not a number of seconds")?;
    Ok(Accepted::new().with_secret(matched).with_id(reference).with_timestamp(time))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = "the bank's secret";

    fn signed(content: &str) -> String {
        let mut mac = Hmac::<Sha256>::new_from_slice(SECRET.as_bytes()).unwrap();
        mac.update(content.as_bytes());
        hex::encode_upper(mac.finalize().into_bytes())
    }

    fn ask(body: &str) -> Result<Accepted, String> {
        verify(Request::post("/bank", body).with_secret("OLD", "another").with_secret("BANK_SECRET", SECRET))
    }

    #[test]
    fn the_order_of_the_members_is_not_signed() {
        let sign = signed("amount=10.50&currency=EUR&reference=R-1&time=1760000000");
        let expected = Accepted::new().with_secret("BANK_SECRET").with_id("R-1").with_timestamp(1_760_000_000);
        for body in [
            format!(r#"{{"amount":"10.50","currency":"EUR","reference":"R-1","time":"1760000000","sign":"{sign}"}}"#),
            format!(r#"{{"sign":"{sign}","time":"1760000000","reference":"R-1","currency":"EUR","amount":"10.50"}}"#),
        ] {
            assert_eq!(ask(&body), Ok(expected.clone()));
            assert!(ask(&body.replace("10.50", "10.51")).unwrap_err().contains("none of the secrets"));
            assert!(ask(&body.replace(&sign, &sign.to_lowercase())).unwrap_err().contains("upper case"));
            assert!(ask(&body.replace("R-1", "R-2")).is_err());
        }
    }

    #[test]
    fn a_member_that_reads_as_two_is_refused() {
        let sign = signed("a=1&b=2&reference=R-1&time=1");
        let body = format!(r#"{{"a":"1&b=2","reference":"R-1","time":"1","sign":"{sign}"}}"#);
        assert!(ask(&body).unwrap_err().contains("holds"));
    }

    #[test]
    fn a_member_that_is_there_twice_is_refused() {
        let sign = signed("amount=1&reference=R-1&time=1");
        let body = format!(r#"{{"amount":"9","amount":"1","reference":"R-1","time":"1","sign":"{sign}"}}"#);
        assert!(ask(&body).unwrap_err().contains("twice"));
    }
}
