//! Where the buckets live: in the module's memory or in Envoy's shared data.

use crate::bucket::{Bucket, Limit};
use crate::configuration::State;
use hashbrown::HashMap;
use proxy_wasm::hostcalls;
use proxy_wasm::types::Status;
use std::cell::RefCell;

/// How often a worker that lost the compare-and-set to another tries again before it refuses.
const ATTEMPTS: usize = 10;

thread_local! {
    static BUCKETS: RefCell<HashMap<String, Bucket>> = RefCell::new(HashMap::new());
}

pub fn take(state: State, key: String, limit: &Limit, now_nanos: u64) -> bool {
    match state {
        State::Vm => take_from_memory(key, limit, now_nanos),
        State::SharedData => take_from_shared_data(&key, limit, now_nanos),
    }
}

fn take_from_memory(key: String, limit: &Limit, now_nanos: u64) -> bool {
    BUCKETS.with(|buckets| {
        let mut buckets = buckets.borrow_mut();
        buckets.entry(key).or_insert_with(|| Bucket::full(limit, now_nanos)).take(limit, now_nanos)
    })
}

fn take_from_shared_data(key: &str, limit: &Limit, now_nanos: u64) -> bool {
    for _ in 0..ATTEMPTS {
        let (stored, version) = match hostcalls::get_shared_data(key) {
            Ok(found) => found,
            Err(_) => return false,
        };
        let mut bucket = stored
            .and_then(|bytes| Bucket::from_bytes(&bytes))
            .unwrap_or_else(|| Bucket::full(limit, now_nanos));
        if !bucket.take(limit, now_nanos) {
            return false;
        }
        match hostcalls::set_shared_data(key, Some(&bucket.to_bytes()), version) {
            Ok(()) => return true,
            Err(Status::CasMismatch) => continue,
            Err(_) => return false,
        }
    }
    false
}
