package main

import (
	"testing"

	"github.com/vestibule/vestibule/guest-sdk/go/vestibuletest"
)

func TestAnOrderGoesFromPlacedToDeliveredOnce(t *testing.T) {
	vestibuletest.Reset()
	for _, step := range []struct {
		order  Order
		status int
	}{
		{Order{"1Z-8", "SHIPPED"}, 404}, {Order{"1Z-7", "PLACED"}, 200}, {Order{"1Z-7", "DELIVERED"}, 409},
		{Order{"1Z-7", "SHIPPED"}, 200}, {Order{"1Z-7", "DELIVERED"}, 200}, {Order{"1Z-7", "DELIVERED"}, 409},
		{Order{"1Z-7", "LOST"}, 400},
	} {
		event, context := vestibuletest.MockSignedWebhook(t, "x-webhook-signature", "secret", step.order)
		if answer := vestibuletest.Call(t, event, context); answer.Status != step.status {
			t.Errorf("%v: %d, and not %d: %s", step.order, answer.Status, step.status, answer.Body)
		}
	}
}

func TestDoesNothingWithoutAVerifiedDelivery(t *testing.T) {
	vestibuletest.Reset()
	event, _ := vestibuletest.MockSignedWebhook(t, "x-webhook-signature", "secret", Order{"1Z-7", "PLACED"})
	if _, err := handle(event, vestibuletest.MockContext()); err == nil {
		t.Error("it has no delivery")
	}
}
