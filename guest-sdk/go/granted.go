package vestibule

import (
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"net/url"
	"time"
)

// Level says how much a line of the log matters.
type Level uint8

// The levels, from what is for the author alone to what failed.
const (
	Trace Level = iota
	Debug
	Info
	Warn
	Error
)

// Log writes a line to the host's log, which knows by itself of which request it is.
func Log(level Level, format string, values ...any) { hostLog(level, fmt.Sprintf(format, values...)) }

// Env is a value of grants.env; empty if there is none. (os.Getenv has the same.)
func Env(name string) string { return hostEnv(name) }

// Secret is a secret of grants.secrets. The error says what to write, where it is not granted.
func Secret(name string) ([]byte, error) { return hostSecret(name) }

// ErrDenied is among the causes of an error where a policy does not grant what was asked for.
var ErrDenied = errors.New("the policy does not grant it")

// Store is a store of grants.kv. What was written is on disk when the call returns.
type Store struct {
	name   string
	bucket bucket
}

// Open opens a store.
func Open(name string) (*Store, error) {
	bucket, err := openBucket(name)
	if err != nil {
		return nil, fmt.Errorf("store %s: %w", name, err)
	}
	return &Store{name, bucket}, nil
}

func (s *Store) wrap(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("store %s: %w", s.name, err)
}

// Get is the value of a key; nil if there is none.
func (s *Store) Get(key string) ([]byte, error) {
	value, err := s.bucket.get(key)
	return value, s.wrap(err)
}

// GetJSON reads the value of a key, and says whether there is one.
func (s *Store) GetJSON(key string, into any) (bool, error) {
	value, err := s.Get(key)
	if err != nil || value == nil {
		return false, err
	}
	return true, s.wrap(json.Unmarshal(value, into))
}

// Set writes a value.
func (s *Store) Set(key string, value []byte) error { return s.wrap(s.bucket.set(key, value, 0)) }

// SetFor writes a value that is gone after a while.
func (s *Store) SetFor(key string, value []byte, ttl time.Duration) error {
	if ttl < time.Millisecond {
		return s.wrap(errors.New("a value lasts a millisecond at least"))
	}
	return s.wrap(s.bucket.set(key, value, ttl))
}

// Delete removes a key, if it is there.
func (s *Store) Delete(key string) error { return s.wrap(s.bucket.delete(key)) }

// Keys are all keys, in no order that means anything; they are asked for page by page. Where the store does not work, the last
// pair has an error and no key.
func (s *Store) Keys() iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		var cursor *uint64
		for {
			keys, next, err := s.bucket.keys(cursor)
			if err != nil {
				yield("", s.wrap(err))
				return
			}
			for _, key := range keys {
				if !yield(key, nil) {
					return
				}
			}
			if next == nil {
				return
			}
			cursor = next
		}
	}
}

// SetJSON writes a value as JSON.
func (s *Store) SetJSON(key string, value any) error {
	text, err := json.Marshal(value)
	if err != nil {
		return s.wrap(err)
	}
	return s.Set(key, text)
}

// Increment adds to a number, in one step, and returns what came of it. What is not there counts as 0.
func (s *Store) Increment(key string, by uint64) (uint64, error) {
	number, err := s.bucket.increment(key, by)
	return number, s.wrap(err)
}

// CompareAndSet writes a value if the one there is as expected (nil: if there is none), and says whether it did.
func (s *Store) CompareAndSet(key string, expected, value []byte) (bool, error) {
	done, err := s.bucket.compareAndSet(key, expected, value)
	return done, s.wrap(err)
}

// Update writes what `change` makes of a value (nil: there is none). Where somebody else has written meanwhile, it is asked
// once more, so it may have no effects of its own. An error of its is returned as it is, and nothing is written.
func (s *Store) Update(key string, change func(value []byte) ([]byte, error)) error {
	for {
		before, err := s.Get(key)
		if err != nil {
			return err
		}
		after, err := change(before)
		if err != nil {
			return err
		}
		if done, err := s.CompareAndSet(key, before, after); done || err != nil {
			return err
		}
	}
}

// Request is one to another server, which grants.http has to name.
type Request struct {
	// Method is GET where it is empty.
	Method string
	URL    string
	// Headers may be in any case.
	Headers []Pair
	Body    []byte
	// Timeout is how long it may take, to the last byte of the answer; none: as long as the host lets it.
	Timeout time.Duration
}

// Fetch sends a request. An answer is one whatever its status is; redirects are not followed.
func Fetch(request Request) (*Response, error) {
	if request.Method == "" {
		request.Method = "GET"
	}
	answer, err := hostFetch(request)
	if err != nil {
		return nil, fmt.Errorf("%s %s: %w", request.Method, origin(request.URL), err)
	}
	return answer, nil
}

// What an error says of a URL: path and query may hold a secret, and errors go to the log.
func origin(address string) string {
	parsed, err := url.Parse(address)
	if err != nil || parsed.Host == "" {
		return "(no URL)"
	}
	return parsed.Scheme + "://" + parsed.Host
}

// SignWith is what a scheme may want to know beside the payload. What is empty is not given.
type SignWith struct {
	// Method is the one with which it will be sent; POST where it is empty.
	Method string
	// URL is where it will be sent, for schemes that sign it.
	URL string
	// ID is the delivery's, for schemes that send it outside of the payload. The host makes one up where it is signed.
	ID string
	// EventType is the kind of event, for schemes that send it in a header.
	EventType string
	// Timestamp is when it is signed; zero: now.
	Timestamp time.Time
	// KeyID is the name of the key, for schemes that send one.
	KeyID string
	// ContentSecret is the name of the secret that is a part of what is signed, for schemes that sign one with a private key.
	ContentSecret string
}

// Signed is what to send.
type Signed struct {
	// Headers are the signature, and what the receiver needs to check it.
	Headers []Pair
	// Payload is the one that was given, unless the scheme signs inside of it.
	Payload []byte
	// URL is where to send it: the one that was given, unless the scheme signs inside of it.
	URL string
}

// Sign has the host sign a payload with a secret of grants.sign, which the function never sees.
func Sign(scheme, secret string, payload []byte, with SignWith) (*Signed, error) {
	return hostSign(scheme, secret, payload, with)
}
