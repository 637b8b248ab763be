// The handler as the function that it is, without a host and without WebAssembly.

#include <vestibule_test.h>

static vb_event *sent(const char *form) {
    return mock_http_event("POST", "/NAME", NULL, form);
}

// As if the host had found the signature genuine, by the scheme of `NAME.toml`.
static vb_context *genuine(void) { return mock_delivery("SCHEME", "evt_1"); }

VB_TEST(says_what_it_has_received) {
    // What is sent with `host sign --policy`, too.
    vb_answer answer = vb_call(sent(vb_fixture("fixtures/example.form")), genuine());
    VB_CHECK(answer.status == 200);
    VB_CHECK_TEXT(answer.body, "{\"name\":\"Ada\",\"delivery\":\"evt_1\"}");
    VB_CHECK(vb_logged("a form with the name \"Ada\""));
}

VB_TEST(a_field_may_be_missing) {
    vb_answer answer = vb_call(sent("type=a&amount=1"), genuine());
    VB_CHECK_TEXT(answer.body, "{\"name\":null,\"delivery\":\"evt_1\"}");
}

VB_TEST(does_nothing_for_what_was_not_verified) {
    vb_answer answer = vb_call(sent("name=Ada"), mock_context());
    VB_CHECK_TEXT(answer.failure, "the policy of this function has no [verify]");
}
