package main

import (
	"testing"

	"github.com/vestibule/vestibule/guest-sdk/go/vestibuletest"
)

// The built component behind all gates. `host test` builds it first; with `go test` alone, that is for you to do:
// `host build`.

// What NAME.toml calls the secret, and a value of it that is good for these tests alone.
const (
	called  = "NAME_SECRET"
	secret  = "PAIR1f0c8b6a4e2d9375c0b1a2f3e4d5968778695a4b3c2d1e0f0011223344556677"
	guessed = "PAIR00000000000000000000000000000000000000000000000000000000000000ff"
)

func TestWhatIsSignedRunsAndWhatIsForgedDoesNot(t *testing.T) {
	host := vestibuletest.NewHost(t, "functions/NAME.wasm").Secret(called, secret)
	send := func(request vestibuletest.Request) *vestibuletest.Answer {
		request.Method, request.Path, request.Body = "POST", route, example
		return host.Send(request)
	}
	// Neither of these has a sandbox.
	forged := send(vestibuletest.Request{SignedWith: guessed})
	unsigned := send(vestibuletest.Request{})
	for _, refused := range []*vestibuletest.Answer{forged, unsigned} {
		if refused.Status != 401 || refused.Stage != "verify" || refused.Sandboxes != 0 {
			t.Errorf("%d at %s, with %d sandboxes", refused.Status, refused.Stage, refused.Sandboxes)
		}
	}
	answer := send(vestibuletest.Request{Signed: true})
	if answer.Status != 200 || answer.Sandboxes != 1 {
		t.Errorf("%d %s: %s", answer.Status, answer.Body, answer.Reason)
	}
}
