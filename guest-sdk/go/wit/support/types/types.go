// Package types has what the generated bindings say with WIT's own types: options, results and tuples.
package types

// Unit is nothing, where a type is wanted.
type Unit struct{}

// Tuple2 is two values.
type Tuple2[A, B any] struct {
	F0 A
	F1 B
}

// Tuple13 is the bytes of a line of the log, eight in each.
type Tuple13[A, B, C, D, E, F, G, H, I, J, K, L, M any] struct {
	F0  A
	F1  B
	F2  C
	F3  D
	F4  E
	F5  F
	F6  G
	F7  H
	F8  I
	F9  J
	F10 K
	F11 L
	F12 M
}

// Tuple14 is the bytes of standard output, eight in each.
type Tuple14[A, B, C, D, E, F, G, H, I, J, K, L, M, N any] struct {
	F0  A
	F1  B
	F2  C
	F3  D
	F4  E
	F5  F
	F6  G
	F7  H
	F8  I
	F9  J
	F10 K
	F11 L
	F12 M
	F13 N
}

// What an Option's Tag says.
const (
	OptionNone uint8 = iota
	OptionSome
)

// Option is a value that may not be there.
type Option[T any] struct {
	tag   uint8
	value T
}

// Some is a value that is there.
func Some[T any](value T) Option[T] { return Option[T]{OptionSome, value} }

// None is no value.
func None[T any]() Option[T] { return Option[T]{} }

// Tag says which it is.
func (o Option[T]) Tag() uint8 { return o.tag }

// Some is the value. It panics if there is none.
func (o Option[T]) Some() T {
	if o.tag != OptionSome {
		panic("there is no value")
	}
	return o.value
}

// What a Result's Tag says.
const (
	ResultOk uint8 = iota
	ResultErr
)

// Result is a value, or why there is none.
type Result[T, E any] struct {
	tag   uint8
	value T
	err   E
}

// Ok is a value.
func Ok[T, E any](value T) Result[T, E] { return Result[T, E]{tag: ResultOk, value: value} }

// Err is why there is none.
func Err[T, E any](err E) Result[T, E] { return Result[T, E]{tag: ResultErr, err: err} }

// Tag says which it is.
func (r Result[T, E]) Tag() uint8 { return r.tag }

// Ok is the value. It panics if there is none.
func (r Result[T, E]) Ok() T {
	if r.tag != ResultOk {
		panic("this is an error")
	}
	return r.value
}

// Err is the error. It panics if there is none.
func (r Result[T, E]) Err() E {
	if r.tag != ResultErr {
		panic("this is no error")
	}
	return r.err
}
