# The verbs of this repository. CI calls the same recipes. Run `./just` where `just` is not installed.

# What functions are built for; tools/guest-toolchain sees to a compiler that has it.
guest_target := "wasm32-wasip2"

# What tests of built functions serve, and with what.
host := justfile_directory() / "target/debug/host"
functions := justfile_directory() / "target/functions"

# Lists the recipes.
[private]
default:
    @'{{ just_executable() }}' --list --unsorted

# Builds the example functions and puts them, with their policies, into target/functions.
examples: _guests
    @tools/collect-examples

# Builds the host.
build *flags:
    cargo build -p vestibule-host {{ flags }}

# Serves the examples and sends them true and forged requests; prints what happened.
demo: examples _host
    target/debug/examples/demo

# Runs all tests, in all languages. What follows is for the Rust tests alone.
test *flags: examples _host
    @tools/suites '{{ just_executable() }}' "rust {{ flags }}" js python go c conformance

# Tests what is in Rust: the workspace, against the real example functions, and the examples with tests of their own.
test-rust *flags: examples _host _tools
    VESTIBULE_HOST={{ host }} cargo test --workspace {{ flags }}
    cd examples && VESTIBULE_HOST={{ host }} VESTIBULE_FUNCTIONS={{ functions }} cargo test --workspace {{ flags }}

# Tests the JavaScript SDK and the examples in JavaScript, on node and as components in the host.
test-js: examples-js _host
    VESTIBULE_HOST={{ host }} tests/javascript/run

# Tests functions in Python: the SDK and its examples, natively and as components behind the host.
test-python *flags: _host
    VESTIBULE_HOST={{ host }} tools/python tests/python/run {{ flags }}

# Tests the Go SDK and the examples in Go.
test-go: _host
    VESTIBULE_HOST={{ host }} tools/go tests/go/run

# Builds the examples in C and C++, and runs their tests.
test-c: _host
    tools/clang
    {{ host }} test --project examples/c --out target/functions-c

# Checks formatting and lints, in both workspaces. Warnings are errors.
lint:
    cargo fmt --all --check
    cd examples && cargo fmt --check
    cargo clippy --workspace --all-targets -- -D warnings
    cd examples && cargo clippy --workspace --all-targets -- -D warnings

# Builds the example functions in JavaScript into target/functions-js.
examples-js:
    @tools/js

# Builds the functions of the conformance table in every language into target/languages.
languages *names: examples _host
    VESTIBULE_HOST={{ host }} tools/languages {{ names }}

# Asks functions in every language, or in those that are named, the same, and prints the table (tests/conformance).
conformance *names: (languages names)
    VESTIBULE_HOST={{ host }} cargo test --workspace --test conformance -- {{ names }}

# The same as one of the suites.
[private]
test-conformance: conformance

# Formats the code of both workspaces.
fmt:
    cargo fmt --all
    cd examples && cargo fmt

# Builds the documentation of the crates. A broken link is an error.
doc *flags:
    RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps {{ flags }}

# What has to pass before a change goes in.
ci: lint doc test

# The host and the demo, for the whole workspace: with `-p`, cargo would leave out what other packages ask of the crates that they
# share, and build those and the host once more for the tests.
_host:
    cargo build --workspace --bin host --example demo

# What tests in Rust call: node, which one compares signatures with; a server that hosts share; what builds functions.
_tools:
    @tools/node
    @tools/redis
    @tools/python
    @tools/go
    @tools/clang

# One invocation for all functions: they share their dependencies, and the standard library where it has to be built.
_guests:
    cd examples && ../tools/guest-toolchain cargo build --release --target {{ guest_target }} --lib --examples

# Measures what requests and sandboxes cost, beside a bare HTTP server and `wasmtime serve` where there is one (docs/performance.md).
bench *flags: examples _guest-plain _guest-wasi-http
    cargo build --release -p vestibule-host -p vestibule-bench --bins
    target/release/bench {{ flags }}

# Measures what a good client feels of slow clients, hostile guests and a folder that is never still (docs/performance.md).
walls *flags: examples
    cargo build --release -p vestibule-host -p vestibule-bench --bins
    target/release/bench walls {{ flags }}

# Measures what becomes of twice as many requests as a function can take (docs/performance.md).
overload *flags: examples _guest-plain
    cargo build --release -p vestibule-host -p vestibule-bench --bins
    target/release/bench overload {{ flags }}

# Shows whether the host grows under a mixed load, for ten minutes (docs/performance.md).
soak *flags: examples
    cargo build --release -p vestibule-host -p vestibule-bench --bins
    target/release/bench soak {{ flags }}

# Measures what a store costs through a guest, beside the backend's own call (docs/performance.md).
bench-stores *flags: examples
    cargo build --release -p vestibule-bench --bins
    target/release/bench {{ flags }} stores

# Measures what a good client feels while a component of 10 MB is compiled (docs/performance.md).
bench-compile *flags: examples
    cargo build --release -p vestibule-host -p vestibule-bench --bins
    target/release/bench {{ flags }} compile

# Measures what a function costs in each language: size, compiling, sandbox, request (docs/languages.md).
bench-languages *names: (languages names)
    cargo build --release -p vestibule-host --bin host
    VESTIBULE_HOST={{ justfile_directory() }}/target/release/host cargo test --workspace --test conformance -- {{ names }} --compile

# Measures what functions in Python cost: size, build, compile, request (docs/languages-python.md).
bench-python *flags:
    cargo build --release -p vestibule-host
    VESTIBULE_HOST=target/release/host tools/python python tests/python/bench.py {{ flags }}

# Measures what the check of a signature costs, beside the bare keyed hash (docs/performance.md).
bench-signatures *flags:
    cargo bench -p vestibule-signatures {{ flags }}

# Measures how long a change of a function's source takes until `host dev` serves it, beside what cargo alone takes (docs/performance.md).
bench-dev *flags:
    cargo build --release -p vestibule-host --bin host
    @tools/bench-dev {{ flags }}

# The example `hello` as anyone would build it for the contract, without the SDK.
_guest-plain:
    cd benches/guest-plain && ../../tools/guest-toolchain cargo build --release --target {{ guest_target }} --lib --examples

# What `wasmtime serve` serves in the benchmark.
_guest-wasi-http:
    @if command -v wasmtime >/dev/null || [ -x target/tools/bin/wasmtime ]; then \
        cd benches/guest-wasi-http && ../../tools/guest-toolchain cargo build --release --target {{ guest_target }}; \
    fi
