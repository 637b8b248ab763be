//go:build !wasip1

package vestibule

import (
	"slices"
	"testing"
)

func TestAQueryIsDecodedAsInOtherLanguages(t *testing.T) {
	event := &Event{Query: "a=1+2%2B3&lone=100%&semi=x;y&bad=%ff&&half=%2&no=%zz&a=4&raw&=none"}
	values := event.Values()
	for name, want := range map[string][]string{
		"a": {"1 2+3", "4"}, "lone": {"100%"}, "semi": {"x;y"}, "bad": {"\ufffd"}, "half": {"%2"}, "no": {"%zz"}, "raw": {""},
		"": {"none"}, "other": nil,
	} {
		if got := values[name]; !slices.Equal(got, want) {
			t.Errorf("%s: %q, and not %q", name, got, want)
		}
	}
}

func TestASignatureIsWhatToSend(t *testing.T) {
	Native.Reset()
	Native.Sign = func(_, _ string, payload []byte, with SignWith) (*Signed, error) {
		return &Signed{Headers: []Pair{{"x-id", with.ID}}, Payload: payload, URL: with.URL + "?signed"}, nil
	}
	signed, err := Sign("github", "KEY", []byte("x"), SignWith{ID: "7", URL: "https://a.example/"})
	if err != nil || signed.Headers[0].Value != "7" || string(signed.Payload) != "x" || signed.URL != "https://a.example/?signed" {
		t.Fatal(signed, err)
	}
}
