// Receives webhooks at `/NAME`. The host has checked the signature before this runs, as the policy
// `NAME.toml` says; what is not genuine never gets here.

#include <vestibule.h>

void handle(const vb_event *event, const vb_context *context, vb_response *response) {
    // Without this, a policy that lost its [verify] would let anybody in.
    if (!context->delivery.is_some) {
        vb_fail(response, "the policy of this function has no [verify]");
        return;
    }

    // Senders send again what was not answered with 2xx, and a host can die between the work and
    // its answer: so a delivery may get here twice, although the host keeps away what has run (see
    // Replay in docs/webhooks.md). Hand the delivery's id on with whatever you do, so that it is
    // done once. A scheme without one has something like it in the payload.
    //
    // The payload is `event->body`, the bytes that were verified. The SDK for C reads no JSON: bring
    // the reader that you like, as a file beside this one.
    const function_option_string_t *id = &context->delivery.val.id;
    uint64_t length = event->body.len;
    vb_log(VB_INFO, vb_format("a payload of %u bytes", length));

    const char *delivery = id->is_some ? vb_format("%j", id->val) : "null";
    vb_json(response, vb_format("{\"received\":%u,\"delivery\":%s}", length, delivery));
}
