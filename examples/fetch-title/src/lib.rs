//! Says what a web page calls itself: `/fetch-title?url=https://example.com/`. Where it may look is in its policy, so it needs
//! no list of its own.

use std::time::Duration;

use serde_json::json;
use vestibule::http::{Error, Request};
use vestibule::{Event, Response};

/// The page, where none is asked for.
const PAGE: &str = "https://example.com/";

/// How long the page may take.
const PATIENCE: Duration = Duration::from_secs(10);

#[vestibule::handler]
fn handle(event: Event) -> Response {
    let url = event.query("url").unwrap_or(PAGE);
    let fetched = Request::get(url).with_header("accept", "text/html").with_timeout(PATIENCE).send();
    let page = match fetched.and_then(|page| page.successful()) {
        Ok(page) => page,
        Err(Error::Denied(_)) => return message(403, "this page is out of bounds"),
        Err(Error::Invalid(what)) => return message(400, &what),
        Err(error) => {
            vestibule::log::warn!("{error}");
            return message(502, "the page is not to be had");
        }
    };
    match title(&String::from_utf8_lossy(page.body())) {
        Some(title) => Response::json(&json!({ "url": url, "title": title })),
        None => message(404, "the page has no title"),
    }
}

/// What stands in a page's `title`, its white space as single spaces.
fn title(page: &str) -> Option<String> {
    // As long as the page itself, byte by byte: only ASCII letters change.
    let lower = page.to_ascii_lowercase();
    let tag = lower.find("<title")?;
    let begin = tag + lower.get(tag..)?.find('>')? + 1;
    let end = begin + lower.get(begin..)?.find("</title")?;
    let words: Vec<&str> = page.get(begin..end)?.split_whitespace().collect();
    (!words.is_empty()).then(|| words.join(" "))
}

fn message(status: u16, message: &str) -> Response {
    Response::json(&json!({ "message": message })).with_status(status)
}

#[cfg(test)]
mod tests {
    use vestibule::http;
    use vestibule::testing::http::{answer, fail, sent};

    use super::*;

    #[test]
    fn says_the_title() {
        let page = "<!doctype html><html><head><TITLE lang=en>\n  Example\tDomain </title></head></html>";
        answer("GET", PAGE, http::Response::new(200).with_body(page));
        let response = handle(Event::get("/fetch-title"));
        assert_eq!(response.body_json(), Ok(json!({ "url": PAGE, "title": "Example Domain" })));
        assert_eq!(sent()[0].header("accept"), Some("text/html"));
    }

    #[test]
    fn says_what_is_wrong() {
        let other = "https://other.example/";
        answer("GET", other, http::Response::new(200).with_body("<p>no title</p>"));
        answer("GET", other, http::Response::new(500));
        fail("GET", other, Error::Timeout);
        fail("GET", other, Error::Invalid("the URL is odd".into()));
        for status in [404, 502, 502, 400, 403] {
            let response = handle(Event::get("/fetch-title?url=https%3A%2F%2Fother.example%2F"));
            assert_eq!(response.status(), status, "{:?}", response.body_text());
        }
    }

    #[test]
    fn a_title_has_an_end_and_words() {
        assert_eq!(title("<title>a</title>"), Some("a".into()));
        assert_eq!(title("<title>ÄÖ &amp; Ü</title>"), Some("ÄÖ &amp; Ü".into()));
        for page in ["", "<title>a", "<title", "<title> \n </title>"] {
            assert_eq!(title(page), None, "{page}");
        }
    }
}
