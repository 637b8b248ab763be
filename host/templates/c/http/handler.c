// Greets whoever is named in the query: `/NAME?name=Ada`.

#include <vestibule.h>

void handle(const vb_event *event, const vb_context *context, vb_response *response) {
    (void)context;
    vb_string name = vb_query(event, "name"), often = vb_query(event, "times");
    if (!name.ptr) name = vb_str("world");
    int64_t times = 1;
    if (often.ptr && !vb_int(often, &times)) {
        vb_status(response, 400);
        vb_json(response, "{\"error\":\"query: times: write a whole number\"}");
        return;
    }
    if (times > 3) times = 3;
    const char *greeting = vb_format("Hello, %v!", name);
    const char *all = greeting;
    while (times-- > 1) all = vb_format("%s %s", all, greeting);
    // %j writes a text as JSON has it, in its quotes.
    vb_json(response, vb_format("{\"greeting\":%j}", vb_str(all)));
}
