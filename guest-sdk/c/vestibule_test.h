// Tests of functions in C or C++, which `host test` compiles for this machine and runs: the files of a function's folder
// `tests`, with the function's own. This header owns what a test calls: events and contexts as the host would make them,
// something in the host's place to ask, and the built component behind the real gates. It is no part of a component.
//
//     #include <vestibule_test.h>
//
//     VB_TEST(greets) {
//         vb_answer answer = vb_call(mock_http_event("GET", "/greet", "name=Ada", NULL), mock_context());
//         VB_CHECK(answer.status == 200);
//         VB_CHECK_TEXT(answer.body, "Hello, Ada!\n");
//     }
//
// Each test begins with nothing granted, nothing stored and nothing logged. Memory need not be freed.

#ifndef VESTIBULE_TEST_H
#define VESTIBULE_TEST_H

#include <vestibule.h>

#ifdef __cplusplus
extern "C" {
#endif

// --- tests -------------------------------------------------------------------------------------------------------------

typedef struct vb_test {
    const char *name;
    void (*run)(void);
    struct vb_test *next;
} vb_test;

// A test. All those of a function are run, or those whose names hold one of the words after `host test NAME --`.
#define VB_TEST(test)                                                                                                     \
    static void test(void);                                                                                               \
    __attribute__((constructor)) static void test##_is_known(void) {                                                      \
        static vb_test known = {#test, test, NULL};                                                                       \
        vb_add_test(&known);                                                                                              \
    }                                                                                                                     \
    static void test(void)

// Fails the test where it is not so, and goes on.
#define VB_CHECK(condition) vb_check((condition) ? true : false, __FILE__, __LINE__, #condition)
// Fails the test where a text is another than expected, and shows both.
#define VB_CHECK_TEXT(text, expected) vb_check_text((text), (expected), __FILE__, __LINE__)

void vb_add_test(vb_test *test);
void vb_check(bool is_so, const char *file, int line, const char *what);
void vb_check_text(const char *text, const char *expected, const char *file, int line);

// --- what a function is called with --------------------------------------------------------------------------------------

// A request. `query` and `body` may be NULL. The subpath is empty, as nothing follows the function's route.
vb_event *mock_http_event(const char *method, const char *path, const char *query, const char *body);
// Adds a header, in whatever case, after those that are there.
void mock_header(vb_event *event, const char *name, const char *value);
// A call of a function that anybody may call.
vb_context *mock_context(void);
// A call for which the host has found a signature genuine. `id` may be NULL.
vb_context *mock_delivery(const char *scheme, const char *id);
// A call of somebody whom the host knows. `roles` have a comma between them; it may be empty.
vb_context *mock_identity(const char *provider, const char *subject, const char *roles);
// The bytes of a file in the function's folder, `fixtures/example.json`, ended with a zero. The test ends where there is none.
const char *vb_fixture(const char *file);

// --- what comes of it ----------------------------------------------------------------------------------------------------

typedef struct {
    // 0 where the function failed instead of answering.
    uint16_t status;
    // Ended with a zero, which is not counted.
    const char *body;
    size_t body_length;
    // Why it failed: what goes to the host's log; NULL where it answered.
    const char *failure;
    function_list_tuple2_string_string_t headers;
} vb_answer;

// Calls the function, `handle`, for this machine.
vb_answer vb_call(vb_event *event, vb_context *context);
// The first header of this name, in any case; NULL where there is none.
const char *vb_answer_header(const vb_answer *answer, const char *name);
// Whether a line with this in it was logged since the test began.
bool vb_logged(const char *part);

// --- the host's place ----------------------------------------------------------------------------------------------------

// Has `vb_secret` find a value, as `secrets` of a policy does.
void grant_secret(const char *name, const char *value);
// Has `vb_env` find a value, as `env` of a policy does.
void grant_env(const char *name, const char *value);
// Stores are there and empty; a time to live is not waited for. What has no helper in vestibule.h (requests to other
// servers, signing) is not there: a function that calls it is tested as a component.

// --- the built component -------------------------------------------------------------------------------------------------

typedef struct {
    // How the command ended: 0 for an answer below 400, 1 for another or none. Where the function cannot be served or is asked
    // in a way that makes no sense, the test fails with what the command says.
    int exit_status;
    // What it printed, ended with a zero: the status line, headers, an empty line, the body.
    const char *text;
    // What it said about it: the outcome, the gate that refused, the sandbox, what the function logged.
    const char *log;
} vb_invoked;

// Calls the built component through the real gates, with the policy beside it: `host invoke functions/NAME.wasm --include` with
// these arguments, of which the last is NULL (docs/invoke.md). The secrets are those of `vb_host_secret`, stores are empty.
vb_invoked vb_invoke(const char *name, ...);
// Gives the host of this test a secret that the policy names, or `--secret-env` does. It has these and no others.
void vb_host_secret(const char *name, const char *value);
// The host's settings, the text of host.toml; empty unless a test says otherwise.
void vb_host_settings(const char *text);

#ifdef __cplusplus
}
#endif

#endif
