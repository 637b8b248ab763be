// Receives webhooks at /NAME, which are sent as forms. The host has checked the signature before
// this runs, as the policy NAME.toml says; what is not genuine never gets here.
package main

import (
	"errors"
	"maps"
	"mime"
	"net/url"
	"slices"

	vestibule "github.com/vestibule/vestibule/guest-sdk/go"
)

func init() { vestibule.Handle(handle) }

func main() {}

// What is answered, as JSON.
type answer struct {
	Received []string `json:"received"`
	Delivery string   `json:"delivery"`
}

func handle(event *vestibule.Event, context *vestibule.Context) (*vestibule.Response, error) {
	delivery := context.Delivery
	// Without this, a policy that lost its [verify] would let anybody in.
	if delivery == nil {
		return nil, errors.New("the policy of this function has no [verify]")
	}
	fields, err := form(event)
	if err != nil {
		return bad("body: " + err.Error()), nil
	}

	// Senders send again what was not answered with 2xx, and a host can die between the work and
	// its answer: so a delivery may get here twice, although the host keeps away what has run (see
	// Replay in docs/webhooks.md). Hand the delivery's id on with whatever you do, so that it is
	// done once. A scheme without one has something like it in the form.
	vestibule.Log(vestibule.Info, "a form with %d fields", len(fields))

	return vestibule.JSON(answer{slices.Sorted(maps.Keys(fields)), delivery.ID}), nil
}

// form is the fields of a form, decoded.
func form(event *vestibule.Event) (url.Values, error) {
	kind, _, err := mime.ParseMediaType(event.Header("content-type"))
	if err != nil || kind != "application/x-www-form-urlencoded" {
		return nil, errors.New("send a form as application/x-www-form-urlencoded")
	}
	return url.ParseQuery(string(event.Body))
}

// bad is the answer to a sender's mistake. An error instead would be for the log, and answered with 500.
func bad(reason string) *vestibule.Response {
	return vestibule.JSON(map[string]string{"error": reason}).WithStatus(400)
}
