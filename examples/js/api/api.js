// A small REST API in one function: `/api/notes` and `/api/notes/ID`. This file is its front door, so that every call passes the
// same checks; what a note looks like is in a file of its own.
//
// The notes are a fixed list. Every request has an instance of its own, which keeps nothing, so writing answers as a real API
// would and changes nothing.
import { BadNote, NOTES, find, read } from "./notes.js";

export default {
  async fetch(request, { subpath }) {
    const response = await answer(request, subpath.split("/").filter(Boolean)).catch(refused);
    // What every answer of an API ought to say.
    response.headers.set("cache-control", "no-store");
    response.headers.set("x-content-type-options", "nosniff");
    return response;
  },
};

async function answer(request, [collection, number, ...more]) {
  if (collection !== "notes" || more.length > 0) {
    return notFound();
  }
  if (number === undefined) {
    return all(request);
  }
  const note = find(number);
  return note === undefined ? notFound() : one(request, note);
}

async function all(request) {
  switch (request.method) {
    case "GET":
    case "HEAD":
      return Response.json(NOTES);
    case "POST": {
      const note = await read(request, Math.max(...NOTES.map(({ id }) => id)) + 1);
      const location = `${new URL(request.url).pathname.replace(/\/+$/, "")}/${note.id}`;
      return Response.json(note, { status: 201, headers: { location } });
    }
    default:
      return notAllowed("GET, HEAD, POST");
  }
}

async function one(request, note) {
  switch (request.method) {
    case "GET":
    case "HEAD":
      return Response.json(note);
    case "PUT":
      return Response.json(await read(request, note.id));
    case "DELETE":
      return new Response(null, { status: 204 });
    default:
      return notAllowed("GET, HEAD, PUT, DELETE");
  }
}

function refused(error) {
  if (error instanceof BadNote) {
    return Response.json({ error: error.message }, { status: 400 });
  }
  throw error;
}

function notFound() {
  return Response.json({ error: "not found" }, { status: 404 });
}

function notAllowed(allow) {
  return Response.json({ error: "method not allowed" }, { status: 405, headers: { allow } });
}
