package main

import (
	_ "embed"
	"testing"

	vestibule "github.com/vestibule/vestibule/guest-sdk/go"
	"github.com/vestibule/vestibule/guest-sdk/go/vestibuletest"
)

// The handler as the function that it is, without a host and without WebAssembly.

const route, provider = "/NAME", "NAME"

//go:embed fixtures/example.json
var example []byte

// People whom the host knows.
var (
	ada = &vestibule.Identity{Provider: provider, Subject: "ada", Roles: []string{"editor"}}
	bob = &vestibule.Identity{Provider: provider, Subject: "bob", Roles: []string{"reader"}}
)

func ask(t *testing.T, method, body string, identity *vestibule.Identity) (int, string) {
	t.Helper()
	context := vestibuletest.MockContext()
	context.Identity = identity
	event := vestibuletest.MockHTTPEvent(method, route, "", []byte(body))
	response := vestibuletest.Call(t, event, context)
	return response.Status, string(response.Body)
}

func TestSaysWhoIsCalling(t *testing.T) {
	if status, body := ask(t, "GET", "", ada); status != 200 || body != `{"subject":"ada","roles":["editor"]}` {
		t.Errorf("%d %s", status, body)
	}
}

func TestAnEditorChangesTheTitleAndOthersDoNot(t *testing.T) {
	status, body := ask(t, "POST", string(example), ada)
	if status != 200 || body != `{"by":"ada","title":"Opening hours"}` {
		t.Errorf("%d %s", status, body)
	}
	if status, body := ask(t, "POST", string(example), bob); status != 403 {
		t.Errorf("%d %s", status, body)
	}
}

func TestSaysWhatIsWrongWithAChange(t *testing.T) {
	for _, wrong := range []string{"{", "{}", `{"title":7}`} {
		if status, body := ask(t, "POST", wrong, ada); status != 400 {
			t.Errorf("%s: %d %s", wrong, status, body)
		}
	}
}

func TestDoesNothingForNobody(t *testing.T) {
	event := vestibuletest.MockHTTPEvent("GET", route, "", nil)
	if answer, err := handle(event, vestibuletest.MockContext()); err == nil {
		t.Errorf("answered %d", answer.Status)
	}
}
