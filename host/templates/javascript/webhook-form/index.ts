// Receives webhooks at `/NAME`, which are sent as forms.
//
// The host has checked the signature before this runs, as the policy `NAME.toml` says; what is not genuine
// never gets here.
import { delivery, type Handler } from "@vestibule/function";

const FORM = "application/x-www-form-urlencoded";

export const handler: Handler = async (event, context) => {
  const delivered = delivery(context);
  // Without this, a policy that lost its [verify] would let anybody in.
  if (delivered === null) {
    throw new Error("the policy of this function has no [verify]");
  }
  if (!event.headers["content-type"]?.startsWith(FORM)) {
    return { statusCode: 400, body: { error: `body: send a form, as ${FORM}` } };
  }
  const fields = new URLSearchParams(event.body ?? "");

  // Senders send again what was not answered with 2xx, and a host can die between the work and its answer:
  // so a delivery may get here twice, although the host keeps away what has run (see Replay in
  // docs/webhooks.md). Hand the id of the delivery on with whatever you do, so that it is done once.
  // A scheme without one has something like it in the form.
  console.info(`a form with ${fields.size} fields`);

  return { statusCode: 200, body: { received: [...fields.keys()].sort(), delivery: delivered.id } };
};
