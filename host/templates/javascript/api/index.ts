// Notes, as an API in one function: `/NAME/notes` and `/NAME/notes/ID`.
//
// This file is its front door, so that every call passes the same checks; `notes.ts` has what is kept.
import type { Handler, HttpAnswer, HttpEvent } from "@vestibule/function";

import * as notes from "./notes.ts";

export const handler: Handler = async (event, context) => {
  const response = answer(event, context.vestibule.event.subpath);
  // What every answer of an API ought to say.
  return { ...response, headers: { "cache-control": "no-store", ...response.headers } };
};

// What follows the function's own route says what is meant: "/notes/7" of "/NAME/notes/7".
function answer(event: HttpEvent, subpath: string): HttpAnswer {
  const [collection, id, ...more] = subpath.split("/").slice(1);
  if (collection !== "notes" || more.length > 0) {
    return notFound();
  }
  return id === undefined ? all(event) : one(event, id);
}

function all(event: HttpEvent): HttpAnswer {
  switch (event.httpMethod) {
    case "GET":
    case "HEAD":
      return { statusCode: 200, body: notes.list() };
    case "POST": {
      const draft = notes.read(event.body);
      if ("error" in draft) {
        return error(400, draft.error);
      }
      const note = notes.add(draft);
      return { statusCode: 201, headers: { location: `${event.path}/${note.id}` }, body: note };
    }
    default:
      return notAllowed("GET, HEAD, POST");
  }
}

function one(event: HttpEvent, id: string): HttpAnswer {
  switch (event.httpMethod) {
    case "GET":
    case "HEAD":
      return found(notes.find(id));
    case "PUT": {
      const draft = notes.read(event.body);
      return "error" in draft ? error(400, draft.error) : found(notes.replace(id, draft));
    }
    case "DELETE":
      return notes.remove(id) ? { statusCode: 204 } : notFound();
    default:
      return notAllowed("GET, HEAD, PUT, DELETE");
  }
}

function found(note: notes.Note | null): HttpAnswer {
  return note === null ? notFound() : { statusCode: 200, body: note };
}

function error(statusCode: number, text: string): HttpAnswer {
  return { statusCode, body: { error: text } };
}

function notFound(): HttpAnswer {
  return error(404, "not found");
}

function notAllowed(allow: string): HttpAnswer {
  return { ...error(405, "method not allowed"), headers: { allow } };
}
