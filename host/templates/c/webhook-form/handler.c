// Receives webhooks at `/NAME`, which are sent as forms. The host has checked the signature before
// this runs, as `NAME.toml` says; what is not genuine never gets here.

#include <vestibule.h>

// A field of the form, decoded. Forms are written as queries are.
static vb_string field(const vb_event *event, const char *name) {
    vb_event form = {.query = {event->body.ptr, event->body.len}};
    return vb_query(&form, name);
}

void handle(const vb_event *event, const vb_context *context, vb_response *response) {
    // Without this, a policy that lost its [verify] would let anybody in.
    if (!context->delivery.is_some) {
        vb_fail(response, "the policy of this function has no [verify]");
        return;
    }
    // Whoever sends it sends more: read here what this function needs. A field may be missing.
    vb_string field_name = field(event, "name");
    const char *name = field_name.ptr ? vb_format("%j", field_name) : "null";

    // Senders send again what was not answered with 2xx, and a host can die between the work and
    // its answer: so a delivery may get here twice, although the host keeps away what has run (see
    // Replay in docs/webhooks.md). Hand the delivery's id on with whatever you do, so that it is
    // done once. A scheme without one has something like it in the form.
    const function_option_string_t *id = &context->delivery.val.id;
    vb_log(VB_INFO, vb_format("a form with the name %s", name));

    const char *delivery = id->is_some ? vb_format("%j", id->val) : "null";
    vb_json(response, vb_format("{\"name\":%s,\"delivery\":%s}", name, delivery));
}
