// The handler as the function that it is, without a host and without WebAssembly.

#include <string.h>

#include <vestibule_test.h>

// A request with what is sent with `host sign --policy`, too.
static vb_event *sent(void) {
    return mock_http_event("POST", "/NAME", NULL, vb_fixture("fixtures/example.json"));
}

VB_TEST(says_what_it_has_received) {
    vb_event *event = sent();
    // As if the host had found the signature genuine, by the scheme of `NAME.toml`.
    vb_answer answer = vb_call(event, mock_delivery("SCHEME", "evt_1"));
    VB_CHECK(answer.status == 200);
    uint64_t length = event->body.len;
    VB_CHECK_TEXT(answer.body, vb_format("{\"received\":%u,\"delivery\":\"evt_1\"}", length));
    VB_CHECK(vb_logged("a payload of"));
}

VB_TEST(a_scheme_may_have_no_id) {
    vb_answer answer = vb_call(sent(), mock_delivery("SCHEME", NULL));
    VB_CHECK(strstr(answer.body, "\"delivery\":null"));
}

VB_TEST(does_nothing_for_what_was_not_verified) {
    vb_answer answer = vb_call(sent(), mock_context());
    VB_CHECK_TEXT(answer.failure, "the policy of this function has no [verify]");
}
