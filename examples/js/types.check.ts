// Never run: that the SDK's types take what people write, and refuse what the code would.
import { type Handler, type WebHandler, delivery, identity, kv, secret, webhooks } from "@vestibule/function";
import { Host, mockContext, mockHttpEvent, mockSignedWebhook } from "@vestibule/function/testing";

export const handler: Handler = async (event, context) => {
  const [id]: (string | undefined)[] = [event.pathParameters?.id];
  const count: number = kv.store("orders").increment(`seen/${id}`, 1, { ttl: 60 });
  const order = kv.store("orders").getJson<{ status: string }>(id ?? "");
  const user: string | undefined = context.clientContext.user?.sub ?? identity(context)?.subject;
  const scheme: string | undefined = delivery()?.scheme;
  const came: [string, string][] = context.vestibule.event.headers;
  const signed = webhooks.sign("github", "OUT", secret("KEY"), { id: "1" });
  await fetch("https://example.com", { method: "POST", headers: signed.headers, body: "x" });
  // @ts-expect-error a status is a number
  const wrong: Handler = () => ({ statusCode: "200" });
  return { statusCode: 200, headers: { "set-cookie": ["a=1", "b=2"] }, body: { count, order, user, scheme, wrong: typeof wrong, came } };
};

export default {
  fetch: (request, ctx) => Response.json({ url: request.url, ip: ctx.ip, params: ctx.params }),
} satisfies WebHandler;

export async function tested(): Promise<number> {
  await handler(mockHttpEvent({ payload: { a: 1 } }), mockContext({ identity: { subject: "ada" } }));
  mockSignedWebhook({ signatureType: "github", secret: "s", payload: {} });
  const host = await Host.with("functions/f.wasm").policy('access = "public"').start();
  const answer = await host.post("/f").json({}).signed("github", "s");
  // @ts-expect-error there is no such word
  host.patch("/f");
  return answer.status;
}
