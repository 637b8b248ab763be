// A webhook that moves an order on: `{ "trackingNumber": "1ZP5", "status": "DELIVERED" }`. The host has verified it.
import { kv } from "@vestibule/function";

// What an order has to be before it can become this.
const BEFORE = { SHIPPED: "PLACED", DELIVERED: "SHIPPED" };

const json = (statusCode, body) => ({
  statusCode,
  headers: { "Content-Type": "application/json" },
  body: JSON.stringify(body),
});

export const handler = async (event) => {
  try {
    const { trackingNumber, status } = JSON.parse(event.body);
    if (!Object.hasOwn(BEFORE, status)) {
      throw new Error(`an order cannot become ${status}`);
    }
    const order = kv.store("orders").updateJson(trackingNumber, (order) => {
      if (order === null) {
        throw new Error(`there is no order ${trackingNumber}`);
      }
      if (order.status !== BEFORE[status]) {
        throw new Error(`an order that is ${order.status} cannot become ${status}`);
      }
      return { ...order, status };
    });
    return json(200, {
      order: { id: order.id, status: order.status },
      message: `Updated order ${order.id} to ${order.status} at ${new Date().toISOString()}`,
    });
  } catch (error) {
    console.warn(error.message);
    return json(500, { error: error.message, message: "Unable to update the order status" });
  }
};
