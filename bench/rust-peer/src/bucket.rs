//! Token bucket with continuous refill. Time is an argument.

pub struct Limit {
    pub max_tokens: u64,
    pub tokens_per_fill: u64,
    pub fill_interval_nanos: u64,
}

#[derive(Clone, Copy)]
pub struct Bucket {
    tokens: u64,
    filled_at_nanos: u64,
}

impl Bucket {
    pub fn full(limit: &Limit, now_nanos: u64) -> Bucket {
        Bucket { tokens: limit.max_tokens, filled_at_nanos: now_nanos }
    }

    /// Takes one token if there is one.
    pub fn take(&mut self, limit: &Limit, now_nanos: u64) -> bool {
        self.fill(limit, now_nanos);
        if self.tokens == 0 {
            return false;
        }
        self.tokens -= 1;
        true
    }

    fn fill(&mut self, limit: &Limit, now_nanos: u64) {
        let elapsed_nanos = now_nanos.saturating_sub(self.filled_at_nanos);
        let grown = u128::from(elapsed_nanos) * u128::from(limit.tokens_per_fill) / u128::from(limit.fill_interval_nanos);
        if grown == 0 {
            return;
        }
        let room = limit.max_tokens - self.tokens;
        if grown >= u128::from(room) {
            self.tokens = limit.max_tokens;
            self.filled_at_nanos = now_nanos;
        } else {
            self.tokens += grown as u64;
            // Only the time that the whole tokens stand for is used up: the rest counts for the next one.
            self.filled_at_nanos += (grown * u128::from(limit.fill_interval_nanos) / u128::from(limit.tokens_per_fill)) as u64;
        }
    }

    pub fn to_bytes(self) -> [u8; 16] {
        let mut bytes = [0; 16];
        bytes[..8].copy_from_slice(&self.tokens.to_le_bytes());
        bytes[8..].copy_from_slice(&self.filled_at_nanos.to_le_bytes());
        bytes
    }

    pub fn from_bytes(bytes: &[u8]) -> Option<Bucket> {
        if bytes.len() != 16 {
            return None;
        }
        let mut word = [0; 8];
        word.copy_from_slice(&bytes[..8]);
        let tokens = u64::from_le_bytes(word);
        word.copy_from_slice(&bytes[8..]);
        Some(Bucket { tokens, filled_at_nanos: u64::from_le_bytes(word) })
    }
}
