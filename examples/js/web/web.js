// The form of the web: a request in, a response out.
export default {
  async fetch(request, ctx) {
    const url = new URL(request.url);
    if (url.searchParams.get("wait")) {
      const ms = Number(url.searchParams.get("wait"));
      await new Promise((resolve) => setTimeout(resolve, ms));
    }
    if (request.method === "POST") {
      const { name } = await request.json();
      return Response.json({ hello: name, id: ctx.requestId }, { status: 201, headers: { "x-form": "web" } });
    }
    return new Response(`Hello from ${url.pathname}\n`);
  },
};
