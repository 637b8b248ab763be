// Says who is calling, and lets editors do what others may not: GET /NAME and POST /NAME. The host
// has checked who it is before this runs, as NAME.toml says; nobody else gets here.
package main

import (
	"errors"

	vestibule "github.com/vestibule/vestibule/guest-sdk/go"
)

func init() { vestibule.Handle(handle) }

func main() {}

// change is what an editor sends.
type change struct {
	Title string `json:"title"`
}

// caller is what is answered of one.
type caller struct {
	Subject string   `json:"subject"`
	Roles   []string `json:"roles"`
}

func handle(event *vestibule.Event, context *vestibule.Context) (*vestibule.Response, error) {
	identity := context.Identity
	// Without this, a policy that lost its [auth] would let anybody in.
	if identity == nil {
		return nil, errors.New("the policy of this function has no [auth]")
	}
	if event.Method != "POST" {
		return vestibule.JSON(caller{identity.Subject, append([]string{}, identity.Roles...)}), nil
	}
	// Every caller may ask; this needs more.
	if !identity.Has("editor") {
		return failed(403, "forbidden"), nil
	}
	var wanted change
	if err := event.JSON(&wanted); err != nil {
		return failed(400, "body: "+err.Error()), nil
	}
	if wanted.Title == "" {
		return failed(400, "title: write one"), nil
	}
	vestibule.Log(vestibule.Info, "%s changes the title to %q", identity.Subject, wanted.Title)
	return vestibule.JSON(map[string]string{"by": identity.Subject, "title": wanted.Title}), nil
}

// failed is the answer to a caller's mistake. An error instead would be for the log, and answered with 500.
func failed(status int, reason string) *vestibule.Response {
	return vestibule.JSON(map[string]string{"error": reason}).WithStatus(status)
}
