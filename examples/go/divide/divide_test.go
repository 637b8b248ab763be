package main

import (
	"testing"

	"github.com/vestibule/vestibule/guest-sdk/go/vestibuletest"
)

func TestDivides(t *testing.T) {
	for query, want := range map[string]string{
		"dividend=20&divisor=5": `{"message":"20 / 5 = 4","quotient":4}`,
		"dividend=5&divisor=-2": `{"message":"5 / -2 = -2.5","quotient":-2.5}`,
		"dividend=20":           `{"message":"Please specify both a dividend and a divisor."}`,
		"dividend=20&divisor=0": `{"message":"Could not divide 20 by 0."}`,
	} {
		answer := vestibuletest.Call(t, vestibuletest.MockHTTPEvent("GET", "/divide", query, nil), vestibuletest.MockContext())
		if string(answer.Body) != want {
			t.Errorf("%s: %s, and not %s", query, answer.Body, want)
		}
	}
}
