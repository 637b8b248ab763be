// Changes the status of orders when a signed webhook says so. The same function as the example of the same name in Rust,
// which says more of it.
package main

import (
	"encoding/json"
	"errors"
	"fmt"

	vestibule "github.com/vestibule/vestibule/guest-sdk/go"
)

func init() { vestibule.Handle(handle) }

func main() {}

// Order is what is kept of one, and what a webhook tells.
type Order struct {
	TrackingNumber string `json:"trackingNumber"`
	Status         string `json:"status"`
}

// What a status may follow; nothing, for an order's first.
var follows = map[string]string{"PLACED": "", "SHIPPED": "PLACED", "DELIVERED": "SHIPPED"}

// refused is why an order keeps its status.
type refused struct {
	status int
	reason string
}

func (r refused) Error() string { return r.reason }

func handle(event *vestibule.Event, context *vestibule.Context) (*vestibule.Response, error) {
	// Without this line, a policy that lost its [verify] would let anyone change orders.
	if context.Delivery == nil {
		return nil, errors.New("the policy of this function has no [verify]")
	}
	var update Order
	if err := event.JSON(&update); err != nil {
		return vestibule.JSON(map[string]string{"error": err.Error()}).WithStatus(400), nil
	}
	if _, known := follows[update.Status]; !known || update.TrackingNumber == "" {
		return vestibule.JSON(map[string]string{"error": fmt.Sprintf("unknown variant `%s`", update.Status)}).WithStatus(400), nil
	}
	orders, err := vestibule.Open("orders")
	if err != nil {
		return nil, err
	}
	// Of two webhooks about one order at once, the second sees what the first has changed.
	err = orders.Update(update.TrackingNumber, func(value []byte) ([]byte, error) { return changed(value, update) })
	var no refused
	if errors.As(err, &no) {
		message := map[string]string{"message": "Unable to update the order status", "reason": no.reason}
		return vestibule.JSON(message).WithStatus(no.status), nil
	}
	if err != nil {
		return nil, err
	}
	vestibule.Log(vestibule.Info, "order %s is %s", update.TrackingNumber, update.Status)
	message := fmt.Sprintf("Updated order %s to %s", update.TrackingNumber, update.Status)
	return vestibule.JSON(map[string]any{"message": message, "order": update}), nil
}

// changed is the order as the update leaves it.
func changed(value []byte, update Order) ([]byte, error) {
	var before Order
	if value != nil {
		if err := json.Unmarshal(value, &before); err != nil {
			return nil, err
		}
	}
	switch {
	case before.Status == follows[update.Status]:
		return json.Marshal(update)
	case value == nil:
		return nil, refused{404, "there is no order of this tracking number"}
	default:
		return nil, refused{409, fmt.Sprintf("it is %s, and %s does not follow that", before.Status, update.Status)}
	}
}
