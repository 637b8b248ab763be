// Greets in C++: `/greet?name=Ada`.

#include <string>

#include <vestibule.h>

void handle(const vb_event *event, const vb_context *, vb_response *response) {
    vb_string name = vb_query(event, "name");
    std::string text = "Hello, ";
    text += name.ptr ? std::string(reinterpret_cast<const char *>(name.ptr), name.len) : std::string("world");
    vb_text(response, (text + "!\n").c_str());
}
