package main

import (
	"testing"

	"github.com/vestibule/vestibule/guest-sdk/go/vestibuletest"
)

func TestNotes(t *testing.T) {
	for _, asked := range []struct {
		method, path, body string
		status             int
	}{
		{"GET", "/notes", "", 200}, {"POST", "/notes", `{"title":" A "}`, 201}, {"POST", "/notes", `{"title":" "}`, 400},
		{"POST", "/notes", `{"title":"A","other":1}`, 400}, {"POST", "/notes", `{"title":"A"} x`, 400},
		{"PATCH", "/notes", "", 405}, {"GET", "/notes/2", "", 200}, {"GET", "/notes/3", "", 404}, {"GET", "/notes/x", "", 404},
		{"PUT", "/notes/1", `{"title":"B"}`, 200}, {"DELETE", "/notes/1", "", 204}, {"PATCH", "/notes/1", "", 405}, {"GET", "", "", 404},
	} {
		event := vestibuletest.MockHTTPEvent(asked.method, "/api"+asked.path, "", []byte(asked.body))
		event.Subpath = asked.path
		if answer := vestibuletest.Call(t, event, vestibuletest.MockContext()); answer.Status != asked.status {
			t.Errorf("%s %s %s: %d, and not %d: %s", asked.method, asked.path, asked.body, answer.Status, asked.status, answer.Body)
		}
	}
}
