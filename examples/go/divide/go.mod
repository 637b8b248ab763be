module divide

go 1.24

require github.com/vestibule/vestibule/guest-sdk/go v0.1.0

replace github.com/vestibule/vestibule/guest-sdk/go => ../../../guest-sdk/go
