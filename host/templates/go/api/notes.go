package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	vestibule "github.com/vestibule/vestibule/guest-sdk/go"
)

// This file has the notes: what one looks like, and the store that keeps them. It knows nothing of paths.

// The store, which NAME.toml grants.
const storeName = "NAME"

// The longest title, in characters.
const titleLimit = 80

// How many notes a list has at the most.
const listLimit = 100

// What stands before a note's id in the store.
const prefix = "note/"

// Note is one of them, with its id.
type Note struct {
	ID    uint64 `json:"id"`
	Title string `json:"title"`
	Text  string `json:"text"`
}

// Draft is what a client sends.
type Draft struct {
	Title string `json:"title"`
	Text  string `json:"text"`
}

// readDraft reads and checks a draft. The error is good to show to a client.
func readDraft(event *vestibule.Event) (*Draft, error) {
	var draft Draft
	reader := json.NewDecoder(bytes.NewReader(event.Body))
	reader.DisallowUnknownFields()
	if err := reader.Decode(&draft); err != nil {
		return nil, fmt.Errorf("body: %w", err)
	}
	if _, err := reader.Token(); err != io.EOF {
		return nil, errors.New("body: it goes on after the note")
	}
	draft.Title = strings.TrimSpace(draft.Title)
	if length := utf8.RuneCountInString(draft.Title); length < 1 || length > titleLimit {
		return nil, fmt.Errorf("title: write 1 to %d characters", titleLimit)
	}
	return &draft, nil
}

// Notes are all of them.
type Notes struct{ store *vestibule.Store }

func openNotes() (*Notes, error) {
	store, err := vestibule.Open(storeName)
	if err != nil {
		return nil, err
	}
	return &Notes{store}, nil
}

// List is the first of them, in the order of their ids.
func (n *Notes) List() ([]*Note, error) {
	var ids []uint64
	for key, err := range n.store.Keys() {
		if err != nil {
			return nil, err
		}
		if name, is := strings.CutPrefix(key, prefix); is {
			if id, err := strconv.ParseUint(name, 10, 64); err == nil {
				ids = append(ids, id)
			}
		}
	}
	slices.Sort(ids)
	notes := []*Note{}
	for _, id := range ids[:min(len(ids), listLimit)] {
		note, err := n.Find(id)
		if err != nil {
			return nil, err
		}
		// One that was removed meanwhile is left out.
		if note != nil {
			notes = append(notes, note)
		}
	}
	return notes, nil
}

// Find is the note of an id; nil if there is none.
func (n *Notes) Find(id uint64) (*Note, error) {
	var note Note
	isThere, err := n.store.GetJSON(key(id), &note)
	if err != nil || !isThere {
		return nil, err
	}
	return &note, nil
}

// Add keeps a new note.
func (n *Notes) Add(draft *Draft) (*Note, error) {
	// In one step: of two that come at once, each gets a number of its own.
	id, err := n.store.Increment("last", 1)
	if err != nil {
		return nil, err
	}
	note := &Note{id, draft.Title, draft.Text}
	return note, n.store.SetJSON(key(id), note)
}

// Replace writes a note anew; nil if there is none of this id.
func (n *Notes) Replace(id uint64, draft *Draft) (*Note, error) {
	if before, err := n.Find(id); err != nil || before == nil {
		return nil, err
	}
	note := &Note{id, draft.Title, draft.Text}
	return note, n.store.SetJSON(key(id), note)
}

// Remove takes a note away, and says whether there was one.
func (n *Notes) Remove(id uint64) (bool, error) {
	if before, err := n.Find(id); err != nil || before == nil {
		return false, err
	}
	return true, n.store.Delete(key(id))
}

func key(id uint64) string { return prefix + strconv.FormatUint(id, 10) }
