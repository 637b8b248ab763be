// The host as a test of a function in C has it: in memory for `handle` as a plain function, and the command `host` for the
// built component. The second half of `vestibule_test.h`; what a component's imports are called is told by `function.h`.

#define _GNU_SOURCE

#include "vestibule_test_host.h"
#include "vestibule_test.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

// Names and values of one kind; stores have theirs under a name with the store's number before it.
typedef struct pair {
    const char *name;
    vb_bytes value;
    struct pair *next;
} pair;

static pair *secrets, *environment, *entries, *of_host;
static const char *stores[64];
static size_t store_count;
static const char *lines = "", *settings = "", *folder;

static vb_bytes bytes_of(const char *text) {
    vb_string string = vb_str(text);
    vb_bytes bytes = {string.ptr, string.len};
    return bytes;
}

static pair *find(pair *list, const char *name) {
    while (list && strcmp(list->name, name) != 0) list = list->next;
    return list;
}

static void put(pair **list, const char *name, vb_bytes value) {
    pair *found = find(*list, name);
    if (!found) {
        found = vb_take(sizeof *found);
        found->name = vb_zero_ended(vb_str(name));
        found->next = *list;
        *list = found;
    }
    found->value.ptr = memcpy(vb_take(value.len + 1), value.len ? value.ptr : (uint8_t *)"", value.len);
    found->value.len = value.len;
}

static void take_away(pair **list, const char *name) {
    while (*list && strcmp((*list)->name, name) != 0) list = &(*list)->next;
    if (*list) *list = (*list)->next;
}

static const char *in_folder(const char *name) { return vb_format("%s/%s", folder, name); }

void vbt_reset(void) {
    if (folder) {
        static const char *const written[] = {"host.toml", "out", "log"};
        for (size_t i = 0; i < sizeof written / sizeof *written; i++) unlink(in_folder(written[i]));
        rmdir(folder);
    }
    secrets = environment = entries = of_host = NULL;
    store_count = 0;
    lines = settings = "";
    folder = NULL;
}

const char *vbt_read(const char *path) {
    FILE *file = fopen(path, "rb");
    if (!file) return NULL;
    size_t length = 0, room = 1 << 16;
    char *text = vb_take(room);
    for (size_t got; (got = fread(text + length, 1, room - length - 1, file)) > 0;) {
        length += got;
        if (room - length > 1) continue;
        char *larger = vb_take(room *= 2);
        text = memcpy(larger, text, length);
    }
    bool is_whole = !ferror(file);
    fclose(file);
    return is_whole ? text : NULL;
}

void grant_secret(const char *name, const char *value) { put(&secrets, name, bytes_of(value)); }

void grant_env(const char *name, const char *value) { put(&environment, name, bytes_of(value)); }

bool vb_logged(const char *part) { return strstr(lines, part) != NULL; }

// --- what a component imports ------------------------------------------------------------------------------------------

void vestibule_function_output_log(vestibule_function_output_level_t level, bool is_last, uint8_t length,
                                   vestibule_function_output_line_words_t *words) {
    static const char *const levels[] = {"trace", "debug", "info", "warn", "error"};
    static const char *line = "";
    // The zero stands between where a line comes from, which is nowhere here, and the line.
    const uint8_t *text = (const uint8_t *)words;
    size_t skipped = length && text[0] == 0;
    vb_string part = {(uint8_t *)text + skipped, length - skipped};
    line = vb_format("%s%v", line, part);
    if (!is_last) return;
    lines = vb_format("%s%s: %s\n", lines, levels[level <= VB_ERROR ? level : VB_ERROR], line);
    line = "";
}

bool wasi_config_store_get(function_string_t *key, function_option_string_t *value, wasi_config_store_error_t *error) {
    (void)error;
    pair *found = find(environment, vb_zero_ended(*key));
    value->is_some = found != NULL;
    if (found) value->val = (vb_string){found->value.ptr, found->value.len};
    return true;
}

bool wasi_config_store_get_all(function_list_tuple2_string_string_t *all, wasi_config_store_error_t *error) {
    (void)error;
    all->len = 0;
    for (pair *at = environment; at; at = at->next) all->len++;
    all->ptr = (function_tuple2_string_string_t *)vb_take(all->len * sizeof *all->ptr);
    size_t number = 0;
    for (pair *at = environment; at; at = at->next, number++) {
        all->ptr[number].f0 = vb_str(at->name);
        all->ptr[number].f1 = (vb_string){at->value.ptr, at->value.len};
    }
    return true;
}

bool vestibule_function_secrets_get(function_string_t *key, function_list_u8_t *value, function_string_t *why) {
    const char *name = vb_zero_ended(*key);
    pair *found = find(secrets, name);
    if (found) *value = found->value;
    else *why = vb_str(vb_format("the secret %s is not granted: write secrets = [\"%s\"] under [grants] in the function's policy, "
                                 "and grant_secret(\"%s\", ...) in the test", name, name, name));
    return found != NULL;
}

static bool store_failed(wasi_keyvalue_store_error_t *error, const char *why) {
    error->tag = WASI_KEYVALUE_STORE_ERROR_OTHER;
    error->val.other = vb_str(why);
    return false;
}

bool wasi_keyvalue_store_open(function_string_t *identifier, wasi_keyvalue_store_own_bucket_t *bucket,
                              wasi_keyvalue_store_error_t *error) {
    for (size_t i = 0; i < store_count; i++) {
        bucket->__handle = (int32_t)i;
        if (vb_is(*identifier, stores[i])) return true;
    }
    if (store_count == sizeof stores / sizeof *stores) return store_failed(error, "a test has room for 64 stores");
    bucket->__handle = (int32_t)store_count;
    stores[store_count++] = vb_zero_ended(*identifier);
    return true;
}

wasi_keyvalue_store_borrow_bucket_t wasi_keyvalue_store_borrow_bucket(wasi_keyvalue_store_own_bucket_t handle) {
    wasi_keyvalue_store_borrow_bucket_t borrowed = {handle.__handle};
    return borrowed;
}

static const char *entry(wasi_keyvalue_store_borrow_bucket_t bucket, const function_string_t *key) {
    return vb_format("%d/%v", bucket.__handle, *key);
}

bool wasi_keyvalue_store_method_bucket_get(wasi_keyvalue_store_borrow_bucket_t bucket, function_string_t *key,
                                           function_option_list_u8_t *value, wasi_keyvalue_store_error_t *error) {
    (void)error;
    pair *found = find(entries, entry(bucket, key));
    value->is_some = found != NULL;
    if (found) value->val = found->value;
    return true;
}

bool wasi_keyvalue_store_method_bucket_set(wasi_keyvalue_store_borrow_bucket_t bucket, function_string_t *key,
                                           function_list_u8_t *value, wasi_keyvalue_store_error_t *error) {
    (void)error;
    put(&entries, entry(bucket, key), *value);
    return true;
}

bool wasi_keyvalue_store_method_bucket_delete(wasi_keyvalue_store_borrow_bucket_t bucket, function_string_t *key,
                                              wasi_keyvalue_store_error_t *error) {
    (void)error;
    take_away(&entries, entry(bucket, key));
    return true;
}

bool vestibule_function_keyvalue_set_for(vestibule_function_keyvalue_borrow_bucket_t bucket, function_string_t *key,
                                         function_list_u8_t *value, uint64_t milliseconds,
                                         vestibule_function_keyvalue_error_t *error) {
    if (milliseconds == 0) return store_failed(error, "a time to live is at least a millisecond");
    return wasi_keyvalue_store_method_bucket_set(bucket, key, value, error);
}

bool wasi_keyvalue_atomics_increment(wasi_keyvalue_atomics_borrow_bucket_t bucket, function_string_t *key, uint64_t delta,
                                     uint64_t *sum, wasi_keyvalue_atomics_error_t *error) {
    const char *name = entry(bucket, key);
    pair *found = find(entries, name);
    int64_t number = 0;
    vb_string digits = {found ? found->value.ptr : NULL, found ? found->value.len : 0};
    if ((found && (!vb_int(digits, &number) || number < 0)) || delta > (uint64_t)(INT64_MAX - number)) {
        return store_failed(error, "the value is not a number in decimal digits, or would be too large afterwards");
    }
    *sum = (uint64_t)number + delta;
    put(&entries, name, bytes_of(vb_format("%u", *sum)));
    return true;
}

bool vestibule_function_keyvalue_compare_and_set(vestibule_function_keyvalue_borrow_bucket_t bucket, function_string_t *key,
                                                 function_list_u8_t *expected, function_list_u8_t *value,
                                                 uint64_t *milliseconds, bool *was_set,
                                                 vestibule_function_keyvalue_error_t *error) {
    (void)milliseconds;
    pair *found = find(entries, entry(bucket, key));
    *was_set = expected ? found && found->value.len == expected->len &&
                              (expected->len == 0 || memcmp(found->value.ptr, expected->ptr, expected->len) == 0)
                        : !found;
    return !*was_set || wasi_keyvalue_store_method_bucket_set(bucket, key, value, error);
}

// --- the built component -------------------------------------------------------------------------------------------------

void vb_host_secret(const char *name, const char *value) { put(&of_host, name, bytes_of(value)); }

void vb_host_settings(const char *text) { settings = text; }

static const char *variable(const char *name) {
    const char *value = getenv(name);
    if (!value) vbt_give_up(vb_format("%s is not set: run this with `host test`, which builds the component too", name));
    return value;
}

// As many arguments does a call have, and as many variables.
enum { MOST = 64 };

// The environment of the command: where things are, and the secrets of the test.
static char **environment_of_host(void) {
    static const char *const kept[] = {"PATH", "HOME", "XDG_CACHE_HOME"};
    char **all = vb_take((MOST + 1) * sizeof *all);
    size_t count = 0;
    for (size_t i = 0; i < sizeof kept / sizeof *kept; i++) {
        if (getenv(kept[i])) all[count++] = (char *)vb_format("%s=%s", kept[i], getenv(kept[i]));
    }
    for (pair *secret = of_host; secret; secret = secret->next) {
        if (count == MOST) vbt_give_up("a test has room for some 60 secrets of the host");
        vb_string value = {secret->value.ptr, secret->value.len};
        all[count++] = (char *)vb_format("%s=%v", secret->name, value);
    }
    return all;
}

static void prepare(void) {
    if (!folder) {
        const char *above = getenv("TMPDIR");
        char *made = (char *)vb_format("%s/vestibule-test-XXXXXX", above ? above : "/tmp");
        if (!mkdtemp(made)) vbt_give_up(vb_format("no folder for temporary files: %s: %s", made, strerror(errno)));
        folder = made;
    }
    FILE *file = fopen(in_folder("host.toml"), "w");
    if (!file || fputs(settings, file) < 0 || fclose(file) != 0) vbt_give_up("host.toml cannot be written");
}

vb_invoked vb_invoke(const char *name, ...) {
    prepare();
    char *arguments[MOST + 1] = {(char *)variable("VESTIBULE_HOST"), "invoke", "--include", "--config", (char *)in_folder("host.toml"),
                                 (char *)vb_format("%s/%s.wasm", variable("VESTIBULE_FUNCTIONS"), name)};
    size_t count = 6;
    va_list more;
    va_start(more, name);
    for (char *argument; (argument = va_arg(more, char *)) != NULL;) {
        if (count == MOST) vbt_give_up("vb_invoke takes some 50 arguments; is the NULL at their end missing?");
        arguments[count++] = argument;
    }
    va_end(more);

    posix_spawn_file_actions_t files;
    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&files, 1, in_folder("out"), O_WRONLY | O_CREAT | O_TRUNC, 0600);
    posix_spawn_file_actions_addopen(&files, 2, in_folder("log"), O_WRONLY | O_CREAT | O_TRUNC, 0600);
    pid_t process;
    int error = posix_spawn(&process, arguments[0], &files, NULL, arguments, environment_of_host());
    posix_spawn_file_actions_destroy(&files);
    if (error) vbt_give_up(vb_format("%s cannot be run: %s", arguments[0], strerror(error)));
    int status;
    while (waitpid(process, &status, 0) < 0) {
        if (errno != EINTR) vbt_give_up(vb_format("%s cannot be waited for: %s", arguments[0], strerror(errno)));
    }
    vb_invoked invoked = {WIFEXITED(status) ? WEXITSTATUS(status) : -1, vbt_read(in_folder("out")), vbt_read(in_folder("log"))};
    if (!invoked.text || !invoked.log) vbt_give_up("what `host invoke` has said cannot be read");
    if (invoked.exit_status != 0 && invoked.exit_status != 1) vbt_give_up(vb_format("host invoke:\n%s", invoked.log));
    return invoked;
}
