package vestibule

import (
	"errors"
	"slices"
	"testing"
	"time"
)

func TestEventReadsNamesInAnyCaseAndDecodes(t *testing.T) {
	event := &Event{Headers: []Pair{{"x-one", "1"}, {"x-one", "2"}}, Params: []Pair{{"id", "a/b"}}, Query: "a=1%202&a=3&b"}
	for got, want := range map[string]string{
		event.Header("X-One"): "1", event.Header("none"): "", event.Param("id"): "a/b", event.QueryOr("a", "-"): "1 2",
		event.QueryOr("b", "-"): "", event.QueryOr("c", "-"): "-",
	} {
		if got != want {
			t.Errorf("%q, and not %q", got, want)
		}
	}
}

func TestStoreKeepsWhatTheHostKeeps(t *testing.T) {
	Native.Reset()
	store, err := Open("orders")
	if err != nil {
		t.Fatal(err)
	}
	if value, err := store.Get("none"); value != nil || err != nil {
		t.Fatal(value, err)
	}
	for _, want := range []uint64{2, 4} {
		if number, err := store.Increment("count", 2); number != want || err != nil {
			t.Fatal(number, err)
		}
	}
	if value, _ := store.Get("count"); string(value) != "4" {
		t.Fatalf("a number is its digits, and not %q", value)
	}
	if done, err := store.CompareAndSet("count", nil, []byte("x")); done || err != nil {
		t.Fatal(done, err)
	}
	if done, err := store.CompareAndSet("count", []byte("4"), []byte("x")); !done || err != nil {
		t.Fatal(done, err)
	}
	if _, err := store.Increment("count", 1); err == nil {
		t.Fatal("x is no number")
	}
	if err := store.SetFor("short", nil, time.Microsecond); err == nil {
		t.Fatal("no value lasts less than a millisecond")
	}
	if err := store.SetJSON("note", map[string]int{"a": 1}); err != nil {
		t.Fatal(err)
	}
	if value, _ := store.Get("note"); string(value) != `{"a":1}` {
		t.Fatalf("%s", value)
	}
	var keys []string
	for key, err := range store.Keys() {
		if err != nil {
			t.Fatal(err)
		}
		keys = append(keys, key)
	}
	if slices.Sort(keys); !slices.Equal(keys, []string{"count", "note"}) {
		t.Fatal(keys)
	}
	failed := errors.New("no")
	if err := store.Update("count", func([]byte) ([]byte, error) { return nil, failed }); err != failed {
		t.Fatal(err)
	}
}

func TestWhatATestDidNotGrantIsDenied(t *testing.T) {
	Native.Reset()
	_, secret := Secret("KEY")
	_, fetched := Fetch(Request{URL: "https://a.example/"})
	_, signed := Sign("github", "KEY", nil, SignWith{})
	for _, err := range []error{secret, fetched, signed} {
		if !errors.Is(err, ErrDenied) {
			t.Error(err)
		}
	}
}
