// The handler as the function that it is, without a host and without WebAssembly.

#include <string.h>

#include <vestibule_test.h>

// People whom the host knows.
static vb_context *ada(void) { return mock_identity("NAME", "ada", "editor"); }
static vb_context *bob(void) { return mock_identity("NAME", "bob", "reader,guest"); }

static vb_event *change(void) {
    return mock_http_event("POST", "/NAME", NULL, vb_fixture("fixtures/example.json"));
}

VB_TEST(says_who_is_calling) {
    vb_answer answer = vb_call(mock_http_event("GET", "/NAME", NULL, NULL), bob());
    VB_CHECK(answer.status == 200);
    VB_CHECK_TEXT(answer.body, "{\"subject\":\"bob\",\"roles\":[\"reader\",\"guest\"]}");
}

VB_TEST(an_editor_changes_something_and_others_do_not) {
    vb_answer changed = vb_call(change(), ada());
    VB_CHECK(changed.status == 200);
    VB_CHECK(strstr(changed.body, "{\"by\":\"ada\""));
    VB_CHECK(vb_logged("ada changes something"));
    VB_CHECK(vb_call(change(), bob()).status == 403);
}

VB_TEST(does_nothing_for_nobody) {
    vb_answer answer = vb_call(change(), mock_context());
    VB_CHECK_TEXT(answer.failure, "the policy of this function has no [auth]");
}
