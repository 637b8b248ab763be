// The built component behind all gates, which `host test` builds first.

#include <string.h>

#include <vestibule_test.h>

VB_TEST(greets_behind_the_gates) {
    vb_invoked answer = vb_invoke("NAME", "--query", "name=Ada", NULL);
    VB_CHECK(answer.exit_status == 0);
    VB_CHECK(strstr(answer.text, "{\"greeting\":\"Hello, Ada!\"}"));
    // The policy allows a GET, so this one never reaches the function.
    vb_invoked refused = vb_invoke("NAME", "--method", "POST", NULL);
    VB_CHECK(strstr(refused.text, "405 "));
    VB_CHECK(strstr(refused.log, "sandbox: none was made"));
}
