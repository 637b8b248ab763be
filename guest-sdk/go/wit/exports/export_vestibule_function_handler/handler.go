// Package export_vestibule_function_handler is what the generated export calls: whatever function has been put here.
package export_vestibule_function_handler

import (
	"github.com/vestibule/vestibule/guest-sdk/go/wit/imports/vestibule_function_types"
	"github.com/vestibule/vestibule/guest-sdk/go/wit/support/types"
)

// Handle answers one event.
var Handle = func(vestibule_function_types.Event, vestibule_function_types.Context) types.Result[vestibule_function_types.Response, string] {
	return types.Err[vestibule_function_types.Response, string](
		"the program has no handler: call vestibule.Handle in an init function")
}
