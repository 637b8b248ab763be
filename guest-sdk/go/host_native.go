//go:build !wasip1

package vestibule

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"math"
	"os"
	"slices"
	"strconv"
	"sync"
	"time"
)

// This file is the host as a test sees it: nothing leaves the process. Package vestibuletest puts things into it.

// Native is what stands in the host's place outside of a component. It is for package vestibuletest alone.
var Native = &NativeHost{}

// NativeHost keeps what a test has put into the host's place. Its fields are for package vestibuletest alone.
type NativeHost struct {
	mutex   sync.Mutex
	Stores  map[string]map[string][]byte
	Secrets map[string][]byte
	Fetch   func(Request) (*Response, error)
	Sign    func(scheme, secret string, payload []byte, with SignWith) (*Signed, error)
	Lines   []string
}

// Reset forgets everything.
func (n *NativeHost) Reset() {
	n.mutex.Lock()
	defer n.mutex.Unlock()
	n.Stores, n.Secrets, n.Fetch, n.Sign, n.Lines = nil, nil, nil, nil, nil
}

// Handler is what the program under test answers events with.
func (n *NativeHost) Handler() Handler { return handler }

func hostLog(level Level, message string) {
	Native.mutex.Lock()
	defer Native.mutex.Unlock()
	Native.Lines = append(Native.Lines, fmt.Sprintf("%s: %s", [...]string{"trace", "debug", "info", "warn", "error"}[level], message))
}

func hostEnv(name string) string { return os.Getenv(name) }

func hostSecret(name string) ([]byte, error) {
	Native.mutex.Lock()
	defer Native.mutex.Unlock()
	if value, granted := Native.Secrets[name]; granted {
		return bytes.Clone(value), nil
	}
	return nil, fmt.Errorf("%w: the test has no secret %s; give it one with vestibuletest.GrantSecret", ErrDenied, name)
}

type bucket struct{ name string }

func openBucket(name string) (bucket, error) {
	Native.mutex.Lock()
	defer Native.mutex.Unlock()
	if Native.Stores == nil {
		Native.Stores = map[string]map[string][]byte{}
	}
	if Native.Stores[name] == nil {
		Native.Stores[name] = map[string][]byte{}
	}
	return bucket{name}, nil
}

func (b bucket) with(do func(values map[string][]byte) error) error {
	Native.mutex.Lock()
	defer Native.mutex.Unlock()
	values := Native.Stores[b.name]
	if values == nil {
		return errors.New("the store is gone: the host was reset after it was opened")
	}
	return do(values)
}

func (b bucket) get(key string) (value []byte, err error) {
	err = b.with(func(values map[string][]byte) error {
		value = bytes.Clone(values[key])
		return nil
	})
	return value, err
}

// A test ends before its values do.
func (b bucket) set(key string, value []byte, _ time.Duration) error {
	return b.with(func(values map[string][]byte) error {
		values[key] = append([]byte{}, value...)
		return nil
	})
}

func (b bucket) delete(key string) error {
	return b.with(func(values map[string][]byte) error {
		delete(values, key)
		return nil
	})
}

func (b bucket) keys(*uint64) (keys []string, next *uint64, err error) {
	err = b.with(func(values map[string][]byte) error {
		keys = slices.Collect(maps.Keys(values))
		return nil
	})
	return keys, nil, err
}

// Numbers are kept as the host keeps them: decimal digits.
func (b bucket) increment(key string, by uint64) (number uint64, err error) {
	err = b.with(func(values map[string][]byte) error {
		if before, is := values[key]; is {
			if number, err = strconv.ParseUint(string(before), 10, 63); err != nil {
				return errors.New("the value is no number")
			}
		}
		if by > math.MaxInt64-number {
			return errors.New("the number would be too large")
		}
		number += by
		values[key] = strconv.AppendUint(nil, number, 10)
		return nil
	})
	return number, err
}

func (b bucket) compareAndSet(key string, expected, value []byte) (done bool, err error) {
	err = b.with(func(values map[string][]byte) error {
		before, is := values[key]
		done = is == (expected != nil) && bytes.Equal(before, expected)
		if done {
			values[key] = append([]byte{}, value...)
		}
		return nil
	})
	return done, err
}

func hostFetch(request Request) (*Response, error) {
	if Native.Fetch == nil {
		return nil, fmt.Errorf("%w: the test has nothing to answer it with; see vestibuletest.OnFetch", ErrDenied)
	}
	return Native.Fetch(request)
}

func hostSign(scheme, secret string, payload []byte, with SignWith) (*Signed, error) {
	if Native.Sign == nil {
		return nil, fmt.Errorf("%w: the test has no secret %s to sign with; see vestibuletest.OnSign", ErrDenied, secret)
	}
	return Native.Sign(scheme, secret, payload, with)
}
