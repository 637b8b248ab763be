// What `vestibule.h` declares, on the bindings alone. No memory is freed: an instance ends with its request.

#include "vestibule.h"

#include <stdlib.h>
#include <string.h>

struct vb_response {
    uint16_t status;
    function_tuple2_string_string_t *headers;
    size_t header_count;
    size_t header_room;
    bool has_body;
    vb_bytes body;
    const char *failure;
};

void *vb_take(size_t size) {
    void *taken = calloc(size ? size : 1, 1);
    // It cannot go on without.
    if (!taken) __builtin_trap();
    return taken;
}

static uint8_t *copy(const void *bytes, size_t length) {
    uint8_t *copied = (uint8_t *)vb_take(length);
    if (length) memcpy(copied, bytes, length);
    return copied;
}

// --- reading -------------------------------------------------------------------------------------------------------

static const vb_string NONE = {NULL, 0};

vb_string vb_str(const char *text) {
    vb_string string = {(uint8_t *)text, strlen(text)};
    return string;
}

bool vb_is(vb_string text, const char *other) {
    size_t length = strlen(other);
    return text.ptr && text.len == length && memcmp(text.ptr, other, length) == 0;
}

const char *vb_zero_ended(vb_string text) {
    char *copied = (char *)vb_take(text.len + 1);
    if (text.len) memcpy(copied, text.ptr, text.len);
    copied[text.len] = 0;
    return copied;
}

static uint8_t lower(uint8_t byte) { return byte >= 'A' && byte <= 'Z' ? (uint8_t)(byte + 32) : byte; }

static bool is_same_name(vb_string there, const char *name) {
    size_t same = 0;
    while (same < there.len && name[same] && lower(there.ptr[same]) == lower((uint8_t)name[same])) same++;
    return same == there.len && !name[same];
}

vb_string vb_header(const vb_event *event, const char *name) {
    for (size_t i = 0; i < event->headers.len; i++) {
        if (is_same_name(event->headers.ptr[i].f0, name)) return event->headers.ptr[i].f1;
    }
    return NONE;
}

static int digit(uint8_t byte) {
    byte = lower(byte);
    if (byte >= '0' && byte <= '9') return byte - '0';
    return byte >= 'a' && byte <= 'f' ? byte - 'a' + 10 : -1;
}

// How many bytes at `at` are one character of UTF-8. Where there is none, 0, and `wrong` says how many are replaced together.
static size_t character(const uint8_t *at, size_t left, size_t *wrong) {
    uint8_t byte = *at;
    if (byte < 0x80) return 1;
    *wrong = 1;
    if (byte < 0xc2 || byte > 0xf4) return 0;
    size_t length = byte < 0xe0 ? 2 : byte < 0xf0 ? 3 : 4;
    // Not longer than need be, no half of a pair, not beyond the last character.
    uint8_t lowest = byte == 0xe0 ? 0xa0 : byte == 0xf0 ? 0x90 : 0x80, highest = byte == 0xed ? 0x9f : byte == 0xf4 ? 0x8f : 0xbf;
    for (; *wrong < length; (*wrong)++, lowest = 0x80, highest = 0xbf) {
        if (*wrong >= left || at[*wrong] < lowest || at[*wrong] > highest) return 0;
    }
    return length;
}

// A copy, with U+FFFD for what is no UTF-8: the host takes no other text, and a component that gives it some ends there.
static vb_string valid(const uint8_t *bytes, size_t length) {
    // Each byte may be replaced by three.
    vb_string text = {(uint8_t *)vb_take(length * 3), 0};
    for (size_t i = 0; i < length;) {
        size_t wrong = 0, good = character(bytes + i, length - i, &wrong);
        memcpy(text.ptr + text.len, good ? bytes + i : (const uint8_t *)"\xef\xbf\xbd", good ? good : 3);
        text.len += good ? good : 3;
        i += good ? good : wrong;
    }
    return text;
}

static vb_string decoded(const uint8_t *from, size_t length) {
    vb_string text = {(uint8_t *)vb_take(length), 0};
    for (size_t i = 0; i < length; i++) {
        uint8_t byte = from[i];
        if (byte == '+') byte = ' ';
        if (byte == '%' && i + 2 < length && digit(from[i + 1]) >= 0 && digit(from[i + 2]) >= 0) {
            byte = (uint8_t)(digit(from[i + 1]) << 4 | digit(from[i + 2]));
            i += 2;
        }
        text.ptr[text.len++] = byte;
    }
    return valid(text.ptr, text.len);
}

vb_string vb_query(const vb_event *event, const char *name) {
    const uint8_t *at = event->query.ptr, *end = at + event->query.len;
    while (at < end) {
        const uint8_t *stop = (const uint8_t *)memchr(at, '&', (size_t)(end - at));
        if (!stop) stop = end;
        const uint8_t *equals = (const uint8_t *)memchr(at, '=', (size_t)(stop - at));
        if (vb_is(decoded(at, (size_t)((equals ? equals : stop) - at)), name)) {
            return equals ? decoded(equals + 1, (size_t)(stop - equals - 1)) : decoded(stop, 0);
        }
        at = stop + 1;
    }
    return NONE;
}

vb_string vb_param(const vb_event *event, const char *name) {
    for (size_t i = 0; i < event->params.len; i++) {
        if (vb_is(event->params.ptr[i].f0, name)) return event->params.ptr[i].f1;
    }
    return NONE;
}

bool vb_int(vb_string text, int64_t *number) {
    size_t at = 0;
    bool negative = text.len && text.ptr[0] == '-';
    if (text.len && (text.ptr[0] == '-' || text.ptr[0] == '+')) at++;
    if (at == text.len) return false;
    // Downwards, as the lowest number has no positive twin.
    int64_t value = 0;
    for (; at < text.len; at++) {
        uint8_t byte = text.ptr[at];
        if (byte < '0' || byte > '9') return false;
        if (__builtin_mul_overflow(value, (int64_t)10, &value)) return false;
        if (__builtin_sub_overflow(value, (int64_t)(byte - '0'), &value)) return false;
    }
    if (!negative && __builtin_sub_overflow((int64_t)0, value, &value)) return false;
    *number = value;
    return true;
}

// --- answering -----------------------------------------------------------------------------------------------------

void vb_status(vb_response *response, uint16_t status) { response->status = status; }

static void drop_headers(vb_response *response, const char *name) {
    size_t kept = 0;
    for (size_t i = 0; i < response->header_count; i++) {
        if (!is_same_name(response->headers[i].f0, name)) response->headers[kept++] = response->headers[i];
    }
    response->header_count = kept;
}

void vb_set_header(vb_response *response, const char *name, const char *value) {
    // Of two content types, nobody knows which holds. Cookies alone are several.
    if (!is_same_name(vb_str("set-cookie"), name)) drop_headers(response, name);
    if (response->header_count == response->header_room) {
        response->header_room = response->header_room ? response->header_room * 2 : 4;
        function_tuple2_string_string_t *headers =
            (function_tuple2_string_string_t *)vb_take(response->header_room * sizeof *headers);
        if (response->header_count) memcpy(headers, response->headers, response->header_count * sizeof *headers);
        response->headers = headers;
    }
    function_tuple2_string_string_t *header = &response->headers[response->header_count++];
    header->f0 = valid((const uint8_t *)name, strlen(name));
    header->f1 = valid((const uint8_t *)value, strlen(value));
}

void vb_body(vb_response *response, const char *content_type, const void *bytes, size_t length) {
    vb_set_header(response, "content-type", content_type);
    response->body.ptr = copy(bytes, length);
    response->body.len = length;
    response->has_body = true;
}

void vb_text(vb_response *response, const char *text) {
    vb_body(response, "text/plain; charset=utf-8", text, strlen(text));
}

void vb_json(vb_response *response, const char *json) { vb_body(response, "application/json", json, strlen(json)); }

// Copied, as it is read when the stack of `handle` is gone.
void vb_fail(vb_response *response, const char *reason) { response->failure = vb_zero_ended(vb_str(reason)); }

bool exports_vestibule_function_handler_handle(vb_event *event, vb_context *context,
                                               exports_vestibule_function_handler_response_t *ret,
                                               function_string_t *err) {
    vb_response response = {0};
    handle(event, context, &response);
    if (response.failure) {
        *err = valid((const uint8_t *)response.failure, strlen(response.failure));
        return false;
    }
    ret->status = response.status ? response.status : response.has_body ? 200 : 204;
    ret->headers.ptr = response.headers;
    ret->headers.len = response.header_count;
    ret->body = response.body;
    return true;
}

// --- text ----------------------------------------------------------------------------------------------------------

typedef struct {
    char *text;
    size_t length;
    size_t room;
} growing;

static void put(growing *to, const void *bytes, size_t length) {
    if (to->length + length + 1 > to->room) {
        to->room = (to->length + length + 1) * 2;
        char *larger = (char *)vb_take(to->room);
        if (to->length) memcpy(larger, to->text, to->length);
        to->text = larger;
    }
    if (length) memcpy(to->text + to->length, bytes, length);
    to->length += length;
    to->text[to->length] = 0;
}

static void put_number(growing *to, uint64_t number, bool negative) {
    char digits[21];
    size_t at = sizeof digits;
    do digits[--at] = (char)('0' + number % 10);
    while (number /= 10);
    if (negative) digits[--at] = '-';
    put(to, digits + at, sizeof digits - at);
}

static void put_signed(growing *to, int64_t number) {
    put_number(to, number < 0 ? 0 - (uint64_t)number : (uint64_t)number, number < 0);
}

static void put_json(growing *to, vb_string text) {
    static const char hex[] = "0123456789abcdef";
    put(to, "\"", 1);
    for (size_t i = 0; i < text.len; i++) {
        uint8_t byte = text.ptr[i];
        if (byte == '"' || byte == '\\') {
            char escaped[2] = {'\\', (char)byte};
            put(to, escaped, 2);
        } else if (byte < 0x20) {
            char escaped[6] = {'\\', 'u', '0', '0', hex[byte >> 4], hex[byte & 15]};
            put(to, escaped, 6);
        } else {
            put(to, &byte, 1);
        }
    }
    put(to, "\"", 1);
}

const char *vb_format(const char *format, ...) {
    growing to = {NULL, 0, 0};
    va_list arguments;
    va_start(arguments, format);
    put(&to, "", 0);
    for (; *format; format++) {
        if (*format != '%' || !format[1]) {
            put(&to, format, 1);
            continue;
        }
        switch (*++format) {
        case 's': {
            const char *text = va_arg(arguments, const char *);
            put(&to, text, strlen(text));
            break;
        }
        case 'v': {
            vb_string text = va_arg(arguments, vb_string);
            put(&to, text.ptr, text.len);
            break;
        }
        case 'j': put_json(&to, va_arg(arguments, vb_string)); break;
        case 'd': put_signed(&to, va_arg(arguments, int)); break;
        case 'l': put_signed(&to, va_arg(arguments, int64_t)); break;
        case 'u': put_number(&to, va_arg(arguments, uint64_t), false); break;
        default: put(&to, format, 1); break;
        }
    }
    va_end(arguments);
    return to.text;
}

// --- the log -------------------------------------------------------------------------------------------------------

// Through `output`, which takes bytes as numbers: a component that passes them in memory has three core modules instead of
// one, and every request would pay for them.
void vb_log(vb_level level, const char *message) {
    vestibule_function_output_line_words_t words;
    // Where the line comes from stands before the zero; the host knows the function by itself.
    size_t at = 1, length = strlen(message);
    memset(&words, 0, sizeof words);
    for (;;) {
        size_t room = sizeof words - at, part = length < room ? length : room;
        memcpy((uint8_t *)&words + at, message, part);
        message += part;
        length -= part;
        vestibule_function_output_log((vestibule_function_output_level_t)level, length == 0, (uint8_t)(at + part), &words);
        if (length == 0) return;
        at = 0;
    }
}

// --- what a policy grants --------------------------------------------------------------------------------------------

vb_string vb_env(const char *name) {
    vb_string key = vb_str(name);
    function_option_string_t value = {0};
    wasi_config_store_error_t error;
    return wasi_config_store_get(&key, &value, &error) && value.is_some ? value.val : NONE;
}

bool vb_secret(const char *name, vb_bytes *value, const char **why) {
    vb_string key = vb_str(name), reason = NONE;
    bool is_there = vestibule_function_secrets_get(&key, value, &reason);
    if (!is_there && why) *why = vb_zero_ended(reason);
    return is_there;
}

static const char *why = "";

const char *vb_why(void) { return why; }

static bool done(bool is_done, const wasi_keyvalue_store_error_t *error) {
    if (is_done) return true;
    switch (error->tag) {
    case WASI_KEYVALUE_STORE_ERROR_NO_SUCH_STORE: why = "no store can have this name"; break;
    case WASI_KEYVALUE_STORE_ERROR_ACCESS_DENIED: why = "the policy does not grant this store"; break;
    default: why = vb_zero_ended(error->val.other); break;
    }
    return false;
}

bool vb_store_open(const char *name, vb_store *store) {
    vb_string identifier = vb_str(name);
    wasi_keyvalue_store_own_bucket_t bucket;
    wasi_keyvalue_store_error_t error;
    if (!done(wasi_keyvalue_store_open(&identifier, &bucket, &error), &error)) return false;
    store->bucket = wasi_keyvalue_store_borrow_bucket(bucket);
    return true;
}

bool vb_store_get(vb_store store, const char *key, vb_bytes *value) {
    vb_string name = vb_str(key);
    function_option_list_u8_t found = {0};
    wasi_keyvalue_store_error_t error;
    if (!done(wasi_keyvalue_store_method_bucket_get(store.bucket, &name, &found, &error), &error)) return false;
    value->ptr = found.is_some ? found.val.ptr : NULL;
    value->len = found.is_some ? found.val.len : 0;
    return true;
}

bool vb_store_set(vb_store store, const char *key, const void *value, size_t length) {
    vb_string name = vb_str(key);
    vb_bytes bytes = {(uint8_t *)value, length};
    wasi_keyvalue_store_error_t error;
    return done(wasi_keyvalue_store_method_bucket_set(store.bucket, &name, &bytes, &error), &error);
}

bool vb_store_set_for(vb_store store, const char *key, const void *value, size_t length, uint64_t milliseconds) {
    vb_string name = vb_str(key);
    vb_bytes bytes = {(uint8_t *)value, length};
    wasi_keyvalue_store_error_t error;
    return done(vestibule_function_keyvalue_set_for(store.bucket, &name, &bytes, milliseconds, &error), &error);
}

bool vb_store_delete(vb_store store, const char *key) {
    vb_string name = vb_str(key);
    wasi_keyvalue_store_error_t error;
    return done(wasi_keyvalue_store_method_bucket_delete(store.bucket, &name, &error), &error);
}

bool vb_store_increment(vb_store store, const char *key, uint64_t by, uint64_t *number) {
    vb_string name = vb_str(key);
    wasi_keyvalue_store_error_t error;
    return done(wasi_keyvalue_atomics_increment(store.bucket, &name, by, number, &error), &error);
}

bool vb_store_compare_and_set(vb_store store, const char *key, const vb_bytes *expected, const void *value, size_t length,
                              bool *was_set) {
    vb_string name = vb_str(key);
    vb_bytes old = {0}, bytes = {(uint8_t *)value, length};
    if (expected) old = *expected;
    wasi_keyvalue_store_error_t error;
    return done(vestibule_function_keyvalue_compare_and_set(store.bucket, &name, expected ? &old : NULL, &bytes, NULL, was_set,
                                                            &error),
                &error);
}
