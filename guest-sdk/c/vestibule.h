// Write functions for Vestibule in C or C++. This header owns what an author touches: the event that comes in, the response
// that goes out, and what a policy grants. It stands on `function.h`, which is made of the contract in `wit/` and can be used
// beside it for all that has no helper here.
//
//     #include <vestibule.h>
//
//     void handle(const vb_event *event, const vb_context *context, vb_response *response) {
//         vb_text(response, "Hello!\n");
//     }
//
// An instance lives for one request: memory comes from `malloc` and nobody has to free it. By the time `handle` runs, the
// host has checked signature, caller and quota; `context->delivery` and `context->identity` say what came of it.

#ifndef VESTIBULE_H
#define VESTIBULE_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "function.h"

#ifdef __cplusplus
extern "C" {
#endif

// Text of a length, without a zero at its end. `ptr` is NULL where there is none at all, and not where it is empty.
typedef function_string_t vb_string;
// Bytes of a length.
typedef function_list_u8_t vb_bytes;
// What the host calls a function with: `method`, `path`, `subpath`, `params`, `query`, `headers`, `body`, `client`.
typedef vestibule_function_types_event_t vb_event;
// What is known of the call: `request_id`, `function`, `version`, `deadline`, `trigger`, `delivery`, `identity`.
typedef vestibule_function_types_context_t vb_context;

// The answer. It is 204 without a body until something is put into it.
typedef struct vb_response vb_response;

// The function. Each program has one.
void handle(const vb_event *event, const vb_context *context, vb_response *response);

// --- reading -------------------------------------------------------------------------------------------------------

// A text that is written in the program.
vb_string vb_str(const char *text);
// Whether two texts are the same, byte for byte.
bool vb_is(vb_string text, const char *other);
// Memory, all zeros. A program whose memory is used up ends here, and the host says so.
void *vb_take(size_t size);
// A copy that ends with a zero.
const char *vb_zero_ended(vb_string text);

// The first header of this name, in any case.
vb_string vb_header(const vb_event *event, const char *name);
// The first value of this name in the query, decoded: `%20` and `+` are spaces. What is encoded wrongly stays as it is,
// and what is not UTF-8 becomes U+FFFD.
vb_string vb_query(const vb_event *event, const char *name);
// What a `[name]` of the route stands for, decoded.
vb_string vb_param(const vb_event *event, const char *name);
// A whole number in decimal digits, with a sign perhaps. False if it is something else or does not fit.
bool vb_int(vb_string text, int64_t *number);

// --- answering -----------------------------------------------------------------------------------------------------

// The status; 200 once there is a body, if nothing else is said.
void vb_status(vb_response *response, uint16_t status);
// Sets a header, in place of one of the same name. `set-cookie` alone may repeat, so it is added.
void vb_set_header(vb_response *response, const char *name, const char *value);
// The body, as `text/plain`. The text is copied.
void vb_text(vb_response *response, const char *text);
// The body, as `application/json`. The text is copied, and taken for JSON.
void vb_json(vb_response *response, const char *json);
// The body, as it is. The bytes are copied.
void vb_body(vb_response *response, const char *content_type, const void *bytes, size_t length);
// Instead of an answer: the client gets status 500, and the reason, which is copied, goes to the host's log.
void vb_fail(vb_response *response, const char *reason);

// --- text ----------------------------------------------------------------------------------------------------------

// Text as `printf` makes it of a format with these alone: %s (ends with a zero), %v (a vb_string), %d (int), %l (int64_t),
// %u (uint64_t), %j (a vb_string, as a string of JSON in its quotes) and %%. Small on purpose: libc's `snprintf` works as
// well, and brings 20 KB.
const char *vb_format(const char *format, ...);

// --- the log -------------------------------------------------------------------------------------------------------

typedef enum { VB_TRACE, VB_DEBUG, VB_INFO, VB_WARN, VB_ERROR } vb_level;
// Writes a line to the host's log, which knows by itself of which request it is.
void vb_log(vb_level level, const char *message);

// --- what a policy grants --------------------------------------------------------------------------------------------

// A value of `grants.env`.
vb_string vb_env(const char *name);
// A secret of `grants.secrets`. False if it is not granted; then `why` says what to write, if it is not NULL.
bool vb_secret(const char *name, vb_bytes *value, const char **why);

// A store of `grants.kv`.
typedef struct {
    wasi_keyvalue_store_borrow_bucket_t bucket;
} vb_store;
// All of these return false if it was not done; then `vb_why` says why.
bool vb_store_open(const char *name, vb_store *store);
// `value->ptr` is NULL if there is no such key.
bool vb_store_get(vb_store store, const char *key, vb_bytes *value);
bool vb_store_set(vb_store store, const char *key, const void *value, size_t length);
// The value is gone after so many milliseconds.
bool vb_store_set_for(vb_store store, const char *key, const void *value, size_t length, uint64_t milliseconds);
bool vb_store_delete(vb_store store, const char *key);
// Adds to a number, in one step, and gives what came of it. What is not there counts as 0.
bool vb_store_increment(vb_store store, const char *key, uint64_t by, uint64_t *number);
// Sets a value if the one there is as expected (NULL: if there is none). `done` says whether it was.
bool vb_store_compare_and_set(vb_store store, const char *key, const vb_bytes *expected, const void *value, size_t length,
                              bool *done);
// Why the last of these was not done.
const char *vb_why(void);

#ifdef __cplusplus
}
#endif

#endif
