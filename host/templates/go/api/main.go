// Notes, as an API in one function: /NAME/notes and /NAME/notes/ID. This file is its front door, so
// that every call passes the same checks; notes.go has what is kept.
package main

import (
	"fmt"
	"strconv"
	"strings"

	vestibule "github.com/vestibule/vestibule/guest-sdk/go"
)

func init() { vestibule.Handle(handle) }

func main() {}

func handle(event *vestibule.Event, _ *vestibule.Context) (*vestibule.Response, error) {
	response, err := answer(event)
	if err != nil {
		// The store does not work, or the policy does not grant it. The reason is for the log alone.
		vestibule.Log(vestibule.Error, "%v", err)
		response = failed(500, "the notes cannot be reached")
	}
	// What every answer of an API ought to say.
	return response.WithHeader("cache-control", "no-store"), nil
}

func answer(event *vestibule.Event) (*vestibule.Response, error) {
	// What follows the function's own route: "/notes/7" of "/NAME/notes/7".
	path := strings.Split(strings.Trim(event.Subpath, "/"), "/")
	if path[0] != "notes" || len(path) > 2 {
		return notFound(), nil
	}
	notes, err := openNotes()
	if err != nil {
		return nil, err
	}
	if len(path) == 1 {
		return collection(event, notes)
	}
	id, err := strconv.ParseUint(path[1], 10, 63)
	if err != nil {
		// What is no number is the id of no note.
		return notFound(), nil
	}
	return one(event, notes, id)
}

func collection(event *vestibule.Event, notes *Notes) (*vestibule.Response, error) {
	switch event.Method {
	case "GET", "HEAD":
		list, err := notes.List()
		if err != nil {
			return nil, err
		}
		return vestibule.JSON(list), nil
	case "POST":
		draft, wrong := readDraft(event)
		if wrong != nil {
			return failed(400, wrong.Error()), nil
		}
		note, err := notes.Add(draft)
		if err != nil {
			return nil, err
		}
		location := fmt.Sprintf("%s/%d", strings.TrimRight(event.Path, "/"), note.ID)
		return vestibule.JSON(note).WithStatus(201).WithHeader("location", location), nil
	}
	return notAllowed("GET, HEAD, POST"), nil
}

func one(event *vestibule.Event, notes *Notes, id uint64) (*vestibule.Response, error) {
	switch event.Method {
	case "GET", "HEAD":
		return found(notes.Find(id))
	case "PUT":
		draft, wrong := readDraft(event)
		if wrong != nil {
			return failed(400, wrong.Error()), nil
		}
		return found(notes.Replace(id, draft))
	case "DELETE":
		wasThere, err := notes.Remove(id)
		if err != nil || !wasThere {
			return notFound(), err
		}
		return vestibule.Empty(204), nil
	}
	return notAllowed("GET, HEAD, PUT, DELETE"), nil
}

func found(note *Note, err error) (*vestibule.Response, error) {
	if err != nil || note == nil {
		return notFound(), err
	}
	return vestibule.JSON(note), nil
}

func failed(status int, reason string) *vestibule.Response {
	return vestibule.JSON(map[string]string{"error": reason}).WithStatus(status)
}

func notFound() *vestibule.Response { return failed(404, "not found") }

func notAllowed(allowed string) *vestibule.Response {
	return failed(405, "method not allowed").WithHeader("allow", allowed)
}
