// Runs the tests of a function, and makes what they call it with: the first half of `vestibule_test.h`. What stands in the
// host's place is in `vestibule_test_host.c`.

#include "vestibule_test.h"
#include "vestibule_test_host.h"

#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

// --- tests -------------------------------------------------------------------------------------------------------------

static vb_test *first, **last = &first;
static bool failed;
static jmp_buf end_of_test;

void vb_add_test(vb_test *test) {
    *last = test;
    last = &test->next;
}

void vb_check(bool is_so, const char *file, int line, const char *what) {
    if (is_so) return;
    printf("  %s:%d: it is not so: %s\n", file, line, what);
    failed = true;
}

void vb_check_text(const char *text, const char *expected, const char *file, int line) {
    if (text && expected && strcmp(text, expected) == 0) return;
    printf("  %s:%d: there is\n    %s\n  and not\n    %s\n", file, line, text ? text : "no text", expected ? expected : "none");
    failed = true;
}

void vbt_give_up(const char *why) {
    printf("  %s\n", why);
    failed = true;
    longjmp(end_of_test, 1);
}

static const char *running = "";

// Says which test it was, with what may be called in a handler.
static void crashed(int number) {
    static const char said[] = ": it crashed (signal ", end[] = "), so no test after it was run\n";
    const char digits[] = {(char)('0' + number / 10), (char)('0' + number % 10)};
    bool is_said = write(1, "FAILED ", 7) > 0 && write(1, running, strlen(running)) > 0 && write(1, said, sizeof said - 1) > 0 &&
                   write(1, digits, sizeof digits) > 0 && write(1, end, sizeof end - 1) > 0;
    _exit(is_said ? 1 : 2);
}

static bool is_meant(const char *name, int count, char **words) {
    for (int i = 1; i < count; i++) {
        if (strstr(name, words[i])) return true;
    }
    return count < 2;
}

int main(int count, char **words) {
    int passed = 0, broken = 0;
    static const int ends[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT};
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) signal(ends[i], crashed);
    for (vb_test *test = first; test; test = test->next) {
        if (!is_meant(test->name, count, words)) continue;
        failed = false;
        running = test->name;
        vbt_reset();
        if (setjmp(end_of_test) == 0) test->run();
        printf("%s %s\n", failed ? "FAILED" : "ok", test->name);
        failed ? broken++ : passed++;
        // What crashes the next one must not take this with it.
        fflush(stdout);
    }
    vbt_reset();
    printf("%d passed, %d failed\n", passed, broken);
    if (passed + broken == 0) {
        fprintf(stderr, "there is no such test: write one with VB_TEST(name) in tests/, or name another\n");
        return 1;
    }
    return broken != 0;
}

// --- what a function is called with --------------------------------------------------------------------------------------

vb_event *mock_http_event(const char *method, const char *path, const char *query, const char *body) {
    vb_event *event = vb_take(sizeof *event);
    event->method = vb_str(method);
    event->path = vb_str(path);
    event->subpath = vb_str("");
    event->query = vb_str(query ? query : "");
    event->client = vb_str("127.0.0.1");
    vb_string bytes = vb_str(body ? body : "");
    event->body.ptr = bytes.ptr;
    event->body.len = bytes.len;
    return event;
}

void mock_header(vb_event *event, const char *name, const char *value) {
    function_tuple2_string_string_t *pairs = vb_take((event->headers.len + 1) * sizeof *pairs);
    if (event->headers.len) memcpy(pairs, event->headers.ptr, event->headers.len * sizeof *pairs);
    // Names come in lower case.
    char *lower = (char *)vb_zero_ended(vb_str(name));
    for (char *at = lower; *at; at++) {
        if (*at >= 'A' && *at <= 'Z') *at = (char)(*at + 32);
    }
    pairs[event->headers.len].f0 = vb_str(lower);
    pairs[event->headers.len].f1 = vb_str(value);
    event->headers.ptr = pairs;
    event->headers.len++;
}

vb_context *mock_context(void) {
    vb_context *context = vb_take(sizeof *context);
    context->request_id = vb_str("test");
    context->function = vb_str("test");
    context->version = vb_str("0000000000000000000000000000000000000000000000000000000000000000");
    // Far away, as nothing ends a test in time.
    context->deadline = UINT64_MAX;
    return context;
}

vb_context *mock_delivery(const char *scheme, const char *id) {
    vb_context *context = mock_context();
    context->delivery.is_some = true;
    context->delivery.val.scheme = vb_str(scheme);
    context->delivery.val.id.is_some = id != NULL;
    if (id) context->delivery.val.id.val = vb_str(id);
    context->delivery.val.secret = vb_str("TEST_SECRET");
    return context;
}

vb_context *mock_identity(const char *provider, const char *subject, const char *roles) {
    vb_context *context = mock_context();
    context->identity.is_some = true;
    vestibule_function_types_identity_t *identity = &context->identity.val;
    identity->provider = vb_str(provider);
    identity->subject = vb_str(subject);
    identity->claims = vb_str("{}");
    // One role more than commas, at the most.
    identity->roles.ptr = vb_take((strlen(roles) + 1) * sizeof *identity->roles.ptr);
    while (*roles) {
        size_t length = strcspn(roles, ",");
        vb_string role = {(uint8_t *)roles, length};
        if (length) identity->roles.ptr[identity->roles.len++] = vb_str(vb_zero_ended(role));
        roles += length + (roles[length] == ',');
    }
    return context;
}

const char *vb_fixture(const char *file) {
    const char *text = vbt_read(file);
    if (!text) vbt_give_up(vb_format("there is no %s in the function's folder, or it cannot be read", file));
    return text;
}

// --- what comes of it ----------------------------------------------------------------------------------------------------

vb_answer vb_call(vb_event *event, vb_context *context) {
    vb_answer answer = {0};
    exports_vestibule_function_handler_response_t response = {0};
    vb_string failure = {0};
    if (!exports_vestibule_function_handler_handle(event, context, &response, &failure)) {
        answer.failure = vb_zero_ended(failure);
        answer.body = "";
        return answer;
    }
    vb_string body = {response.body.ptr, response.body.len};
    answer.status = response.status;
    answer.body = vb_zero_ended(body);
    answer.body_length = body.len;
    answer.headers = response.headers;
    return answer;
}

const char *vb_answer_header(const vb_answer *answer, const char *name) {
    // The rule of names is that of a request's.
    vb_event event = {0};
    for (size_t i = 0; i < answer->headers.len; i++) {
        mock_header(&event, vb_zero_ended(answer->headers.ptr[i].f0), vb_zero_ended(answer->headers.ptr[i].f1));
    }
    vb_string value = vb_header(&event, name);
    return value.ptr ? vb_zero_ended(value) : NULL;
}
