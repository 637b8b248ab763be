// Receives webhooks at /NAME. The host has checked the signature before this runs, as the policy
// NAME.toml says; what is not genuine never gets here.
package main

import (
	"errors"

	vestibule "github.com/vestibule/vestibule/guest-sdk/go"
)

func init() { vestibule.Handle(handle) }

func main() {}

// payload is what is read of one. Whoever sends it sends more: write here what this function needs.
type payload struct {
	Type string `json:"type"`
	Data *struct {
		Name   string `json:"name"`
		Amount int64  `json:"amount"`
	} `json:"data"`
}

func handle(event *vestibule.Event, context *vestibule.Context) (*vestibule.Response, error) {
	delivery := context.Delivery
	// Without this, a policy that lost its [verify] would let anybody in.
	if delivery == nil {
		return nil, errors.New("the policy of this function has no [verify]")
	}
	var received payload
	if err := event.JSON(&received); err != nil {
		return bad("body: " + err.Error()), nil
	}
	if received.Type == "" || received.Data == nil {
		return bad("body: no payload that is known here: it has no type, or no data"), nil
	}

	// Senders send again what was not answered with 2xx, and a host can die between the work and
	// its answer: so a delivery may get here twice, although the host keeps away what has run (see
	// Replay in docs/webhooks.md). Hand the delivery's id on with whatever you do, so that it is
	// done once. A scheme without one has something like it in the payload.
	data := received.Data
	vestibule.Log(vestibule.Info, "%s: %d for %s", received.Type, data.Amount, data.Name)

	return vestibule.JSON(map[string]string{
		"received": received.Type, "name": data.Name, "delivery": delivery.ID,
	}), nil
}

// bad is the answer to a sender's mistake. An error instead would be for the log, and answered with 500.
func bad(reason string) *vestibule.Response {
	return vestibule.JSON(map[string]string{"error": reason}).WithStatus(400)
}
