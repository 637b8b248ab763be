module functions/NAME

go 1.24

require github.com/vestibule/vestibule/guest-sdk/go v0.1.0

// The SDK's sources, which came with the command `host`. To take the published module instead,
// remove this line.
replace github.com/vestibule/vestibule/guest-sdk/go => ../.vestibule/guest-sdk/go
