package main

import (
	"testing"

	"github.com/vestibule/vestibule/guest-sdk/go/vestibuletest"
)

// The built component behind all gates. `host test` builds it first; with `go test` alone, that is for you to do:
// `host build`.

func TestWhatOneRequestWritesTheNextOneReads(t *testing.T) {
	host := vestibuletest.NewHost(t, "functions/NAME.wasm")
	// Every request has a sandbox of its own: what is read was kept in the store.
	for _, step := range []struct {
		method, subpath string
		body            []byte
		status          int
	}{
		{"POST", "/notes", example, 201},
		{"GET", "/notes/1", nil, 200},
		{"GET", "/notes", nil, 200},
		{"DELETE", "/notes/1", nil, 204},
		{"GET", "/notes/1", nil, 404},
	} {
		request := vestibuletest.Request{Method: step.method, Path: route + step.subpath, Body: step.body}
		answer := host.Send(request)
		if answer.Status != step.status || answer.Sandboxes != 1 {
			t.Errorf("%s %s: %d %s", step.method, step.subpath, answer.Status, answer.Body)
		}
	}
}
