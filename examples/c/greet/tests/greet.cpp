// The function as it is, and the built component behind all gates: `host test greet` here.

#include <string>

#include <vestibule_test.h>

VB_TEST(greets) {
    vb_answer answer = vb_call(mock_http_event("GET", "/greet", "name=Ada", nullptr), mock_context());
    VB_CHECK(answer.status == 200);
    VB_CHECK_TEXT(answer.body, "Hello, Ada!\n");
}

VB_TEST(greets_behind_the_gates) {
    std::string text = vb_invoke("greet", "--query", "name=Ada", nullptr).text;
    VB_CHECK(text.find("200 OK") == 0);
    VB_CHECK(text.find("Hello, Ada!") != std::string::npos);
}
