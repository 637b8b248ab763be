//! What is one backend's alone, and what asks for no backend.

use vestibule_test::{Backend, Host};

use crate::example;

/// A small executor, to show that a request asks for none in particular.
fn wait<T>(future: impl Future<Output = T>) -> T {
    struct Unpark(std::thread::Thread);
    impl std::task::Wake for Unpark {
        fn wake(self: std::sync::Arc<Self>) {
            self.0.unpark();
        }
    }
    let waker = std::sync::Arc::new(Unpark(std::thread::current())).into();
    let mut context = std::task::Context::from_waker(&waker);
    let mut future = std::pin::pin!(future);
    loop {
        match future.as_mut().poll(&mut context) {
            std::task::Poll::Ready(value) => return value,
            std::task::Poll::Pending => std::thread::park(),
        }
    }
}

#[test]
fn a_request_can_be_awaited_wherever() {
    for backend in [Backend::Command, Backend::InProcess] {
        let answer = wait(async { example("divide", backend).get("/divide?dividend=1&divisor=2").await });
        answer.assert_status(200);
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let host = example("divide", backend).start();
            host.get("/divide?dividend=1&divisor=2").await.assert_status(200);
            // A runtime's own thread may also wait without it.
            host.get("/divide?dividend=1&divisor=0").send().assert_status(500);
        });
    }
}

#[test]
fn the_feature_makes_the_library_the_usual_backend() {
    assert_eq!(Backend::default(), Backend::InProcess);
}

#[test]
#[should_panic(expected = "20 / 5 = 4")]
fn an_assertion_that_fails_shows_the_whole_answer() {
    example("divide", Backend::InProcess).get("/divide?dividend=20&divisor=5").send().assert_status(201);
}

#[test]
#[should_panic(expected = "run `host build` first")]
fn a_component_that_is_missing_says_what_to_run() {
    Host::with("functions/nobody.wasm").get("/nobody").send();
}
