// Divides two whole numbers: /divide?dividend=20&divisor=5. The same function as the example of the same name in Rust.
package main

import (
	"fmt"
	"math"
	"strconv"

	vestibule "github.com/vestibule/vestibule/guest-sdk/go"
)

func init() { vestibule.Handle(handle) }

func main() {}

func handle(event *vestibule.Event, _ *vestibule.Context) (*vestibule.Response, error) {
	query := event.Values()
	if !query.Has("dividend") || !query.Has("divisor") {
		return message(400, "Please specify both a dividend and a divisor."), nil
	}
	dividend, err := strconv.ParseInt(query.Get("dividend"), 10, 64)
	divisor, err2 := strconv.ParseInt(query.Get("divisor"), 10, 64)
	if err != nil || err2 != nil {
		return message(400, "The dividend and the divisor have to be whole numbers."), nil
	}
	if divisor == 0 || dividend == math.MinInt64 && divisor == -1 {
		return message(500, fmt.Sprintf("Could not divide %d by %d.", dividend, divisor)), nil
	}
	var quotient any = dividend / divisor
	if dividend%divisor != 0 {
		quotient = float64(dividend) / float64(divisor)
	}
	return vestibule.JSON(map[string]any{
		"message": fmt.Sprintf("%d / %d = %v", dividend, divisor, quotient), "quotient": quotient,
	}), nil
}

func message(status int, text string) *vestibule.Response {
	return vestibule.JSON(map[string]string{"message": text}).WithStatus(status)
}
