// The built component behind all gates, which `host test` builds first.

#include <string.h>

#include <vestibule_test.h>

// A key that is good for these tests alone, and the provider of `NAME.toml` as host.toml has it: the
// hash is that of the key.
#define KEY "x-api-key: ada-1f0c8b6a4e2d9375c0b1a2f3e4d59687"

static const char *const settings = "[auth.NAME]\n"
                                    "kind = \"api-key\"\n"
                                    "header = \"x-api-key\"\n"
                                    "\n"
                                    "[[auth.NAME.keys]]\n"
                                    "name = \"ada\"\n"
                                    "sha256 = \"4daae48c7be51f741cd4cea14b5549d1077117dfceb83f2972ad0aac35ec7805\"\n"
                                    "roles = [\"editor\"]\n";

VB_TEST(callers_are_known_and_nobody_else_gets_in) {
    vb_host_settings(settings);
    vb_invoked ada = vb_invoke("NAME", "--header", KEY, "--body", "fixtures/example.json", NULL);
    VB_CHECK(strstr(ada.text, "200 OK") && strstr(ada.text, "{\"by\":\"ada\""));

    vb_invoked nobody = vb_invoke("NAME", NULL);
    VB_CHECK(strstr(nobody.text, "401 ") && strstr(nobody.log, "sandbox: none was made"));
    vb_invoked guessed = vb_invoke("NAME", "--header", "x-api-key: guessed", NULL);
    VB_CHECK(strstr(guessed.text, "401 ") && strstr(guessed.log, "sandbox: none was made"));
}
