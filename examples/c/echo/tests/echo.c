// What the SDK does with what it is given: `host test echo` here.

#include <string.h>

#include <vestibule_test.h>

VB_TEST(a_reason_may_be_on_the_stack) {
    vb_answer answer = vb_call(mock_http_event("GET", "/echo", "fail=no%20such%20order", NULL), mock_context());
    VB_CHECK(answer.failure && strcmp(answer.failure, "no such order") == 0);
}

VB_TEST(cookies_alone_repeat) {
    vb_answer answer = vb_call(mock_http_event("GET", "/echo", "repeat", NULL), mock_context());
    size_t cookies = 0, notes = 0;
    for (size_t i = 0; i < answer.headers.len; i++) {
        if (vb_is(answer.headers.ptr[i].f0, "set-cookie")) cookies++;
        if (vb_is(answer.headers.ptr[i].f0, "x-note")) notes++;
    }
    VB_CHECK(cookies == 2);
    VB_CHECK(notes == 1);
    VB_CHECK_TEXT(vb_answer_header(&answer, "x-note"), "tschüß ☕");
}

VB_TEST(what_is_encoded_wrongly_is_kept_and_what_is_no_text_is_replaced) {
    vb_event *event = mock_http_event("GET", "/echo", "a=100%&b=1;c&d=%ff&e=%e2%98%95&f=%f4%90%80%80&g=%ed%a0%80", NULL);
    VB_CHECK(vb_is(vb_query(event, "a"), "100%"));
    VB_CHECK(vb_is(vb_query(event, "b"), "1;c"));
    VB_CHECK(vb_is(vb_query(event, "d"), "\xef\xbf\xbd"));
    VB_CHECK(vb_is(vb_query(event, "e"), "☕"));
    VB_CHECK(vb_is(vb_query(event, "f"), "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"));
    VB_CHECK(vb_is(vb_query(event, "g"), "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"));
}
