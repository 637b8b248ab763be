//go:build !wasip1

package vestibule

import (
	"slices"
	"strings"
	"testing"
)

func TestAHeaderIsSetInPlaceOfOneOfTheSameName(t *testing.T) {
	answer := Text("x").WithHeader("Content-Type", "text/csv").WithHeader("set-cookie", "a=1").WithHeader("Set-Cookie", "b=2")
	want := []Pair{{"Content-Type", "text/csv"}, {"set-cookie", "a=1"}, {"Set-Cookie", "b=2"}}
	if !slices.Equal(answer.Headers, want) {
		t.Fatal(answer.Headers)
	}
}

func TestAnErrorSaysNothingOfAURLBeyondItsOrigin(t *testing.T) {
	Native.Reset()
	_, err := Fetch(Request{URL: "https://user:pass@a.example:8443/hooks/t0ken?key=s3cret"})
	if err == nil || !strings.HasPrefix(err.Error(), "GET https://a.example:8443: ") {
		t.Fatal(err)
	}
	_, malformed := Fetch(Request{URL: "https://a.example/%zz?key=s3cret"})
	for _, err := range []error{err, malformed} {
		for _, secret := range []string{"pass", "t0ken", "s3cret"} {
			if strings.Contains(err.Error(), secret) {
				t.Errorf("%s is in: %v", secret, err)
			}
		}
	}
}
