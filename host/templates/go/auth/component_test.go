package main

import (
	"testing"

	vestibule "github.com/vestibule/vestibule/guest-sdk/go"
	"github.com/vestibule/vestibule/guest-sdk/go/vestibuletest"
)

// The built component behind all gates. `host test` builds it first; with `go test` alone, that is for you to do:
// `host build`.

// The provider of NAME.toml, as host.toml has it, with a key that is good for these tests alone: the hash is that of
// "ada-1f0c8b6a4e2d9375c0b1a2f3e4d59687".
const settings = `
[auth.NAME]
kind = "api-key"
header = "x-api-key"

[[auth.NAME.keys]]
name = "ada"
sha256 = "4daae48c7be51f741cd4cea14b5549d1077117dfceb83f2972ad0aac35ec7805"
roles = ["editor"]
`

func TestCallersAreKnownAndNobodyElseGetsIn(t *testing.T) {
	host := vestibuletest.NewHost(t, "functions/NAME.wasm").Settings(settings)
	send := func(method string, identity *vestibule.Identity, headers ...vestibule.Pair) *vestibuletest.Answer {
		request := vestibuletest.Request{Method: method, Path: route, Identity: identity, Headers: headers}
		if method == "POST" {
			request.Body = example
		}
		return host.Send(request)
	}
	key := vestibule.Pair{Name: "x-api-key", Value: "ada-1f0c8b6a4e2d9375c0b1a2f3e4d59687"}
	if answer := send("POST", nil, key); answer.Status != 200 {
		t.Errorf("%d %s: %s", answer.Status, answer.Body, answer.Reason)
	}
	// As if somebody had come with a key of these roles.
	if answer := send("POST", bob); answer.Status != 403 || answer.Sandboxes != 1 {
		t.Errorf("%d %s, with %d sandboxes", answer.Status, answer.Body, answer.Sandboxes)
	}
	nobody := send("GET", nil)
	if nobody.Status != 401 || nobody.Stage != "auth" || nobody.Sandboxes != 0 {
		t.Errorf("%d at %s, with %d sandboxes", nobody.Status, nobody.Stage, nobody.Sandboxes)
	}
}
