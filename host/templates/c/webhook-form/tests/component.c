// The built component behind all gates, which `host test` builds first.

#include <string.h>

#include <vestibule_test.h>

// What `NAME.toml` calls the secret, and a value of it that is good for these tests alone.
#define CALLED "NAME_SECRET"
#define SECRET "PAIR1f0c8b6a4e2d9375c0b1a2f3e4d5968778695a4b3c2d1e0f0011223344556677"
#define GUESSED "PAIR00000000000000000000000000000000000000000000000000000000000000ff"
#define PAYLOAD "fixtures/example.form"

VB_TEST(what_is_signed_runs_and_what_is_forged_does_not) {
    vb_host_secret(CALLED, SECRET);
    vb_host_secret("GUESSED", GUESSED);
    vb_invoked genuine = vb_invoke("NAME", "--body", PAYLOAD, "--sign", NULL);
    VB_CHECK(strstr(genuine.text, "200 OK"));

    vb_invoked forged = vb_invoke("NAME", "--body", PAYLOAD, "--sign", "--secret-env", "GUESSED", NULL);
    vb_invoked unsigned_one = vb_invoke("NAME", "--body", PAYLOAD, NULL);
    VB_CHECK(strstr(forged.text, "401 ") && strstr(unsigned_one.text, "401 "));
    // Neither of them had a sandbox.
    VB_CHECK(strstr(forged.log, "sandbox: none was made"));
    VB_CHECK(strstr(unsigned_one.log, "sandbox: none was made"));
}
