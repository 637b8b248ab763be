// Answers what it got, as JSON: every field of the event and of the context, and its environment. With ?raw it answers the
// body alone, byte for byte; with ?status, ?repeat, ?log, ?fail, ?loop and ?memory it does what tests/conformance asks of a
// function in any language.
package main

import (
	"encoding/json"
	"errors"
	"os"
	"strconv"
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
	if status, err := strconv.Atoi(query.Get("status")); err == nil {
		return vestibule.Empty(status), nil
	}
	if query.Has("repeat") {
		return vestibule.Empty(200).WithHeader("set-cookie", "a=1").WithHeader("set-cookie", "b=2").
			WithHeader("x-note", "tschüß ☕"), nil
	}
	if query.Has("log") {
		vestibule.Log(vestibule.Info, "%s", query.Get("log"))
	}
	if query.Has("fail") {
		return nil, errors.New(query.Get("fail"))
	}
	for query.Has("loop") {
	}
	for taken := [][]byte{}; query.Has("memory"); {
		taken = append(taken, make([]byte, 1<<20))
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
