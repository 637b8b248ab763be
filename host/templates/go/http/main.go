// Greets whoever is named in the query: /NAME?name=Ada
package main

import (
	"strconv"
	"strings"

	vestibule "github.com/vestibule/vestibule/guest-sdk/go"
)

func init() { vestibule.Handle(handle) }

func main() {}

// What is answered, as JSON.
type answer struct {
	Greeting string `json:"greeting"`
}

func handle(event *vestibule.Event, _ *vestibule.Context) (*vestibule.Response, error) {
	name := event.QueryOr("name", "world")
	times, err := strconv.Atoi(event.QueryOr("times", "1"))
	if err != nil {
		return bad("query: times: write a whole number"), nil
	}
	times = min(max(times, 1), 3)
	greetings := make([]string, times)
	for i := range greetings {
		greetings[i] = "Hello, " + name + "!"
	}
	return vestibule.JSON(answer{strings.Join(greetings, " ")}), nil
}

// bad is the answer to a client's mistake. An error instead would be for the log, and answered with 500.
func bad(reason string) *vestibule.Response {
	return vestibule.JSON(map[string]string{"error": reason}).WithStatus(400)
}
