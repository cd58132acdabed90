import { chargeMeter, hasMeter, isMeterFull, meterWaitNanos, readMeter, setMeter } from '../core/scheduling/rate-meter';

const SECOND: u64 = 1_000_000_000;
const START: u64 = 5_000 * SECOND;
/** One token a second. */
const RATE: f64 = 1000.0 / 1e9;
const meter: usize = memory.data(32, 8);

describe('rate meter', () => {
  beforeEach(() => {
    memory.fill(meter, 0, 32);
  });

  it('is none until it has a rate', () => {
    expect(hasMeter(meter)).toBe(false);
    setMeter(meter, RATE, 1000, START);
    expect(hasMeter(meter)).toBe(true);
  });

  it('starts with a whole burst, and never has more', () => {
    setMeter(meter, RATE, 1000, START);
    expect(readMeter(meter, START)).toBe(1000);
    expect(isMeterFull(meter)).toBe(true);
    expect(readMeter(meter, START + 100 * SECOND)).toBe(1000);
  });

  it('grows with time, also from below zero', () => {
    setMeter(meter, RATE, 1000, START);
    chargeMeter(meter, 3000);
    expect(isMeterFull(meter)).toBe(false);
    expect(readMeter(meter, START)).toBe(-2000);
    expect(meterWaitNanos(meter, 1000)).toBe(3e9);
    expect(readMeter(meter, START + SECOND)).toBe(-1000);
    expect(readMeter(meter, START + 3 * SECOND)).toBe(1000);
    expect(meterWaitNanos(meter, 1000)).toBe(0);
  });

  it('counts time that was looked at in pieces as a whole', () => {
    setMeter(meter, RATE, 1000, START);
    chargeMeter(meter, 1000);
    for (let step: u64 = 1; step <= 1000; step++) readMeter(meter, START + step * 500_000);
    expect(Math.abs(readMeter(meter, START + SECOND / 2) - 500)).toBeLessThan(1e-6);
  });

  it('treats a clock that goes back as standing still', () => {
    setMeter(meter, RATE, 1000, START);
    chargeMeter(meter, 1000);
    expect(readMeter(meter, START - SECOND)).toBe(0);
    expect(readMeter(meter, START + SECOND / 2)).toBe(500);
  });

  it('keeps its credit when it gets another rate or burst', () => {
    setMeter(meter, RATE, 1000, START);
    chargeMeter(meter, 600);
    setMeter(meter, RATE * 2, 2000, START);
    expect(readMeter(meter, START)).toBe(400);
    expect(readMeter(meter, START + SECOND / 2)).toBe(1400);
    setMeter(meter, RATE, 1000, START);
    expect(readMeter(meter, START + SECOND / 2)).toBe(1000);
  });
});
