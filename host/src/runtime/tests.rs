//! What no setting of the engine may give up, whatever it is worth.

use wasmtime::{Config, Engine};

use super::tuning;

/// A component with nothing in it.
const EMPTY: &[u8] = b"\0asm\x0d\0\x01\0";

/// All settings that code is compiled or run with.
fn all() -> [(&'static str, Config); 4] {
    [
        ("pooled", tuning::pooled(1, 0)),
        ("on demand", tuning::on_demand()),
        ("compiling for a pool", tuning::compiling(true)),
        ("compiling", tuning::compiling(false)),
    ]
}

/// A flag of the code generator, as it is written down in what it compiled: the name, then what kind of value (2 is yes or
/// no), then the value.
fn flag(compiled: &[u8], name: &str) -> Option<bool> {
    let at = compiled.windows(name.len()).position(|window| window == name.as_bytes())? + name.len();
    match compiled.get(at..at + 2)? {
        [2, 0] => Some(false),
        [2, 1] => Some(true),
        _ => None,
    }
}

#[test]
fn what_guesses_of_the_processor_could_leak_is_fenced() {
    for (what, config) in all() {
        let engine = Engine::new(&config).unwrap();
        let compiled = engine.precompile_component(EMPTY).unwrap();
        // One that is off, to see that the two are told apart.
        assert_eq!(flag(&compiled, "enable_nan_canonicalization"), Some(false), "{what}");
        for mitigation in ["enable_heap_access_spectre_mitigation", "enable_table_access_spectre_mitigation"] {
            assert_eq!(flag(&compiled, mitigation), Some(true), "{what}: {mitigation}");
        }
    }
}

#[test]
fn what_is_out_of_bounds_is_caught_by_the_processor() {
    for (what, config) in all() {
        let engine = Engine::new(&config).unwrap();
        assert!(engine.get_signals_based_traps(), "{what}");
        assert!(engine.get_memory_guard_size() > 0, "{what}");
        assert_eq!(
            engine.get_cranelift_flags_set().next(),
            None,
            "{what}: a flag past those that wasmtime vouches for"
        );
        assert_eq!(engine.get_cranelift_flags_enabled().next(), None, "{what}");
    }
}

#[test]
fn calls_can_be_ended_at_any_time() {
    for (what, config) in all() {
        assert!(Engine::new(&config).unwrap().get_epoch_interruption(), "{what}");
    }
}
