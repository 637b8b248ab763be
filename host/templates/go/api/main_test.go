package main

import (
	_ "embed"
	"strings"
	"testing"

	vestibule "github.com/vestibule/vestibule/guest-sdk/go"
	"github.com/vestibule/vestibule/guest-sdk/go/vestibuletest"
)

// The API as a client sees it. Each test begins with a store that is empty.

const route = "/NAME"

// A note as a client sends it.
//
//go:embed fixtures/example.json
var example []byte

func ask(t *testing.T, method, subpath, body string) *vestibule.Response {
	t.Helper()
	event := vestibuletest.MockHTTPEvent(method, route+subpath, "", []byte(body))
	event.Subpath = subpath
	return vestibuletest.Call(t, event, vestibuletest.MockContext())
}

func header(response *vestibule.Response, name string) string {
	for _, pair := range response.Headers {
		if pair.Name == name {
			return pair.Value
		}
	}
	return ""
}

func TestANoteIsKeptChangedAndRemoved(t *testing.T) {
	vestibuletest.Reset()
	const note = `{"id":1,"title":"Keys","text":"The spare one is under the pot."}`
	for _, step := range []struct {
		method, subpath, body string
		status                int
		answered              string
	}{
		{"POST", "/notes", string(example), 201, note},
		{"GET", "/notes/1", "", 200, note},
		{"GET", "/notes", "", 200, "[" + note + "]"},
		{"PUT", "/notes/1", `{"title":" Rent "}`, 200, `{"id":1,"title":"Rent","text":""}`},
		{"DELETE", "/notes/1", "", 204, ""},
		{"GET", "/notes/1", "", 404, `{"error":"not found"}`},
		{"DELETE", "/notes/1", "", 404, `{"error":"not found"}`},
		{"GET", "/notes", "", 200, "[]"},
	} {
		response := ask(t, step.method, step.subpath, step.body)
		if response.Status != step.status || string(response.Body) != step.answered {
			t.Errorf("%s %s: %d %s", step.method, step.subpath, response.Status, response.Body)
		}
		if location := header(response, "location"); step.status == 201 && location != route+"/notes/1" {
			t.Errorf("it is at %q", location)
		}
	}
}

func TestSaysWhatIsWrongWithANote(t *testing.T) {
	vestibuletest.Reset()
	for body, reason := range map[string]string{
		"title=Rent":                       "body: ",
		"{}":                               "title: write 1 to 80 characters",
		`{"title":"Rent","colour":"red"}`:  "unknown field",
		`{"title":"  "}`:                   "title: write 1 to 80 characters",
		`{"title":"Rent"} {"title":"Two"}`: "body: it goes on",
	} {
		response := ask(t, "POST", "/notes", body)
		if response.Status != 400 || !strings.Contains(string(response.Body), reason) {
			t.Errorf("%s: %d %s", body, response.Status, response.Body)
		}
	}
}

func TestNamesTheMethodsThatAPathHas(t *testing.T) {
	vestibuletest.Reset()
	for subpath, allowed := range map[string]string{"/notes": "GET, HEAD, POST", "/notes/1": "GET, HEAD, PUT, DELETE"} {
		response := ask(t, "PATCH", subpath, "")
		if response.Status != 405 || header(response, "allow") != allowed {
			t.Errorf("%s: %d %v", subpath, response.Status, response.Headers)
		}
	}
}

func TestOtherPathsAreNotFound(t *testing.T) {
	vestibuletest.Reset()
	for _, subpath := range []string{"", "/", "/note", "/notes/1", "/notes/one", "/notes/1/2"} {
		response := ask(t, "GET", subpath, "")
		if response.Status != 404 || header(response, "cache-control") != "no-store" {
			t.Errorf("%s: %d %v", subpath, response.Status, response.Headers)
		}
	}
}
