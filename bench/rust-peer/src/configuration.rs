//! The plugin configuration: `name=value` lines, all of them required.

use crate::bucket::Limit;
use std::str::FromStr;

pub struct Configuration {
    /// The authority that is limited; requests for others pass.
    pub host: String,
    pub limit: Limit,
    pub state: State,
}

#[derive(Clone, Copy)]
pub enum State {
    /// One bucket a worker, in the module's memory: a limit is multiplied by the number of workers.
    Vm,
    /// One bucket for all workers, in Envoy's shared data.
    SharedData,
}

impl Configuration {
    pub fn parse(text: &str) -> Option<Configuration> {
        Some(Configuration {
            host: field(text, "host")?.to_string(),
            limit: Limit {
                max_tokens: number(text, "max_tokens")?,
                tokens_per_fill: number(text, "tokens_per_fill")?,
                fill_interval_nanos: number(text, "fill_interval_nanos")?,
            },
            state: match field(text, "state")? {
                "vm" => State::Vm,
                "shared_data" => State::SharedData,
                _ => return None,
            },
        })
    }
}

fn field<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    text.lines().find_map(|line| line.trim().strip_prefix(name)?.strip_prefix('='))
}

fn number(text: &str, name: &str) -> Option<u64> {
    u64::from_str(field(text, name)?).ok().filter(|value| *value > 0)
}
