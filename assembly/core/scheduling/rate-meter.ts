/**
 * Says whether a rate was used up, for floors and caps of workloads: a credit that grows with time up to a burst and
 * shrinks with what is served. 32 bytes: f64 rate in thousandths of tokens a nanosecond (0: no meter), f64 burst,
 * f64 credit, u64 time of the last look.
 */
const BURST: usize = 8;
const CREDIT: usize = 16;
const LOOKED: usize = 24;

export function hasMeter(meter: usize): bool {
  return load<f64>(meter) > 0;
}

export function meterRate(meter: usize): f64 {
  return load<f64>(meter);
}

/** A new meter starts with a whole burst; another rate keeps the credit. */
export function setMeter(meter: usize, rate: f64, burst: f64, nowNanos: u64): void {
  if (load<f64>(meter) == 0) {
    store<f64>(meter, burst, CREDIT);
    store<u64>(meter, nowNanos, LOOKED);
  }
  store<f64>(meter, rate);
  store<f64>(meter, burst, BURST);
}

export function readMeter(meter: usize, nowNanos: u64): f64 {
  const looked = load<u64>(meter, LOOKED);
  let credit = load<f64>(meter, CREDIT);
  if (nowNanos > looked) {
    credit += <f64>(nowNanos - looked) * load<f64>(meter);
    store<u64>(meter, nowNanos, LOOKED);
  }
  credit = min(credit, load<f64>(meter, BURST));
  store<f64>(meter, credit, CREDIT);
  return credit;
}

export function chargeMeter(meter: usize, tokens: f64): void {
  store<f64>(meter, load<f64>(meter, CREDIT) - tokens, CREDIT);
}

/** Nanoseconds until the credit reaches `tokens`, as of the last look. */
export function meterWaitNanos(meter: usize, tokens: f64): f64 {
  return max(0, (tokens - load<f64>(meter, CREDIT)) / load<f64>(meter));
}

export function isMeterFull(meter: usize): bool {
  return load<f64>(meter, CREDIT) >= load<f64>(meter, BURST);
}
