package main

import (
	"testing"

	"github.com/vestibule/vestibule/guest-sdk/go/vestibuletest"
)

// The built component behind all gates. `host test` builds it first; with `go test` alone, that is for you to do:
// `host build`.

func TestGreetsBehindTheGates(t *testing.T) {
	host := vestibuletest.NewHost(t, "functions/NAME.wasm")
	answer := host.Get(route + "?name=Ada")
	if answer.Status != 200 || string(answer.Body) != `{"greeting":"Hello, Ada!"}` {
		t.Errorf("%d %s", answer.Status, answer.Body)
	}
	// The policy allows a GET, so this one never reaches the function.
	refused := host.Send(vestibuletest.Request{Method: "POST", Path: route})
	if refused.Status != 405 || refused.Sandboxes != 0 {
		t.Errorf("%d, with %d sandboxes", refused.Status, refused.Sandboxes)
	}
}
