package main

import (
	_ "embed"
	"strings"
	"testing"

	vestibule "github.com/vestibule/vestibule/guest-sdk/go"
	"github.com/vestibule/vestibule/guest-sdk/go/vestibuletest"
)

// The handler as the function that it is, without a host and without WebAssembly.

const route = "/NAME"

// What is sent with `host sign --policy`, too.
//
//go:embed fixtures/example.json
var example []byte

// genuine is a call for which the host has found the signature genuine, by the scheme of NAME.toml.
func genuine() *vestibule.Context {
	context := vestibuletest.MockContext()
	context.Delivery = &vestibule.Delivery{Scheme: "SCHEME", ID: "evt_1"}
	return context
}

func receive(t *testing.T, body string) (int, string) {
	t.Helper()
	event := vestibuletest.MockHTTPEvent("POST", route, "", []byte(body))
	response := vestibuletest.Call(t, event, genuine())
	return response.Status, string(response.Body)
}

func TestSaysWhatItHasReceived(t *testing.T) {
	status, body := receive(t, string(example))
	want := `{"delivery":"evt_1","name":"Ada","received":"example.created"}`
	if status != 200 || body != want {
		t.Errorf("%d %s, and not %s", status, body, want)
	}
}

func TestSaysWhatIsWrongWithAPayload(t *testing.T) {
	for _, wrong := range []string{"{", "[]", `{"type":7}`, `{"type":"a"}`} {
		if status, body := receive(t, wrong); status != 400 || !strings.Contains(body, "body: ") {
			t.Errorf("%s: %d %s", wrong, status, body)
		}
	}
}

func TestDoesNothingForWhatWasNotVerified(t *testing.T) {
	event := vestibuletest.MockHTTPEvent("POST", route, "", example)
	if answer, err := handle(event, vestibuletest.MockContext()); err == nil {
		t.Errorf("answered %d", answer.Status)
	}
}
