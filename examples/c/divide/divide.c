// Divides two whole numbers: `/divide?dividend=20&divisor=5`. The same function as the example of the same name in Rust.

#include <stdio.h>
#include <stdlib.h>

#include <vestibule.h>

// The fewest digits that are read as this number again.
static const char *shortest(double number) {
    static char digits[32];
    for (int precision = 1; precision <= 17; precision++) {
        snprintf(digits, sizeof digits, "%.*g", precision, number);
        if (strtod(digits, NULL) == number) break;
    }
    return digits;
}

static void message(vb_response *response, uint16_t status, const char *text) {
    vb_status(response, status);
    vb_json(response, vb_format("{\"message\":%j}", vb_str(text)));
}

void handle(const vb_event *event, const vb_context *context, vb_response *response) {
    (void)context;
    vb_string first = vb_query(event, "dividend"), second = vb_query(event, "divisor");
    if (!first.ptr || !second.ptr) {
        message(response, 400, "Please specify both a dividend and a divisor.");
        return;
    }
    int64_t dividend, divisor;
    if (!vb_int(first, &dividend) || !vb_int(second, &divisor)) {
        message(response, 400, "The dividend and the divisor have to be whole numbers.");
        return;
    }
    if (divisor == 0 || (dividend == INT64_MIN && divisor == -1)) {
        message(response, 500, vb_format("Could not divide %l by %l.", dividend, divisor));
        return;
    }
    const char *quotient = dividend % divisor ? shortest((double)dividend / (double)divisor) : vb_format("%l", dividend / divisor);
    vb_json(response, vb_format("{\"message\":\"%l / %l = %s\",\"quotient\":%s}", dividend, divisor, quotient, quotient));
}
