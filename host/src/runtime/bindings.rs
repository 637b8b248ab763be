//! The contract as the host sees it, generated from `wit/`: the world of functions, and that of verifiers. Parameters are
//! borrowed, so that an event goes from the request's buffers into the guest's memory in one copy.

wasmtime::component::bindgen!({
    path: "../wit",
    world: "function",
    imports: {
        "vestibule:function/http.fetch": async | trappable,
        default: trappable,
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
