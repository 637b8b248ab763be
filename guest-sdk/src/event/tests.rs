//! What each reader of an event gives, at its edges.

use super::*;

#[test]
fn a_target_is_split_at_the_first_question_mark() {
    let event = Event::get("/divide?dividend=10&why=a?b");
    assert_eq!(event.method(), "GET");
    assert_eq!(event.path(), "/divide");
    assert_eq!(event.query_string(), "dividend=10&why=a?b");
    assert_eq!(event.query("why"), Some("a?b"));
    assert_eq!(Event::get("/divide").query_string(), "");
}

#[test]
fn queries_tell_absent_from_empty() {
    let event = Event::get("/?raw&name=");
    assert_eq!(event.query("raw"), Some(""));
    assert_eq!(event.query("name"), Some(""));
    assert_eq!(event.query("other"), None);
}

#[test]
fn queries_repeat() {
    let event = Event::get("/?tag=a&tag=b%26c&x=1");
    assert_eq!(event.query("tag"), Some("a"));
    assert_eq!(event.query_all("tag").collect::<Vec<_>>(), ["a", "b&c"]);
    assert_eq!(event.queries().count(), 3);
}

#[test]
fn a_clone_reads_its_own_query() {
    let event = Event::get("/?a=1");
    assert_eq!(event.query("a"), Some("1"));
    assert_eq!(event.clone().query("a"), Some("1"));
}

#[test]
fn a_query_that_does_not_fit_says_so() {
    #[derive(Debug, Deserialize)]
    struct Page {
        #[expect(dead_code, reason = "only its absence is looked at")]
        number: u32,
    }
    let missing = Event::get("/?size=3").query_as::<Page>().unwrap_err();
    assert_eq!(missing.to_string(), "query: missing field `number`");
}

#[test]
fn route_parameters_are_found_by_name() {
    let event = Event::get("/orders/7").with_param("id", "7").with_param("rest", "a/b");
    assert_eq!(event.param("id"), Some("7"));
    assert_eq!(event.param("ID"), None);
    assert_eq!(event.params().collect::<Vec<_>>(), [("id", "7"), ("rest", "a/b")]);
}

#[test]
fn header_names_have_no_case_and_repeats_are_kept() {
    let event = Event::get("/").with_header("X-Tag", "a").with_header("accept", "*/*").with_header("x-tag", "b");
    assert_eq!(event.header("x-TAG"), Some("a"));
    assert_eq!(event.header_all("X-Tag").collect::<Vec<_>>(), ["a", "b"]);
    assert_eq!(event.headers().collect::<Vec<_>>(), [("x-tag", "a"), ("accept", "*/*"), ("x-tag", "b")]);
    assert_eq!(event.header("x-none"), None);
}

#[test]
fn cookies_come_from_every_cookie_header() {
    let event = Event::get("/")
        .with_header("cookie", "session=abc=def; theme=dark;; broken")
        .with_header("cookie", "quoted=\"x\"");
    assert_eq!(event.cookie("session"), Some("abc=def"));
    assert_eq!(event.cookie("theme"), Some("dark"));
    assert_eq!(event.cookie("quoted"), Some("\"x\""));
    assert_eq!(event.cookie("broken"), None);
    assert_eq!(event.cookie("Session"), None);
    assert_eq!(event.cookies().count(), 3);
}

#[test]
fn a_body_is_bytes_first() {
    let event = Event::post("/", vec![0xff, 0x00]);
    assert_eq!(event.body(), [0xff, 0x00]);
    assert!(event.text().unwrap_err().to_string().starts_with("body: invalid utf-8"));
    assert_eq!(event.into_body(), [0xff, 0x00]);
    assert_eq!(Event::post("/", "héllo").text(), Ok("héllo"));
}

#[test]
fn json_is_read_whatever_the_content_type_says() {
    let event = Event::post("/", "[1,2]").with_header("content-type", "text/plain");
    assert_eq!(event.json::<Vec<u8>>(), Ok(vec![1, 2]));
}

#[test]
fn json_can_borrow_from_the_body() {
    let event = Event::post("/", r#"{"name":"Ada"}"#);
    let read: std::collections::BTreeMap<&str, &str> = event.json().unwrap();
    assert_eq!(read["name"], "Ada");
}

#[test]
fn malformed_json_says_where() {
    let error = Event::post("/", "{\"a\":\n1,}").json::<serde_json::Value>().unwrap_err();
    assert!(error.to_string().contains("line 2"), "{error}");
    let trailing = Event::post("/", "1 2").json::<u8>().unwrap_err();
    assert!(trailing.to_string().contains("trailing characters"), "{trailing}");
}

#[derive(Debug, Deserialize, PartialEq)]
struct Contact {
    name: String,
    #[serde(default)]
    topic: Vec<String>,
}

#[test]
fn forms_are_read_with_or_without_their_content_type() {
    let body = "name=Ada+L.&topic=a&topic=b";
    let contact = Contact { name: "Ada L.".into(), topic: vec!["a".into(), "b".into()] };
    assert_eq!(Event::post("/", body).form(), Ok(contact));
    let named = Event::post("/", body).with_header("content-type", "Application/X-WWW-Form-Urlencoded; charset=utf-8");
    assert_eq!(named.form::<Contact>().unwrap().name, "Ada L.");
}

#[test]
fn another_format_is_not_taken_for_a_form() {
    let event = Event::post("/", "--x\r\n").with_header("content-type", "multipart/form-data; boundary=x");
    let error = event.form::<Contact>().unwrap_err().to_string();
    assert!(error.contains("`multipart/form-data`"), "{error}");
}

#[test]
fn debug_shows_no_value_that_may_be_secret() {
    let event = Event::post("/pay?token=t0ken", "s3cret").with_header("Authorization", "Bearer b3arer");
    let shown = format!("{event:?}");
    assert!(shown.contains("/pay") && shown.contains("authorization"), "{shown}");
    for secret in ["t0ken", "s3cret", "b3arer"] {
        assert!(!shown.contains(secret), "{shown}");
    }
}
