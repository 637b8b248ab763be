package vestibule

import (
	"encoding/json"
	"slices"
	"strings"
)

// Response is what the client gets.
type Response struct {
	// Status is 200 to 599.
	Status int
	// Headers are written in this order; a name may come several times.
	Headers []Pair
	// Body is written as it is.
	Body []byte
}

// Empty is an answer without a body.
func Empty(status int) *Response { return &Response{Status: status} }

// Text is an answer of plain text, with status 200.
func Text(text string) *Response { return Bytes("text/plain; charset=utf-8", []byte(text)) }

// JSON is an answer of a value, with status 200. A value that is no JSON panics: it is the program's fault.
func JSON(value any) *Response {
	body, err := json.Marshal(value)
	if err != nil {
		panic(err)
	}
	return Bytes("application/json", body)
}

// Bytes is an answer of bytes, with status 200.
func Bytes(contentType string, body []byte) *Response {
	return &Response{Status: 200, Headers: []Pair{{"content-type", contentType}}, Body: body}
}

// WithStatus sets the status.
func (r *Response) WithStatus(status int) *Response {
	r.Status = status
	return r
}

// WithHeader sets a header, in place of one of the same name. set-cookie alone may repeat, so it is added.
func (r *Response) WithHeader(name, value string) *Response {
	if !strings.EqualFold(name, "set-cookie") {
		r.Headers = slices.DeleteFunc(r.Headers, func(pair Pair) bool { return strings.EqualFold(pair.Name, name) })
	}
	r.Headers = append(r.Headers, Pair{name, value})
	return r
}
