// The handler as the function that it is, without a host and without WebAssembly.

#include <string.h>

#include <vestibule_test.h>

static vb_answer get(const char *query) {
    return vb_call(mock_http_event("GET", "/NAME", query, NULL), mock_context());
}

VB_TEST(greets_by_name) {
    vb_answer answer = get("name=Ada");
    VB_CHECK(answer.status == 200);
    VB_CHECK_TEXT(answer.body, "{\"greeting\":\"Hello, Ada!\"}");
    VB_CHECK_TEXT(vb_answer_header(&answer, "content-type"), "application/json");
}

VB_TEST(greets_the_world_without_a_name_and_as_often_as_asked) {
    VB_CHECK_TEXT(get("times=2").body, "{\"greeting\":\"Hello, world! Hello, world!\"}");
}

VB_TEST(says_what_is_wrong_with_a_query) {
    vb_answer answer = get("times=many");
    VB_CHECK(answer.status == 400);
    VB_CHECK(strstr(answer.body, "query: "));
}
