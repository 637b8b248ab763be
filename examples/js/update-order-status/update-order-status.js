// A webhook that moves an order on: placed, then shipped, then delivered. The orders are in a store.
import { delivery, kv } from "@vestibule/function";

// Each status, and the one that an order must have to get it.
const FOLLOWS = { PLACED: null, SHIPPED: "PLACED", DELIVERED: "SHIPPED" };

/** Why an order keeps its status. */
class Refused extends Error {
  constructor(statusCode, message) {
    super(message);
    this.statusCode = statusCode;
  }
}

const json = (statusCode, body) => ({
  statusCode,
  headers: { "Content-Type": "application/json" },
  body: JSON.stringify(body),
});

export const handler = async (event, context) => {
  // Without this line, a policy that lost its [verify] would let anyone change orders.
  if (delivery(context) === null) {
    throw new Error("the policy of this function has no [verify]");
  }
  try {
    const { trackingNumber, status } = read(event);
    // Of two webhooks about one order at once, the second sees what the first has changed.
    const order = kv.store("orders").updateJson(trackingNumber, (order) => changed(order, trackingNumber, status));
    console.info(`order ${trackingNumber} is ${status}`);
    return json(200, { message: `Updated order ${trackingNumber} to ${status}`, order });
  } catch (error) {
    if (!(error instanceof Refused)) {
      throw error;
    }
    return json(error.statusCode, { message: "Unable to update the order status", reason: error.message });
  }
};

function read(event) {
  let update;
  try {
    update = JSON.parse(event.body ?? "");
  } catch (error) {
    throw new Refused(400, `body: ${error.message}`);
  }
  const { trackingNumber, status } = update ?? {};
  if (typeof trackingNumber !== "string" || trackingNumber === "") {
    throw new Refused(400, "body: missing field `trackingNumber`");
  }
  if (typeof status !== "string" || !Object.hasOwn(FOLLOWS, status)) {
    throw new Refused(400, `body: unknown status, expected one of ${Object.keys(FOLLOWS).join(", ")}`);
  }
  return { trackingNumber, status };
}

function changed(order, trackingNumber, status) {
  const before = order?.status ?? null;
  if (before === FOLLOWS[status]) {
    return { trackingNumber, status };
  }
  if (before === null) {
    throw new Refused(404, "there is no order of this tracking number");
  }
  throw new Refused(409, `it is ${before}, and ${status} does not follow that`);
}
