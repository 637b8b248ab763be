// Answers what it got, as JSON: every field of the event and of the context, and its environment. With `?raw` it answers the
// body alone, byte for byte; with `?status`, `?repeat`, `?log`, `?fail`, `?loop` and `?memory` it does what `tests/conformance`
// asks of a function in any language.

#include <stdlib.h>
#include <string.h>

#include <vestibule.h>

static const char *texts(const function_list_tuple2_string_string_t *pairs) {
    const char *json = "";
    for (size_t i = 0; i < pairs->len; i++) {
        json = vb_format("%s%s[%j,%j]", json, i ? "," : "", pairs->ptr[i].f0, pairs->ptr[i].f1);
    }
    return json;
}

static const char *optional(const function_option_string_t *text) {
    return text->is_some ? vb_format("%j", text->val) : "null";
}

static const char *delivery(const vb_context *context) {
    if (!context->delivery.is_some) return "null";
    const vestibule_function_types_delivery_t *delivery = &context->delivery.val;
    return vb_format("{\"scheme\":%j,\"id\":%s,\"event_type\":%s,\"timestamp\":%s,\"secret\":%j}", delivery->scheme,
                     optional(&delivery->id), optional(&delivery->event_type),
                     delivery->timestamp.is_some ? vb_format("%u", delivery->timestamp.val) : "null", delivery->secret);
}

static const char *identity(const vb_context *context) {
    if (!context->identity.is_some) return "null";
    const vestibule_function_types_identity_t *identity = &context->identity.val;
    const char *roles = "";
    for (size_t i = 0; i < identity->roles.len; i++) {
        roles = vb_format("%s%s%j", roles, i ? "," : "", identity->roles.ptr[i]);
    }
    // Claims are JSON already.
    return vb_format("{\"provider\":%j,\"subject\":%j,\"roles\":[%s],\"claims\":%v}", identity->provider, identity->subject,
                     roles, identity->claims);
}

static const char *environment(void) {
    function_list_tuple2_string_string_t all;
    wasi_config_store_error_t error;
    if (!wasi_config_store_get_all(&all, &error)) return "";
    const char *json = "";
    for (size_t i = 0; i < all.len; i++) {
        json = vb_format("%s%s%j:%j", json, i ? "," : "", all.ptr[i].f0, all.ptr[i].f1);
    }
    return json;
}

void handle(const vb_event *event, const vb_context *context, vb_response *response) {
    if (vb_query(event, "raw").ptr) {
        vb_body(response, "application/octet-stream", event->body.ptr, event->body.len);
        return;
    }
    int64_t status;
    if (vb_int(vb_query(event, "status"), &status)) {
        vb_status(response, (uint16_t)status);
        return;
    }
    if (vb_query(event, "repeat").ptr) {
        vb_status(response, 200);
        vb_set_header(response, "set-cookie", "a=1");
        vb_set_header(response, "set-cookie", "b=2");
        vb_set_header(response, "X-Note", "replaced");
        vb_set_header(response, "x-note", "tschüß ☕");
        return;
    }
    vb_string text = vb_query(event, "log");
    if (text.ptr) vb_log(VB_INFO, vb_zero_ended(text));
    text = vb_query(event, "fail");
    if (text.ptr) {
        char reason[256] = {0};
        memcpy(reason, text.ptr, text.len < sizeof reason ? text.len : sizeof reason - 1);
        vb_fail(response, reason);
        // The SDK has a copy.
        memset(reason, 0, sizeof reason);
        return;
    }
    for (volatile bool endless = vb_query(event, "loop").ptr != NULL; endless;) {
    }
    while (vb_query(event, "memory").ptr) vb_format("%s", memset(vb_take(1 << 20), 'x', (1 << 20) - 1));
    vb_string body = {event->body.ptr, event->body.len};
    const char *what = vb_format(
        "{\"method\":%j,\"path\":%j,\"subpath\":%j,\"params\":[%s],\"query\":%j,\"headers\":[%s],\"body\":%j,\"client\":%j}",
        event->method, event->path, event->subpath, texts(&event->params), event->query, texts(&event->headers), body,
        event->client);
    const char *around = vb_format(
        "{\"request_id\":%j,\"function\":%j,\"version\":%j,\"deadline\":%u,\"trigger\":\"http\",\"delivery\":%s,\"identity\":%s}",
        context->request_id, context->function, context->version, context->deadline, delivery(context), identity(context));
    vb_json(response, vb_format("{\"event\":%s,\"context\":%s,\"env\":{%s}}", what, around, environment()));
}
