// Says who is calling, and lets editors do what others may not: `GET /NAME` and `POST /NAME`. The
// host has checked who it is before this runs, as `NAME.toml` says; nobody else gets here.

#include <vestibule.h>

typedef vestibule_function_types_identity_t identity;

static bool has_role(const identity *caller, const char *role) {
    for (size_t i = 0; i < caller->roles.len; i++) {
        if (vb_is(caller->roles.ptr[i], role)) return true;
    }
    return false;
}

static const char *roles_of(const identity *caller) {
    const char *roles = "";
    for (size_t i = 0; i < caller->roles.len; i++) {
        roles = vb_format("%s%s%j", roles, i ? "," : "", caller->roles.ptr[i]);
    }
    return roles;
}

void handle(const vb_event *event, const vb_context *context, vb_response *response) {
    // Without this, a policy that lost its [auth] would let anybody in.
    if (!context->identity.is_some) {
        vb_fail(response, "the policy of this function has no [auth]");
        return;
    }
    const identity *caller = &context->identity.val;
    if (!vb_is(event->method, "POST")) {
        const char *roles = roles_of(caller);
        vb_json(response, vb_format("{\"subject\":%j,\"roles\":[%s]}", caller->subject, roles));
        return;
    }
    // Every caller may ask; this needs more.
    if (!has_role(caller, "editor")) {
        vb_status(response, 403);
        vb_json(response, "{\"error\":\"forbidden\"}");
        return;
    }
    // The change is `event->body`. The SDK for C reads no JSON: bring the reader that you like, as a
    // file beside this one.
    uint64_t length = event->body.len;
    vb_log(VB_INFO, vb_format("%v changes something", caller->subject));
    vb_json(response, vb_format("{\"by\":%j,\"bytes\":%u}", caller->subject, length));
}
