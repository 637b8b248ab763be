// Greets whoever is named in the query: `/NAME?name=Ada`.
import type { Handler } from "@vestibule/function";

export const handler: Handler = async (event) => {
  const { name = "world", times = "1" } = event.queryStringParameters;
  if (!/^\d+$/.test(times)) {
    return { statusCode: 400, body: { error: "query: times: write a whole number" } };
  }
  // From once to three times.
  const often = Math.min(Math.max(Number(times), 1), 3);
  const greeting = Array(often).fill(`Hello, ${name}!`).join(" ");
  return { statusCode: 200, body: { greeting } };
};
