// Greets in Zig, on the header of the C SDK: `/greet?name=Ada`.

const vb = @import("vestibule");

export fn handle(event: *const vb.vb_event, context: *const vb.vb_context, response: *vb.vb_response) void {
    _ = context;
    const name = vb.vb_query(event, "name");
    const who = if (name.ptr == null) vb.vb_str("world") else name;
    vb.vb_text(response, vb.vb_format("Hello, %v!\n", who));
}
