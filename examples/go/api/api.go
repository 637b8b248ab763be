// A small REST API in one function: /api/notes and /api/notes/ID. The same function as the example of the same name in Rust,
// which says more of it.
package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"

	vestibule "github.com/vestibule/vestibule/guest-sdk/go"
)

func init() { vestibule.Handle(handle) }

func main() {}

// The longest title, in characters.
const titleLimit = 80

// Note is one of them, with its place in the list.
type Note struct {
	ID    int    `json:"id"`
	Title string `json:"title"`
	Text  string `json:"text"`
}

var notes = []Note{{1, "Keys", "The spare one is under the third pot."}, {2, "Shopping", ""}}

func handle(event *vestibule.Event, _ *vestibule.Context) (*vestibule.Response, error) {
	// What every answer of an API ought to say.
	return answer(event).WithHeader("cache-control", "no-store").WithHeader("x-content-type-options", "nosniff"), nil
}

func answer(event *vestibule.Event) *vestibule.Response {
	path := strings.Split(strings.Trim(event.Subpath, "/"), "/")
	switch {
	case path[0] == "notes" && len(path) == 1:
		switch event.Method {
		case "GET", "HEAD":
			return vestibule.JSON(notes)
		case "POST":
			note, wrong := read(event, len(notes)+1)
			if wrong != nil {
				return wrong
			}
			location := fmt.Sprintf("%s/%d", strings.TrimRight(event.Path, "/"), note.ID)
			return vestibule.JSON(note).WithStatus(201).WithHeader("location", location)
		}
		return notAllowed("GET, HEAD, POST")
	case path[0] == "notes" && len(path) == 2:
		return one(event, path[1])
	}
	return notFound()
}

func one(event *vestibule.Event, id string) *vestibule.Response {
	number, err := strconv.Atoi(id)
	if err != nil || number < 1 || number > len(notes) {
		return notFound()
	}
	switch event.Method {
	case "GET", "HEAD":
		return vestibule.JSON(notes[number-1])
	case "PUT":
		note, wrong := read(event, number)
		if wrong != nil {
			return wrong
		}
		return vestibule.JSON(note)
	case "DELETE":
		return vestibule.Empty(204)
	}
	return notAllowed("GET, HEAD, PUT, DELETE")
}

// read takes a note from a body; or gives the answer to a client that sent no good one.
func read(event *vestibule.Event, id int) (*Note, *vestibule.Response) {
	var draft struct {
		Title string `json:"title"`
		Text  string `json:"text"`
	}
	reader := json.NewDecoder(bytes.NewReader(event.Body))
	reader.DisallowUnknownFields()
	if err := reader.Decode(&draft); err != nil {
		return nil, bad("the body is not the JSON of a note: " + err.Error())
	}
	if _, err := reader.Token(); err != io.EOF {
		return nil, bad("the body goes on after the note")
	}
	title := strings.TrimSpace(draft.Title)
	if length := utf8.RuneCountInString(title); length < 1 || length > titleLimit {
		return nil, bad(fmt.Sprintf("title: write 1 to %d characters", titleLimit))
	}
	return &Note{id, title, draft.Text}, nil
}

func bad(text string) *vestibule.Response {
	return vestibule.JSON(map[string]string{"error": text}).WithStatus(400)
}

func notFound() *vestibule.Response {
	return vestibule.JSON(map[string]string{"error": "not found"}).WithStatus(404)
}

func notAllowed(allowed string) *vestibule.Response {
	return vestibule.JSON(map[string]string{"error": "method not allowed"}).WithStatus(405).WithHeader("allow", allowed)
}
