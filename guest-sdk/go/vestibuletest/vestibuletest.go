//go:build !wasip1

// Package vestibuletest is for `go test` on functions: events and contexts as the host would make them, and something in the
// host's place to ask. Each test begins with Reset, or uses Call, which does so by itself.
package vestibuletest

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"testing"
	"time"

	vestibule "github.com/vestibule/vestibule/guest-sdk/go"
)

// MockHTTPEvent is a request, as the host would hand it over. Headers are name after value.
func MockHTTPEvent(method, path, query string, body []byte, headers ...string) *vestibule.Event {
	event := &vestibule.Event{Method: method, Path: path, Query: query, Body: body, Client: "127.0.0.1"}
	for i := 0; i+1 < len(headers); i += 2 {
		event.Headers = append(event.Headers, vestibule.Pair{Name: headers[i], Value: headers[i+1]})
	}
	return event
}

// MockContext is a call of a function that anybody may call, with a minute's time.
func MockContext() *vestibule.Context {
	return &vestibule.Context{RequestID: "test", Function: "test", Deadline: time.Now().Add(time.Minute)}
}

// MockSignedWebhook is a webhook as Redwood's sha256Verifier and GitHub sign one: an event with the header, and the context
// that the host makes of it once it has verified it. The payload is bytes or a string, or else it is written as JSON.
func MockSignedWebhook(t testing.TB, header, secret string, payload any) (*vestibule.Event, *vestibule.Context) {
	t.Helper()
	var body []byte
	switch payload := payload.(type) {
	case []byte:
		body = payload
	case string:
		body = []byte(payload)
	default:
		var err error
		if body, err = json.Marshal(payload); err != nil {
			t.Fatal(err)
		}
	}
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write(body)
	event := MockHTTPEvent("POST", "/", "", body, header, "sha256="+hex.EncodeToString(mac.Sum(nil)))
	context := MockContext()
	context.Delivery = &vestibule.Delivery{Scheme: "sha256Verifier", Secret: "TEST_SECRET"}
	return event, context
}

// Reset forgets what other tests have put into the host's place.
func Reset() { vestibule.Native.Reset() }

// Call has the program's handler answer an event.
func Call(t testing.TB, event *vestibule.Event, context *vestibule.Context) *vestibule.Response {
	t.Helper()
	handle := vestibule.Native.Handler()
	if handle == nil {
		t.Fatal("the program has no handler: call vestibule.Handle in an init function")
	}
	response, err := handle(event, context)
	if err != nil {
		t.Fatalf("the handler failed: %v", err)
	}
	return response
}

// GrantSecret has vestibule.Secret find a value.
func GrantSecret(name, value string) {
	if vestibule.Native.Secrets == nil {
		vestibule.Native.Secrets = map[string][]byte{}
	}
	vestibule.Native.Secrets[name] = []byte(value)
}

// OnFetch answers what the program sends to other servers.
func OnFetch(answer func(vestibule.Request) (*vestibule.Response, error)) {
	vestibule.Native.Fetch = answer
}

// OnSign signs what the program sends.
func OnSign(sign func(scheme, secret string, payload []byte, with vestibule.SignWith) (*vestibule.Signed, error)) {
	vestibule.Native.Sign = sign
}

// Log is the lines that were written, each with its level before it.
func Log() []string { return vestibule.Native.Lines }
