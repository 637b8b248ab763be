// Says who is calling, and lets editors do what others may not: `GET` and `POST /NAME`.
//
// The host has checked who it is before this runs, as the policy `NAME.toml` says; nobody else gets here.
import { identity, type Handler } from "@vestibule/function";

export const handler: Handler = async (event, context) => {
  const caller = identity(context);
  // Without this, a policy that lost its [auth] would let anybody in.
  if (caller === null) {
    throw new Error("the policy of this function has no [auth]");
  }
  const { subject, roles } = caller;
  if (event.httpMethod !== "POST") {
    return { statusCode: 200, body: { subject, roles } };
  }
  // Every caller may ask; this needs more.
  if (!roles.includes("editor")) {
    return { statusCode: 403, body: { error: "this takes the role editor" } };
  }
  const title = read(event.body);
  if (title === null) {
    return { statusCode: 400, body: { error: 'body: write {"title": "…"}' } };
  }
  console.info(`${subject} changes the title to ${JSON.stringify(title)}`);
  return { statusCode: 200, body: { by: subject, title } };
};

// What an editor sends; null if that is no title.
function read(body: string | null): string | null {
  try {
    const title: unknown = JSON.parse(body ?? "")?.title;
    return typeof title === "string" ? title : null;
  } catch {
    return null;
  }
}
