package main

import (
	_ "embed"
	"testing"

	vestibule "github.com/vestibule/vestibule/guest-sdk/go"
	"github.com/vestibule/vestibule/guest-sdk/go/vestibuletest"
)

// The handler as the function that it is, without a host and without WebAssembly.

const route = "/NAME"

const formType = "application/x-www-form-urlencoded"

// What is sent with `host sign --policy`, too.
//
//go:embed fixtures/example.form
var example []byte

// genuine is a call for which the host has found the signature genuine, by the scheme of NAME.toml.
func genuine() *vestibule.Context {
	context := vestibuletest.MockContext()
	context.Delivery = &vestibule.Delivery{Scheme: "SCHEME", ID: "evt_1"}
	return context
}

func sent(contentType string) *vestibule.Event {
	return vestibuletest.MockHTTPEvent("POST", route, "", example, "content-type", contentType)
}

func TestSaysWhatItHasReceived(t *testing.T) {
	response := vestibuletest.Call(t, sent(formType), genuine())
	want := `{"received":["amount","name","type"],"delivery":"evt_1"}`
	if response.Status != 200 || string(response.Body) != want {
		t.Errorf("%d %s, and not %s", response.Status, response.Body, want)
	}
}

func TestSaysWhatIsWrongWithWhatIsNoForm(t *testing.T) {
	for _, kind := range []string{"application/json", ""} {
		if response := vestibuletest.Call(t, sent(kind), genuine()); response.Status != 400 {
			t.Errorf("%q: %d %s", kind, response.Status, response.Body)
		}
	}
}

func TestDoesNothingForWhatWasNotVerified(t *testing.T) {
	if answer, err := handle(sent(formType), vestibuletest.MockContext()); err == nil {
		t.Errorf("answered %d", answer.Status)
	}
}
