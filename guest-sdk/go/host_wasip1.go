package vestibule

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"

	export "github.com/vestibule/vestibule/guest-sdk/go/wit/exports/export_vestibule_function_handler"
	_ "github.com/vestibule/vestibule/guest-sdk/go/wit/exports/wit_exports"
	"github.com/vestibule/vestibule/guest-sdk/go/wit/imports/vestibule_function_http"
	"github.com/vestibule/vestibule/guest-sdk/go/wit/imports/vestibule_function_keyvalue"
	"github.com/vestibule/vestibule/guest-sdk/go/wit/imports/vestibule_function_secrets"
	wire "github.com/vestibule/vestibule/guest-sdk/go/wit/imports/vestibule_function_types"
	"github.com/vestibule/vestibule/guest-sdk/go/wit/imports/vestibule_function_webhooks"
	"github.com/vestibule/vestibule/guest-sdk/go/wit/imports/wasi_config_store"
	"github.com/vestibule/vestibule/guest-sdk/go/wit/imports/wasi_keyvalue_atomics"
	"github.com/vestibule/vestibule/guest-sdk/go/wit/imports/wasi_keyvalue_store"
	"github.com/vestibule/vestibule/guest-sdk/go/wit/imports/wasi_logging_logging"
	"github.com/vestibule/vestibule/guest-sdk/go/wit/support/types"
)

// This file is the host as a component sees it: the bindings on one side, plain Go on the other.

func init() {
	export.Handle = func(event wire.Event, context wire.Context) types.Result[wire.Response, string] {
		if handler == nil {
			return types.Err[wire.Response, string]("the program has no handler: call vestibule.Handle in an init function")
		}
		response, err := handler(eventOf(event), contextOf(context))
		if err == nil && response == nil {
			err = errors.New("the handler returned neither a response nor an error")
		}
		if err == nil && (response.Status < 0 || response.Status > 0xffff) {
			err = fmt.Errorf("%d is no status", response.Status)
		}
		if err != nil {
			return types.Err[wire.Response, string](valid(err.Error()))
		}
		return types.Ok[wire.Response, string](wire.Response{
			Status: uint16(response.Status), Headers: tuples(response.Headers), Body: response.Body,
		})
	}
}

func eventOf(event wire.Event) *Event {
	return &Event{
		Method: event.Method, Path: event.Path, Subpath: event.Subpath, Params: pairs(event.Params), Query: event.Query,
		Headers: pairs(event.Headers), Body: event.Body, Client: event.Client,
	}
}

func contextOf(context wire.Context) *Context {
	own := &Context{
		RequestID: context.RequestId, Function: context.Function, Version: context.Version,
		Deadline: time.UnixMilli(int64(context.Deadline)),
	}
	if context.Delivery.Tag() == types.OptionSome {
		delivery := context.Delivery.Some()
		own.Delivery = &Delivery{Scheme: delivery.Scheme, ID: or(delivery.Id, ""), EventType: or(delivery.EventType, ""), Secret: delivery.Secret}
		if delivery.Timestamp.Tag() == types.OptionSome {
			own.Delivery.Timestamp = time.Unix(int64(delivery.Timestamp.Some()), 0)
		}
	}
	if context.Identity.Tag() == types.OptionSome {
		identity := context.Identity.Some()
		own.Identity = &Identity{Provider: identity.Provider, Subject: identity.Subject, Roles: identity.Roles, Claims: json.RawMessage(identity.Claims)}
	}
	return own
}

func or[T any](option types.Option[T], otherwise T) T {
	if option.Tag() == types.OptionSome {
		return option.Some()
	}
	return otherwise
}

func pairs(tuples []types.Tuple2[string, string]) []Pair {
	pairs := make([]Pair, len(tuples))
	for i, tuple := range tuples {
		pairs[i] = Pair{tuple.F0, tuple.F1}
	}
	return pairs
}

func tuples(pairs []Pair) []types.Tuple2[string, string] {
	tuples := make([]types.Tuple2[string, string], len(pairs))
	for i, pair := range pairs {
		tuples[i] = types.Tuple2[string, string]{F0: valid(pair.Name), F1: valid(pair.Value)}
	}
	return tuples
}

func hostLog(level Level, message string) {
	wasi_logging_logging.Log(wasi_logging_logging.Level(level), "", valid(message))
}

func hostEnv(name string) string {
	value := wasi_config_store.Get(name)
	if value.Tag() == types.ResultErr {
		return ""
	}
	return or(value.Ok(), "")
}

func hostSecret(name string) ([]byte, error) {
	value := vestibule_function_secrets.Get(name)
	if value.Tag() == types.ResultErr {
		return nil, fmt.Errorf("%w: %s", ErrDenied, value.Err())
	}
	return value.Ok(), nil
}

type bucket struct{ own *wasi_keyvalue_store.Bucket }

func openBucket(name string) (bucket, error) {
	opened := wasi_keyvalue_store.Open(name)
	if opened.Tag() == types.ResultErr {
		return bucket{}, storeError(opened.Err())
	}
	return bucket{opened.Ok()}, nil
}

func storeError(err wasi_keyvalue_store.Error) error {
	switch err.Tag() {
	case wasi_keyvalue_store.Error_NoSuchStore:
		return errors.New("no store can have this name")
	case wasi_keyvalue_store.Error_AccessDenied:
		return ErrDenied
	default:
		return errors.New(err.Other())
	}
}

func outcome[T any](result types.Result[T, wasi_keyvalue_store.Error]) (T, error) {
	if result.Tag() == types.ResultErr {
		var none T
		return none, storeError(result.Err())
	}
	return result.Ok(), nil
}

func (b bucket) get(key string) ([]byte, error) {
	found, err := outcome(b.own.Get(key))
	if err != nil || found.Tag() == types.OptionNone {
		return nil, err
	}
	// What is there is not nil, if it is empty.
	return append([]byte{}, found.Some()...), nil
}

func (b bucket) set(key string, value []byte, ttl time.Duration) error {
	if ttl == 0 {
		_, err := outcome(b.own.Set(key, value))
		return err
	}
	_, err := outcome(vestibule_function_keyvalue.SetFor(b.own, key, value, uint64(ttl.Milliseconds())))
	return err
}

func (b bucket) delete(key string) error {
	_, err := outcome(b.own.Delete(key))
	return err
}

func (b bucket) keys(cursor *uint64) ([]string, *uint64, error) {
	from := types.None[uint64]()
	if cursor != nil {
		from = types.Some(*cursor)
	}
	page, err := outcome(b.own.ListKeys(from))
	if err != nil || page.Cursor.Tag() == types.OptionNone {
		return page.Keys, nil, err
	}
	next := page.Cursor.Some()
	return page.Keys, &next, nil
}

func (b bucket) increment(key string, by uint64) (uint64, error) {
	return outcome(wasi_keyvalue_atomics.Increment(b.own, key, by))
}

func (b bucket) compareAndSet(key string, expected, value []byte) (bool, error) {
	before := types.None[[]byte]()
	if expected != nil {
		before = types.Some(expected)
	}
	return outcome(vestibule_function_keyvalue.CompareAndSet(b.own, key, before, value, types.None[uint64]()))
}

func hostFetch(request Request) (*Response, error) {
	timeout := types.None[uint32]()
	if request.Timeout > 0 {
		timeout = types.Some(uint32(min(request.Timeout.Milliseconds(), 0xffffffff)))
	}
	result := vestibule_function_http.Fetch(vestibule_function_http.Request{
		Method: request.Method, Url: request.URL, Headers: tuples(request.Headers), Body: request.Body, TimeoutMs: timeout,
	})
	if result.Tag() == types.ResultErr {
		return nil, fetchError(result.Err())
	}
	answer := result.Ok()
	return &Response{Status: int(answer.Status), Headers: pairs(answer.Headers), Body: answer.Body}, nil
}

func fetchError(err vestibule_function_http.Error) error {
	switch err.Tag() {
	case vestibule_function_http.Error_Denied:
		return fmt.Errorf("%w: %s", ErrDenied, err.Denied())
	case vestibule_function_http.Error_Invalid:
		return errors.New(err.Invalid())
	case vestibule_function_http.Error_Dns:
		return errors.New("the name has no address")
	case vestibule_function_http.Error_Connect:
		return errors.New("no connection")
	case vestibule_function_http.Error_Tls:
		return errors.New(err.Tls())
	case vestibule_function_http.Error_Timeout:
		return errors.New("no answer in time")
	case vestibule_function_http.Error_TooLarge:
		return errors.New(err.TooLarge())
	case vestibule_function_http.Error_Protocol:
		return errors.New(err.Protocol())
	default:
		return errors.New("the host has no connection to spare")
	}
}

func hostSign(scheme, secret string, payload []byte, with SignWith) (*Signed, error) {
	timestamp := types.None[uint64]()
	if !with.Timestamp.IsZero() {
		timestamp = types.Some(uint64(max(with.Timestamp.Unix(), 0)))
	}
	result := vestibule_function_webhooks.Sign(secret, scheme, payload, vestibule_function_webhooks.Parameters{
		Method: given(with.Method), Url: given(with.URL), Id: given(with.ID), EventType: given(with.EventType),
		Timestamp: timestamp, KeyId: given(with.KeyID), ContentSecret: given(with.ContentSecret),
	})
	if result.Tag() == types.ResultErr {
		return nil, errors.New(result.Err())
	}
	signed := result.Ok()
	return &Signed{Headers: pairs(signed.Headers), Payload: or(signed.Payload, payload), URL: or(signed.Url, with.URL)}, nil
}

func given(text string) types.Option[string] {
	if text == "" {
		return types.None[string]()
	}
	return types.Some(valid(text))
}
