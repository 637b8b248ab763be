//! The contract as the host sees it, generated from `wit/`: the world of functions, and that of verifiers. Parameters are
//! borrowed, so that an event goes from the request's buffers into the guest's memory in one copy.

wasmtime::component::bindgen!({
    path: "../wit",
    world: "function",
    imports: {
        "vestibule:function/http.fetch": async | trappable,
        "vestibule:function/webhooks.sign": async | trappable,
        "wasi:keyvalue/store.open": trappable,
        "wasi:keyvalue/store.[drop]bucket": trappable,
        "wasi:keyvalue": async | trappable,
        "vestibule:function/keyvalue": async | trappable,
        default: trappable,
    },
    with: {
        "wasi:keyvalue/store.bucket": crate::kv::Bucket,
    },
    exports: { default: async },
    ownership: Borrowing { duplicate_if_necessary: true },
});

pub(super) mod verifier {
    wasmtime::component::bindgen!({
        path: "../wit/verifier",
        world: "verifier",
        exports: { default: async },
        ownership: Borrowing { duplicate_if_necessary: true },
    });
}
