package main

import (
	"strings"
	"testing"

	"github.com/vestibule/vestibule/guest-sdk/go/vestibuletest"
)

// The handler as the function that it is, without a host and without WebAssembly.

const route = "/NAME"

func get(t *testing.T, query string) (int, string) {
	t.Helper()
	event := vestibuletest.MockHTTPEvent("GET", route, query, nil)
	response := vestibuletest.Call(t, event, vestibuletest.MockContext())
	return response.Status, string(response.Body)
}

func TestGreets(t *testing.T) {
	for query, want := range map[string]string{
		"name=Ada": `{"greeting":"Hello, Ada!"}`,
		"times=2":  `{"greeting":"Hello, world! Hello, world!"}`,
	} {
		if status, body := get(t, query); status != 200 || body != want {
			t.Errorf("%s: %d %s, and not %s", query, status, body, want)
		}
	}
}

func TestSaysWhatIsWrongWithAQuery(t *testing.T) {
	status, body := get(t, "times=many")
	if status != 400 || !strings.Contains(body, "query: ") {
		t.Errorf("%d %s", status, body)
	}
}
