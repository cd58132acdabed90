//! The peer of the benchmark: a rate limiter as one writes it today with the Rust SDK. Reads two headers, asks the
//! wall clock, takes a token, and answers 429 when there is none.

mod bucket;
mod buckets;
mod configuration;

use configuration::Configuration;
use proxy_wasm::traits::{Context, HttpContext, RootContext};
use proxy_wasm::types::{Action, ContextType, LogLevel};
use std::rc::Rc;
use std::time::UNIX_EPOCH;

proxy_wasm::main! {{
    proxy_wasm::set_log_level(LogLevel::Warn);
    proxy_wasm::set_root_context(|_| Box::new(Plugin { configuration: None }));
}}

struct Plugin {
    configuration: Option<Rc<Configuration>>,
}

impl Context for Plugin {}

impl RootContext for Plugin {
    fn on_configure(&mut self, _size: usize) -> bool {
        self.configuration = self
            .get_plugin_configuration()
            .and_then(|bytes| String::from_utf8(bytes).ok())
            .and_then(|text| Configuration::parse(&text))
            .map(Rc::new);
        if self.configuration.is_none() {
            log::error!("expected host, max_tokens, tokens_per_fill, fill_interval_nanos and state as name=value lines");
        }
        self.configuration.is_some()
    }

    fn create_http_context(&self, _context_id: u32) -> Option<Box<dyn HttpContext>> {
        let configuration = self.configuration.clone()?;
        Some(Box::new(Filter { configuration }))
    }

    fn get_type(&self) -> Option<ContextType> {
        Some(ContextType::HttpContext)
    }
}

struct Filter {
    configuration: Rc<Configuration>,
}

impl Context for Filter {}

impl HttpContext for Filter {
    fn on_http_request_headers(&mut self, _count: usize, _end_of_stream: bool) -> Action {
        if self.admits() {
            return Action::Continue;
        }
        self.send_http_response(429, vec![("x-local-rate-limit", "true")], None);
        Action::Pause
    }
}

impl Filter {
    fn admits(&self) -> bool {
        let host = self.get_http_request_header(":authority").unwrap_or_default();
        if host != self.configuration.host {
            return true;
        }
        let user = self.get_http_request_header("x-user").unwrap_or_default();
        buckets::take(self.configuration.state, user, &self.configuration.limit, self.now_nanos())
    }

    fn now_nanos(&self) -> u64 {
        self.get_current_time().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_nanos() as u64)
    }
}
