//! The allocator against what the standard library promises of one: a model that knows every block and its bytes, and the
//! cases in which a block of the arena is given out anew.

use proptest::prelude::*;

use super::*;

/// Small, so that the system's allocator takes over often.
const SIZE: usize = 512;

/// A block that has been given out, and the bytes that were written to it.
struct Block {
    at: *mut u8,
    layout: Layout,
    bytes: Vec<u8>,
}

impl Block {
    /// What is there now.
    fn read(&self) -> Vec<u8> {
        // SAFETY: the block is given out and all of it has been written.
        unsafe { std::slice::from_raw_parts(self.at, self.layout.size()) }.to_vec()
    }

    /// Writes all of it, each time something else.
    fn fill(&mut self, seed: u8) {
        self.bytes = (0..self.layout.size()).map(|index| seed.wrapping_add(index as u8)).collect();
        // SAFETY: the block is given out and has this size.
        unsafe { ptr::copy_nonoverlapping(self.bytes.as_ptr(), self.at, self.bytes.len()) };
    }

    fn ends(&self) -> usize {
        self.at.addr() + self.layout.size()
    }
}

/// Every block that is given out; the system gets its own back at the end.
struct Model {
    bump: Bump<SIZE>,
    blocks: Vec<Block>,
    seed: u8,
}

impl Model {
    fn new() -> Self {
        Self { bump: Bump::new(), blocks: Vec::new(), seed: 0 }
    }

    fn alloc(&mut self, size: usize, align: usize, zeroed: bool) {
        let layout = Layout::from_size_align(size, align).unwrap();
        // SAFETY: no size here is zero.
        let at = unsafe { if zeroed { self.bump.alloc_zeroed(layout) } else { self.bump.alloc(layout) } };
        assert!(!at.is_null());
        let mut block = Block { at, layout, bytes: Vec::new() };
        if zeroed {
            assert!(block.read().iter().all(|byte| *byte == 0), "what is asked for as zeros is not");
        }
        self.seed = self.seed.wrapping_add(101);
        block.fill(self.seed);
        self.blocks.push(block);
        self.check();
    }

    fn dealloc(&mut self, which: usize) {
        let block = self.blocks.remove(which);
        // SAFETY: the block is of this allocator and layout, and nothing knows it any more.
        unsafe { self.bump.dealloc(block.at, block.layout) };
        self.check();
    }

    fn realloc(&mut self, which: usize, size: usize) {
        let mut block = self.blocks.remove(which);
        // SAFETY: the block is of this allocator and layout, and no size here is zero.
        block.at = unsafe { self.bump.realloc(block.at, block.layout, size) };
        assert!(!block.at.is_null());
        let kept = size.min(block.layout.size());
        // SAFETY: the block has at least this size, and that much of it has been written.
        let now = unsafe { std::slice::from_raw_parts(block.at, kept) };
        assert_eq!(now, &block.bytes[..kept], "what was in a block is lost");
        block.layout = Layout::from_size_align(size, block.layout.align()).unwrap();
        self.seed = self.seed.wrapping_add(101);
        block.fill(self.seed);
        self.blocks.push(block);
        self.check();
    }

    /// All blocks are aligned and apart, and hold what was written to them.
    fn check(&self) {
        for (index, block) in self.blocks.iter().enumerate() {
            assert_eq!(block.at.addr() % block.layout.align(), 0);
            assert_eq!(block.read(), block.bytes, "somebody else wrote to a block");
            for other in &self.blocks[index + 1..] {
                assert!(block.ends() <= other.at.addr() || other.ends() <= block.at.addr(), "two blocks overlap");
            }
            if self.bump.offset(block.at).is_some() {
                assert!(block.ends() <= self.bump.base().addr() + SIZE, "a block leaves the arena");
            }
        }
    }
}

impl Drop for Model {
    fn drop(&mut self) {
        for block in self.blocks.drain(..) {
            // SAFETY: the block is of this allocator and layout, and nothing knows it any more.
            unsafe { self.bump.dealloc(block.at, block.layout) };
        }
    }
}

#[derive(Clone, Debug)]
enum Step {
    Alloc { size: usize, align: usize, zeroed: bool },
    Dealloc { which: prop::sample::Index },
    Realloc { which: prop::sample::Index, size: usize },
}

fn step() -> impl Strategy<Value = Step> {
    let size = prop_oneof![4 => 1_usize..64, 1 => 64..2 * SIZE];
    prop_oneof![
        3 => (size.clone(), 0_u32..7, any::<bool>())
            .prop_map(|(size, align, zeroed)| Step::Alloc { size, align: 1_usize << align, zeroed }),
        2 => any::<prop::sample::Index>().prop_map(|which| Step::Dealloc { which }),
        2 => (any::<prop::sample::Index>(), size).prop_map(|(which, size)| Step::Realloc { which, size }),
    ]
}

proptest! {
    #[test]
    fn it_keeps_what_an_allocator_promises(steps in prop::collection::vec(step(), 1..80)) {
        let mut model = Model::new();
        for step in steps {
            match step {
                Step::Alloc { size, align, zeroed } => model.alloc(size, align, zeroed),
                Step::Dealloc { .. } | Step::Realloc { .. } if model.blocks.is_empty() => {}
                Step::Dealloc { which } => model.dealloc(which.index(model.blocks.len())),
                Step::Realloc { which, size } => model.realloc(which.index(model.blocks.len()), size),
            }
        }
    }
}

#[test]
fn the_latest_block_is_given_back_and_others_are_not() {
    let mut model = Model::new();
    model.alloc(100, 1, false);
    model.alloc(50, 1, false);
    model.dealloc(0);
    assert_eq!(model.bump.used.get(), 150);
    model.dealloc(0);
    assert_eq!(model.bump.used.get(), 100);
}

#[test]
fn the_latest_block_grows_and_shrinks_where_it_is() {
    let mut model = Model::new();
    model.alloc(10, 1, false);
    let at = model.blocks[0].at;
    for (size, used) in [(SIZE, SIZE), (1, 1), (200, 200)] {
        model.realloc(0, size);
        assert_eq!((model.blocks[0].at, model.bump.used.get()), (at, used));
    }
}

#[test]
fn the_latest_block_gives_its_place_back_when_it_outgrows_the_arena() {
    let mut model = Model::new();
    model.alloc(10, 1, false);
    model.alloc(10, 1, false);
    model.realloc(1, SIZE);
    assert_eq!(model.bump.offset(model.blocks[1].at), None);
    assert_eq!(model.bump.used.get(), 10);
}

#[test]
fn what_does_not_fit_is_the_systems_and_what_fits_still_fits() {
    let mut model = Model::new();
    model.alloc(SIZE + 1, 1, false);
    assert_eq!(model.bump.offset(model.blocks[0].at), None);
    model.alloc(SIZE, 1, false);
    assert_eq!(model.bump.offset(model.blocks[1].at), Some(0));
    model.alloc(1, 1, false);
    assert_eq!(model.bump.offset(model.blocks[2].at), None, "the arena is full");
}

#[test]
fn memory_that_is_given_out_anew_is_zeroed_where_that_is_asked_for() {
    let mut model = Model::new();
    model.alloc(64, 1, false);
    model.dealloc(0);
    // Fails in the model, should the first block's bytes be there.
    model.alloc(64, 1, true);
    assert_eq!(model.bump.offset(model.blocks[0].at), Some(0));
}
