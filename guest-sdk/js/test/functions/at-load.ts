// A module that asks for what only a request has when it is loaded, as many do: the build loads it in each request then.
import { createHash } from "node:crypto";

const greeting: string = process.env.GREETING ?? "nothing";
const id = crypto.randomUUID();
const loaded = Date.now();

export default async function (request: Request) {
  if (new URL(request.url).searchParams.has("throw")) {
    throw new RangeError("in the form of the web");
  }
  return Response.json({ greeting, id, loaded, hash: createHash("sha256").update(await request.text()).digest("hex") });
}
