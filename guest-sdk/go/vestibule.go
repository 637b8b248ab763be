// Package vestibule is for writing functions in Go: the event that comes in, the response that goes out, and what a policy
// grants beside them.
//
//	package main
//
//	import vestibule "github.com/vestibule/vestibule/guest-sdk/go"
//
//	func init() { vestibule.Handle(handle) }
//
//	func handle(event *vestibule.Event, context *vestibule.Context) (*vestibule.Response, error) {
//		return vestibule.Text("Hello, " + event.QueryOr("name", "world") + "!\n"), nil
//	}
//
//	func main() {}
//
// By the time a handler runs, the host has checked signature, caller and quota; Context.Delivery and Context.Identity say
// what came of it. An error is for the host's log: the client gets status 500 and nothing of it. A panic ends the call in the
// same way, with the stack in the log.
//
// An instance lives for one request, so what is in variables is never there for the next one.
package vestibule

import (
	"encoding/hex"
	"encoding/json"
	"net/url"
	"strings"
	"time"
	"unicode/utf8"
)

// Handler answers one event.
type Handler func(event *Event, context *Context) (*Response, error)

var handler Handler

// Handle says what answers events. It is called once, in an init function.
func Handle(h Handler) { handler = h }

// Pair is a name and a value.
type Pair struct{ Name, Value string }

// Event is what a function is called with.
type Event struct {
	// Method is in upper case, as a rule.
	Method string
	// Path is as it was received: percent-encoded, without the query.
	Path string
	// Subpath is what follows the function's own route, as it was received: empty, or it begins with a slash.
	Subpath string
	// Params are what the [name] segments of the route stand for, decoded.
	Params []Pair
	// Query is what followed the question mark, as it was received.
	Query string
	// Headers have names in lower case, in the order of arrival, a repeated one once for each time it came.
	Headers []Pair
	// Body is the bytes that were received, which are those that were verified.
	Body []byte
	// Client is the address that the request is from.
	Client string
}

// Header is the first value of a header, in any case; empty if there is none.
func (e *Event) Header(name string) string {
	value, _ := first(e.Headers, strings.ToLower(name))
	return value
}

// Param is what a [name] of the route stands for; empty if the route has none of this name.
func (e *Event) Param(name string) string {
	value, _ := first(e.Params, name)
	return value
}

// Values is the query, decoded as browsers encode it: what is encoded wrongly stays as it is, and what is not UTF-8 becomes
// U+FFFD. (url.ParseQuery leaves out what it does not like.)
func (e *Event) Values() url.Values {
	values := url.Values{}
	for _, piece := range strings.Split(e.Query, "&") {
		if piece != "" {
			name, value, _ := strings.Cut(piece, "=")
			values.Add(decoded(name), decoded(value))
		}
	}
	return values
}

func decoded(text string) string {
	bytes := make([]byte, 0, len(text))
	for i := 0; i < len(text); i++ {
		one := text[i]
		if one == '+' {
			one = ' '
		}
		if one == '%' && i+2 < len(text) {
			if two, err := hex.DecodeString(text[i+1 : i+3]); err == nil {
				one = two[0]
				i += 2
			}
		}
		bytes = append(bytes, one)
	}
	return valid(string(bytes))
}

// The host takes no text but UTF-8, and a component that gives it other text ends there.
func valid(text string) string {
	if utf8.ValidString(text) {
		return text
	}
	return string([]rune(text))
}

// QueryOr is the first value of this name in the query, or something else where there is none.
func (e *Event) QueryOr(name, otherwise string) string {
	if values := e.Values(); values.Has(name) {
		return values.Get(name)
	}
	return otherwise
}

// JSON reads the body. The error is good to show to a client.
func (e *Event) JSON(into any) error { return json.Unmarshal(e.Body, into) }

// Context is what is known of a call.
type Context struct {
	// RequestID is what log lines of this request carry.
	RequestID string
	// Function is the function's name.
	Function string
	// Version is the SHA-256 of the component, in hexadecimal digits.
	Version string
	// Deadline is when the host ends the call.
	Deadline time.Time
	// Delivery is what a verified webhook says of itself; nil if the policy verifies none.
	Delivery *Delivery
	// Identity is who calls; nil if the policy asks nobody.
	Identity *Identity
}

// Delivery is what a verified webhook says of itself.
type Delivery struct {
	// Scheme is the one that the host verified it by.
	Scheme string
	// ID and EventType are empty where the scheme has none.
	ID, EventType string
	// Timestamp is when it was signed; zero where the scheme has none.
	Timestamp time.Time
	// Secret is the name of the secret that matched.
	Secret string
}

// Identity is who calls.
type Identity struct {
	// Provider is the one that vouches for it, by its name in host.toml.
	Provider string
	// Subject is who it is, there.
	Subject string
	// Roles are what the provider says that it may be.
	Roles []string
	// Claims is all that the provider says, as JSON.
	Claims json.RawMessage
}

// Has says whether a role is among its roles.
func (i *Identity) Has(role string) bool {
	for _, one := range i.Roles {
		if one == role {
			return true
		}
	}
	return false
}

func first(pairs []Pair, name string) (string, bool) {
	for _, pair := range pairs {
		if pair.Name == name {
			return pair.Value, true
		}
	}
	return "", false
}
