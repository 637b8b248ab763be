// Answers what it got, as JSON: every field of the event and of the context, and its environment. With ?raw it answers the
// body alone, byte for byte.
package main

import (
	"encoding/json"
	"os"
	"strings"
	"time"

	vestibule "github.com/vestibule/vestibule/guest-sdk/go"
)

func init() { vestibule.Handle(handle) }

func main() {}

func handle(event *vestibule.Event, context *vestibule.Context) (*vestibule.Response, error) {
	query := event.Values()
	if query.Has("raw") {
		return vestibule.Bytes("application/octet-stream", event.Body), nil
	}
	return vestibule.JSON(map[string]any{
		"event": map[string]any{
			"method": event.Method, "path": event.Path, "subpath": event.Subpath, "params": lists(event.Params),
			"query": event.Query, "headers": lists(event.Headers), "body": string(event.Body), "client": event.Client,
		},
		"context": map[string]any{
			"request_id": context.RequestID, "function": context.Function, "version": context.Version,
			"deadline": context.Deadline.UnixMilli(), "trigger": "http",
			"delivery": delivery(context.Delivery), "identity": identity(context.Identity),
		},
		"env": environment(),
	}), nil
}

func lists(pairs []vestibule.Pair) [][2]string {
	lists := make([][2]string, len(pairs))
	for i, pair := range pairs {
		lists[i] = [2]string{pair.Name, pair.Value}
	}
	return lists
}

func delivery(delivery *vestibule.Delivery) any {
	if delivery == nil {
		return nil
	}
	return map[string]any{
		"scheme": delivery.Scheme, "id": orNil(delivery.ID), "event_type": orNil(delivery.EventType),
		"timestamp": seconds(delivery.Timestamp), "secret": delivery.Secret,
	}
}

func identity(identity *vestibule.Identity) any {
	if identity == nil {
		return nil
	}
	return map[string]any{
		"provider": identity.Provider, "subject": identity.Subject, "roles": append([]string{}, identity.Roles...),
		"claims": json.RawMessage(identity.Claims),
	}
}

func environment() map[string]string {
	variables := map[string]string{}
	for _, variable := range os.Environ() {
		name, value, _ := strings.Cut(variable, "=")
		variables[name] = value
	}
	return variables
}

func orNil(text string) any {
	if text == "" {
		return nil
	}
	return text
}

func seconds(moment time.Time) any {
	if moment.IsZero() {
		return nil
	}
	return moment.Unix()
}
