//! A prefix before every route, for hosts behind a path of a larger site.

use crate::support::Site;

#[test]
fn routes_begin_at_the_prefix_and_the_guest_sees_it_in_the_path() {
    let host = Site::new().example("hello").example("hostile/echo").options(["--prefix", "/api"]).start();
    assert_eq!(host.get("/api/hello").text(), "Hello, world!\n");
    for other in ["/hello", "/", "/api", "/apis/hello", "/API/hello", "/api/api/hello"] {
        assert_eq!(host.get(other).status, 404, "{other}");
    }
    let seen = host.get("/api/hostile/echo/a/b?c=d").json();
    assert_eq!(seen["event"]["path"], "/api/hostile/echo/a/b");
    assert_eq!(seen["event"]["subpath"], "/a/b");
    assert_eq!(seen["event"]["query"], "c=d");
    assert_eq!(seen["context"]["function"], "hostile/echo");
    host.wait_for_line(|line| line.trim_start().starts_with("/api/hostile/echo "));
}

#[test]
fn the_option_wins_over_the_settings() {
    let site = Site::new().example("hello").settings("prefix = \"/one/two\"\n");
    let host = site.start();
    assert_eq!(host.get("/one/two/hello").status, 200);
    let (site, _) = host.stop();
    let host = site.options(["--prefix", "/three"]).start();
    assert_eq!(host.get("/three/hello").status, 200);
    assert_eq!(host.get("/one/two/hello").status, 404);
}
