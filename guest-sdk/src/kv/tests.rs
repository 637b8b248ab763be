//! The stores of native tests: that they keep the rules of the host's, and what errors say.

use std::thread;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::*;

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Order {
    items: u32,
}

#[test]
fn what_is_set_is_there_for_this_thread_alone() {
    let store = open("orders").unwrap();
    assert_eq!(store.get("k").unwrap(), None);
    store.set("k", "v").unwrap();
    store.set_many(&[("a", "1"), ("b", "2")]).unwrap();
    assert_eq!(open("orders").unwrap().get("k").unwrap().as_deref(), Some(&b"v"[..]));
    assert!(!open("others").unwrap().exists("k").unwrap());
    let values = store.get_many(&["b", "x", "a"]).unwrap();
    assert_eq!(values, [Some(b"2".to_vec()), None, Some(b"1".to_vec())]);
    assert_eq!(store.keys().collect::<Result<Vec<_>, _>>().unwrap(), ["a", "b", "k"]);
    store.delete("k").unwrap();
    store.delete_many(&["a", "never there"]).unwrap();
    assert_eq!(store.keys().count(), 1);
    let elsewhere = thread::spawn(|| open("orders").unwrap().keys().count());
    assert_eq!(elsewhere.join().unwrap(), 0);
}

#[test]
fn a_number_is_counted_up_and_a_word_is_not() {
    let store = open("counts").unwrap();
    assert_eq!((store.increment("n", 2).unwrap(), store.increment("n", 3).unwrap()), (2, 5));
    assert_eq!(store.get("n").unwrap().as_deref(), Some(&b"5"[..]));
    store.set("word", "05").unwrap();
    assert!(store.increment("word", 1).unwrap_err().to_string().contains("not a number"));
    assert!(store.increment("n", u64::MAX).is_err());
    assert!(store.increment("new", 1 << 63).is_err());
    assert!(!store.exists("new").unwrap());
}

#[test]
fn what_is_set_for_a_time_is_gone_after_it() {
    let store = open("sessions").unwrap();
    let moment = Duration::from_millis(1);
    store.set_for("short", "1", moment).unwrap();
    store.set_for("long", "1", Duration::from_secs(600)).unwrap();
    store.increment_for("tries", 1, moment).unwrap();
    thread::sleep(moment * 5);
    assert_eq!(store.keys().collect::<Result<Vec<_>, _>>().unwrap(), ["long"]);
    assert_eq!(store.increment_for("tries", 1, Duration::from_secs(600)).unwrap(), 1);
    for wrong in [Duration::ZERO, Duration::from_secs(400 * 24 * 60 * 60 * 365)] {
        assert!(store.set_for("k", "1", wrong).unwrap_err().to_string().contains("ten years"));
    }
    assert_eq!(milliseconds(Duration::from_nanos(1)), 1);
}

#[test]
fn a_value_is_put_only_where_what_is_there_is_what_was_expected() {
    let store = open("locks").unwrap();
    assert!(store.set_if_absent("k", "1").unwrap());
    assert!(!store.set_if_absent("k", "2").unwrap());
    assert!(!store.compare_and_set("k", b"2", "3").unwrap());
    assert!(store.compare_and_set("k", b"1", "3").unwrap());
    assert_eq!(store.get("k").unwrap().as_deref(), Some(&b"3"[..]));
}

#[test]
fn an_update_begins_anew_where_somebody_else_was_faster() {
    let store = open("orders").unwrap();
    store.set_json("7", &Order { items: 1 }).unwrap();
    let mut tries = 0;
    let updated = store.update_json("7", |order: Option<Order>| {
        tries += 1;
        if tries == 1 {
            store.set_json("7", &Order { items: 10 }).unwrap();
        }
        Ok::<_, Error>(Order { items: order.unwrap().items + 1 })
    });
    assert_eq!((updated.unwrap(), tries), (Order { items: 11 }, 2));
    assert_eq!(store.get_json("7").unwrap(), Some(Order { items: 11 }));
    let refused: Result<Order, Box<dyn std::error::Error>> = store.update_json("7", |_| Err("no".into()));
    assert_eq!(refused.unwrap_err().to_string(), "no");
    assert_eq!(store.get_json::<Order>("none").unwrap(), None);
}

#[test]
fn errors_say_what_to_do() {
    let error = Error { store: "orders".into(), cause: Cause::NotGranted };
    let text = "the store \"orders\" is not granted: write kv = [\"orders\"] under [grants] in the function's policy";
    assert_eq!(error.to_string(), text);
    assert!(error.is_not_granted());
    let error = open("Orders").unwrap_err();
    assert!(error.to_string().contains("\"Orders\" is not the name of a store") && !error.is_not_granted(), "{error}");
    let store = open("orders").unwrap();
    assert!(store.set("k", vec![0; (1 << 20) + 1]).unwrap_err().to_string().contains("1048576"));
    assert!(store.get(&"k".repeat(1025)).unwrap_err().to_string().contains("1024"));
    store.set("k", "{").unwrap();
    assert!(store.get_json::<Order>("k").unwrap_err().to_string().contains("\"k\" as JSON"));
    assert!(store.get_many(&["k"; 1025]).is_err());
}
