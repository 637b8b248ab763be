// Receives webhooks at `/NAME`.
//
// The host has checked the signature before this runs, as the policy `NAME.toml` says; what is not genuine
// never gets here.
import { delivery } from "@vestibule/function";

export const handler = async (event, context) => {
  const delivered = delivery(context);
  // Without this, a policy that lost its [verify] would let anybody in.
  if (delivered === null) {
    throw new Error("the policy of this function has no [verify]");
  }
  const payload = read(event.body);
  if (payload === null) {
    const wanted = '{"type": "…", "data": {"name": "…", "amount": 1}}';
    return { statusCode: 400, body: { error: `body: no payload that is known here: ${wanted}` } };
  }

  // Senders send again what was not answered with 2xx, and a host can die between the work and its answer:
  // so a delivery may get here twice, although the host keeps away what has run (see Replay in
  // docs/webhooks.md). Hand the id of the delivery on with whatever you do, so that it is done once.
  // A scheme without one has something like it in the payload.
  const { type, data } = payload;
  console.info(`${type}: ${data.amount} for ${data.name}`);

  return { statusCode: 200, body: { received: type, name: data.name, delivery: delivered.id } };
};

// What is read of a payload; null if it is none that is known here. Whoever sends it sends more: read what
// this function needs.
function read(body) {
  let payload;
  try {
    payload = JSON.parse(body ?? "");
  } catch {
    return null;
  }
  const { type, data } = payload ?? {};
  const isKnown = typeof type === "string" && typeof data?.name === "string" && Number.isInteger(data.amount);
  return isKnown ? { type, data } : null;
}
