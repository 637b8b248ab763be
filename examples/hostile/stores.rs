//! Does with stores what the query says, and answers what came of it as JSON: `?op=get&store=orders&key=7`. Values come in the
//! body and go out as text. With `?times=`, it does so that often and answers what came of it last.

use std::time::Duration;

use serde_json::{Value, json};
use vestibule::{Event, Response, kv};

#[vestibule::handler]
fn handle(event: Event) -> Result<Response, String> {
    let times: u32 = event.query("times").map_or(Ok(1), str::parse).map_err(|_| "`times` is no number")?;
    let mut came = Ok(Value::Null);
    for _ in 0..times {
        came = act(&event);
    }
    Ok(match came {
        Ok(value) => Response::json(&json!({ "ok": value })),
        Err(error) => Response::json(&json!({ "err": error.to_string() })),
    })
}

fn act(event: &Event) -> Result<Value, Box<dyn std::error::Error>> {
    let query = |name: &str| event.query(name).unwrap_or_default();
    let key = query("key");
    if query("op") == "hoard" {
        // Never gives any of them back.
        let stores = (0..5000).map(|_| kv::open(query("store"))).collect::<Result<Vec<_>, _>>()?;
        return Ok(json!(stores.len()));
    }
    let store = kv::open(query("store"))?;
    let time = || query("ms").parse().map(Duration::from_millis);
    let text = |value: Vec<u8>| String::from_utf8_lossy(&value).into_owned();
    // Values of a size of their own, for more than a body may have.
    let body = match query("bytes").parse() {
        Ok(bytes) => vec![b'v'; bytes],
        Err(_) => event.body().to_vec(),
    };
    Ok(match query("op") {
        "get" => json!(store.get(key)?.map(text)),
        "size" => json!(store.get(key)?.map(|value| value.len())),
        "set" => json!(store.set(key, body)?),
        "set-for" => json!(store.set_for(key, body, time()?)?),
        "delete" => json!(store.delete(key)?),
        "exists" => json!(store.exists(key)?),
        "increment" => json!(store.increment(key, query("delta").parse().unwrap_or(1))?),
        "increment-for" => json!(store.increment_for(key, 1, time()?)?),
        "absent" => json!(store.set_if_absent(key, body)?),
        "swap" => json!(store.compare_and_set(key, query("expected").as_bytes(), body)?),
        "keys" => json!(store.keys().collect::<Result<Vec<_>, _>>()?),
        "get-many" => {
            let keys: Vec<&str> = key.split(',').collect();
            json!(store.get_many(&keys)?.into_iter().map(|value| value.map(text)).collect::<Vec<_>>())
        }
        "set-many" => {
            let entries: Vec<(&str, &[u8])> = key.split(',').map(|key| (key, body.as_slice())).collect();
            json!(store.set_many(&entries)?)
        }
        "delete-many" => json!(store.delete_many(&key.split(',').collect::<Vec<_>>())?),
        // For measurements: so many calls, and nothing beside them.
        "get-loop" => {
            let mut bytes = 0;
            for _ in 0..query("count").parse::<u32>()? {
                bytes += store.get(key)?.map_or(0, |value| value.len());
            }
            json!(bytes)
        }
        "set-loop" => {
            for _ in 0..query("count").parse::<u32>()? {
                store.set(key, &body)?;
            }
            json!(null)
        }
        "fill" => {
            let names: Vec<String> = (0..query("count").parse()?).map(|n: u32| format!("{key}{n}")).collect();
            for names in names.chunks(1000) {
                let entries: Vec<(&str, &[u8])> = names.iter().map(|name| (name.as_str(), body.as_slice())).collect();
                store.set_many(&entries)?;
            }
            json!(names.len())
        }
        other => return Err(format!("no such op: {other}").into()),
    })
}
