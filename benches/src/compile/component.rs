//! A large component of real code: the functions that a compiler would make of arithmetic, memory, branches, loops and calls,
//! one unlike the other, the same in each run for the same seed. It goes beside what a small component has, so that it is a
//! function like any other. Knows nothing of who compiles it.

use anyhow::{Result, ensure};
use wasm_encoder::{
    BlockType, CodeSection, ExportKind, ExportSection, Function, FunctionSection, InstructionSink, MemArg,
    MemorySection, MemoryType, Module, TypeSection, ValType,
};

/// What a component begins with.
const COMPONENT: &[u8] = b"\0asm\x0d\0\x01\0";

/// The sections of a component that hold a core module, and core instances.
const CORE_MODULE: u8 = 1;
const CORE_INSTANCE: u8 = 2;

/// Statements of a function: some 600 bytes of it, as functions of Rust have on average.
const STATEMENTS: u64 = 40;

/// How deep statements nest.
const DEPTH: u32 = 3;

/// Functions at the front, which the others call.
const CALLED: u32 = 64;

/// The locals of a function: its parameters, an i32 and an i64, then two more of each.
const I32S: [u32; 3] = [0, 2, 3];
const I64S: [u32; 3] = [1, 4, 5];

/// `small` with as much code beside its own as makes it `size` bytes, another for each `seed`.
pub(super) fn grown(small: &[u8], size: usize, seed: u64) -> Result<Vec<u8>> {
    ensure!(small.starts_with(COMPONENT), "the small component is none");
    let modules = sections(small).into_iter().filter(|id| *id == CORE_MODULE).count();
    let module = module(size.saturating_sub(small.len()), seed);
    let mut grown = small.to_vec();
    section(&mut grown, CORE_MODULE, &module);
    // One instance, of the module that was just added, which takes nothing.
    let mut instance = vec![1, 0];
    number(&mut instance, modules);
    instance.push(0);
    section(&mut grown, CORE_INSTANCE, &instance);
    Ok(grown)
}

/// A module of `size` bytes, about.
fn module(size: usize, seed: u64) -> Vec<u8> {
    let mut random = Random(seed | 1);
    let mut bodies = CodeSection::new();
    let mut count = 0_u32;
    while bodies.byte_len() < size {
        bodies.function(&body(&mut random, count));
        count += 1;
    }
    let mut types = TypeSection::new();
    types.ty().function([ValType::I32, ValType::I64], [ValType::I64]);
    let mut functions = FunctionSection::new();
    (0..count).for_each(|_| _ = functions.function(0));
    let mut memories = MemorySection::new();
    memories.memory(MemoryType { minimum: 1, maximum: None, memory64: false, shared: false, page_size_log2: None });
    let mut exports = ExportSection::new();
    // The last may call all that are called, which nobody can then leave out.
    exports.export("all", ExportKind::Func, count.saturating_sub(1));
    let mut module = Module::new();
    module.section(&types).section(&functions).section(&memories).section(&exports).section(&bodies);
    module.finish()
}

fn body(random: &mut Random, index: u32) -> Function {
    let mut function = Function::new([(2, ValType::I32), (2, ValType::I64)]);
    let mut code = function.instructions();
    for _ in 0..STATEMENTS {
        statement(&mut code, random, index, DEPTH);
    }
    code.local_get(1).end();
    function
}

fn statement(code: &mut InstructionSink<'_>, random: &mut Random, index: u32, depth: u32) {
    let (a, b) = (random.of(I64S), random.of(I64S));
    let (i, j) = (random.of(I32S), random.of(I32S));
    match random.below(if depth == 0 { 6 } else { 9 }) {
        0 => {
            code.local_get(a).local_get(b).i64_add().i64_const(random.constant()).i64_xor().local_set(a);
        }
        1 => {
            code.local_get(a).i64_const(random.constant()).i64_mul().local_get(b).i64_rotl().local_set(b);
        }
        2 => {
            code.local_get(i).i32_const(0xfff8).i32_and().i64_load(at(random)).local_get(b).i64_sub().local_set(a);
        }
        3 => {
            code.local_get(i).i32_const(0xfff8).i32_and().local_get(a).i64_store(at(random));
        }
        4 => {
            code.local_get(a).local_get(b).i64_lt_s().local_get(j).i32_add().local_set(i);
        }
        5 if index > 0 => {
            let callee = u32::try_from(random.below(u64::from(index.min(CALLED)))).unwrap_or_default();
            code.local_get(i).local_get(b).call(callee).local_set(a);
        }
        5 => {
            code.local_get(a).f64_convert_i64_s().f64_sqrt().i64_trunc_sat_f64_s().local_set(b);
        }
        6 => {
            code.local_get(i).i32_const(7).i32_and().if_(BlockType::Empty);
            statement(code, random, index, depth - 1);
            code.else_();
            statement(code, random, index, depth - 1);
            code.end();
        }
        7 => {
            code.i32_const(10).local_set(j).loop_(BlockType::Empty);
            statement(code, random, index, depth - 1);
            // It counts down whatever the statement has made of it: not run, and compiled as any loop.
            code.local_get(j).i32_const(1).i32_sub().local_tee(j).i32_const(0).i32_gt_s().br_if(0).end();
        }
        _ => {
            code.block(BlockType::Empty).block(BlockType::Empty).local_get(j).br_table([0, 1], 0).end();
            statement(code, random, index, depth - 1);
            code.end();
        }
    }
}

/// Where a load or store reaches beyond its address.
fn at(random: &mut Random) -> MemArg {
    MemArg { offset: random.below(8) * 8, align: 3, memory_index: 0 }
}

/// Numbers in no order, the same for the same seed (xorshift).
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }

    fn constant(&mut self) -> i64 {
        // Mostly small, as constants are.
        i64::from(self.next() as u16)
    }

    fn of(&mut self, [first, second, third]: [u32; 3]) -> u32 {
        match self.below(3) {
            0 => first,
            1 => second,
            _ => third,
        }
    }
}

/// The kinds of a component's sections, in order.
fn sections(component: &[u8]) -> Vec<u8> {
    let mut kinds = Vec::new();
    let mut rest = component.get(COMPONENT.len()..).unwrap_or_default();
    while let [kind, tail @ ..] = rest {
        kinds.push(*kind);
        let (mut length, mut shift, mut read) = (0_usize, 0_u32, 0_usize);
        for byte in tail {
            length |= usize::from(byte & 0x7f).checked_shl(shift).unwrap_or_default();
            (shift, read) = (shift + 7, read + 1);
            if byte & 0x80 == 0 {
                break;
            }
        }
        rest = tail.get(read.saturating_add(length)..).unwrap_or_default();
    }
    kinds
}

fn section(into: &mut Vec<u8>, kind: u8, content: &[u8]) {
    into.push(kind);
    number(into, content.len());
    into.extend_from_slice(content);
}

/// A number as WebAssembly writes it (LEB128).
fn number(into: &mut Vec<u8>, mut value: usize) {
    loop {
        let byte = (value & 0x7f) as u8;
        value >>= 7;
        if value == 0 {
            return into.push(byte);
        }
        into.push(byte | 0x80);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A component of two modules, and nothing else.
    fn small() -> Vec<u8> {
        let mut small = COMPONENT.to_vec();
        section(&mut small, CORE_MODULE, b"\0asm\x01\0\0\0");
        section(&mut small, CORE_MODULE, b"\0asm\x01\0\0\0");
        small
    }

    #[test]
    fn it_has_the_size_and_the_seed_tells_them_apart() {
        let grown = |seed| grown(&small(), 1 << 20, seed).unwrap();
        let one = grown(1);
        assert!(one.len().abs_diff(1 << 20) < 64 << 10, "{}", one.len());
        assert_eq!(sections(&one), [CORE_MODULE, CORE_MODULE, CORE_MODULE, CORE_INSTANCE]);
        assert!(one == grown(1) && one != grown(3));
        assert!(super::grown(b"\0asm\x01\0\0\0", 1 << 20, 1).is_err(), "a module is none");
    }
}
