module github.com/vestibule/vestibule/guest-sdk/go

go 1.24
