import { describe, expect, test } from 'vitest';
import { createSimulator, type Simulator } from './simulator.ts';
import { guestModule } from './testing/guest-module.ts';

const messages = (simulator: Simulator) => simulator.logs.map(({ message }) => message);

describe('shared data', () => {
  /** Each request writes `v` under the key `k` with the cas in its path's place, and logs results. */
  const guest = guestModule(
    (text) => `
    (func (export "proxy_on_request_headers") (param i32 i32 i32) (result i32)
      (call $say_result (call $get_shared ${text('absent')} (i32.const 0) (i32.const 4) (i32.const 8)))
      (call $say_result (call $set_shared ${text('a')} ${text('one')} (i32.const 77)))
      (call $say_result (call $set_shared ${text('b')} ${text('two')} (i32.const 0)))
      (call $say_result (call $get_shared ${text('a')} (i32.const 0) (i32.const 4) (i32.const 8)))
      (call $say_scratch (i32.const 0))
      (call $say_number (i64.load32_u (i32.const 8)))
      (call $say_result (call $set_shared ${text('a')} ${text('three')} (i32.const 77)))
      (call $say_result (call $set_shared ${text('a')} ${text('three')} (i32.load (i32.const 8))))
      (i32.const 0))`,
  );

  test('values, compare-and-set numbers and results are those of proxy-wasm-cpp-host', () => {
    const simulator = createSimulator({ module: guest });
    simulator.request();
    // NotFound; the first write ignores cas; numbers count over all keys; a wrong cas is CasMismatch.
    expect(messages(simulator)).toEqual(['1', '0', '0', '0', 'one', '1', '8', '0']);
    expect(simulator.sharedData.entries()).toBe(2);
    expect(simulator.sharedData.bytes()).toBe('athree'.length + 'btwo'.length);
    expect(simulator.sharedData.keys()).toEqual(['a', 'b']);
    expect(simulator.sharedData.get('a')).toEqual({ value: new Uint8Array(Buffer.from('three')), cas: 3 });
  });

  test('all workers see the same data', () => {
    const simulator = createSimulator({ module: guest, workers: 2 });
    simulator.request({ worker: 0 });
    simulator.request({ worker: 1 });
    expect(simulator.sharedData.get('b')?.cas).toBe(4);
  });
});

describe('metrics', () => {
  const guest = guestModule(
    (text) => `
    (global $counter (mut i32) (i32.const 0))
    (global $gauge (mut i32) (i32.const 0))
    (global $histogram (mut i32) (i32.const 0))
    (func $define (param $type i32) (param $pointer i32) (param $size i32) (result i32)
      (drop (call $define_metric (local.get $type) (local.get $pointer) (local.get $size) (i32.const 0)))
      (i32.load (i32.const 0)))
    (func (export "proxy_on_configure") (param i32 i32) (result i32)
      (global.set $counter (call $define (i32.const 0) ${text('requests')}))
      (global.set $gauge (call $define (i32.const 1) ${text('level')}))
      (global.set $histogram (call $define (i32.const 2) ${text('latency')}))
      (i32.const 1))
    (func (export "proxy_on_request_headers") (param i32 i32 i32) (result i32)
      (call $say_result (call $increment_metric (global.get $counter) (i64.const 2)))
      (call $say_result (call $increment_metric (global.get $counter) (i64.const -1)))
      (call $say_result (call $increment_metric (global.get $gauge) (i64.const 10)))
      (call $say_result (call $increment_metric (global.get $gauge) (i64.const -3)))
      (call $say_result (call $record_metric (global.get $histogram) (i64.const 42)))
      (call $say_result (call $increment_metric (global.get $histogram) (i64.const 1)))
      (call $say_result (call $get_metric (i32.const 4001) (i32.const 0)))
      (call $say_result (call $get_metric (global.get $gauge) (i32.const 0)))
      (call $say_number (i64.load (i32.const 0)))
      (i32.const 0))`,
  );

  test('counters, gauges and histograms belong to the process', () => {
    const simulator = createSimulator({ module: guest, workers: 2 });
    simulator.request({ worker: 0 });
    expect(messages(simulator)).toEqual(['0', '2', '0', '0', '0', '2', '1', '0', '7']);
    simulator.request({ worker: 1 });
    expect(simulator.metrics.value('requests')).toBe(4n);
    expect(simulator.metrics.value('level')).toBe(14n);
    expect(simulator.metrics.samples('latency')).toEqual([42n, 42n]);
  });

  test('a metric that a stats matcher drops reads 0 for ever', () => {
    const simulator = createSimulator({ module: guest, dropMetrics: (name) => name === 'level' });
    simulator.request();
    expect(messages(simulator).slice(-2)).toEqual(['0', '0']);
    expect(simulator.metrics.value('level')).toBe(0n);
    expect(simulator.metrics.value('requests')).toBe(2n);
  });
});

describe('shared queues', () => {
  const guest = guestModule(
    (text) => `
    (func (export "proxy_on_configure") (param i32 i32) (result i32)
      (drop (call $register_queue ${text('queue')} (i32.const 0))) (i32.const 1))
    (func (export "proxy_on_request_headers") (param i32 i32 i32) (result i32)
      (call $say_result (call $resolve_queue ${text('')} ${text('none')} (i32.const 0)))
      (call $say_result (call $resolve_queue ${text('')} ${text('queue')} (i32.const 0)))
      (call $say_result (call $enqueue (i32.load (i32.const 0)) ${text('item')}))
      (call $say ${text('sent')})
      (i32.const 0))
    (func (export "proxy_on_queue_ready") (param $context i32) (param $token i32)
      (call $say_result (call $dequeue (local.get $token) (i32.const 0) (i32.const 4)))
      (call $say_scratch (i32.const 0))
      (call $say_result (call $dequeue (local.get $token) (i32.const 0) (i32.const 4))))`,
  );

  test('only the last registrant is told, after the callback that put something in', () => {
    const simulator = createSimulator({ module: guest, workers: 3 });
    simulator.request({ worker: 0 });
    expect(simulator.logs.map(({ thread, message }) => `${thread}: ${message}`)).toEqual([
      'worker 0: 1',
      'worker 0: 0',
      'worker 0: 0',
      'worker 0: sent',
      'worker 2: 0',
      'worker 2: item',
      'worker 2: 7',
    ]);
  });
});

describe('races', () => {
  /** Reads a u32 counter in shared data, adds one, writes; `retry` tries again on CasMismatch. */
  const countingGuest = (retry: boolean) =>
    guestModule((text) => {
      const key = text('n');
      return `
      (func (export "proxy_on_configure") (param i32 i32) (result i32)
        (if (call $get_shared ${key} (i32.const 0) (i32.const 4) (i32.const 8))
          (then (i32.store (i32.const 16) (i32.const 0))
            (drop (call $set_shared ${key} (i32.const 16) (i32.const 4) (i32.const 0)))))
        (i32.const 1))
      (func (export "proxy_on_request_headers") (param i32 i32 i32) (result i32)
        (loop $again
          (drop (call $get_shared ${key} (i32.const 0) (i32.const 4) (i32.const 8)))
          (i32.store (i32.const 16) (i32.add (i32.load (i32.load (i32.const 0))) (i32.const 1)))
          (br_if $again (i32.and (i32.const ${retry ? 1 : 0}) (i32.ne (i32.const 0)
            (call $set_shared ${key} (i32.const 16) (i32.const 4) (${retry ? 'i32.load (i32.const 8)' : 'i32.const 0'}))))))
        (i32.const 0))`;
    });
  const count = (simulator: Simulator) => Buffer.from(simulator.sharedData.get('n')!.value).readUInt32LE();
  const requests = Array.from({ length: 60 }, (_, index) => ({ worker: index % 3 }));

  test('a read and a write without compare-and-set lose updates', () => {
    const simulator = createSimulator({ module: countingGuest(false), workers: 3 });
    const streams = simulator.race(requests, 1);
    expect(streams.every((stream) => stream?.outcome.kind === 'admitted')).toBe(true);
    expect(count(simulator)).toBeLessThan(60);
  });

  test('a compare-and-set loop loses none, for any seed', () => {
    const simulator = createSimulator({ module: countingGuest(true), workers: 3 });
    for (let seed = 1; seed <= 20; seed++) simulator.race(requests, seed);
    expect(count(simulator)).toBe(1200);
    expect(simulator.hostCalls('proxy_on_request_headers').proxy_get_shared_data).toBeGreaterThan(1200);
  });

  test('the same seed gives the same interleaving', () => {
    const run = (seed: number) => {
      const simulator = createSimulator({ module: countingGuest(false), workers: 3 });
      simulator.race(requests, seed);
      return count(simulator);
    };
    expect(run(3)).toBe(run(3));
    expect(new Set([1, 2, 3, 4, 5, 6].map(run)).size).toBeGreaterThan(1);
  });

  test('a race can carry other steps than requests', () => {
    const simulator = createSimulator({ module: countingGuest(true), workers: 2 });
    let ran = 0;
    const results = simulator.race([{ worker: 0 }, { worker: 1, run: () => ran++ }], 1);
    expect(results[0]?.outcome.kind).toBe('admitted');
    expect(results[1]).toBeUndefined();
    expect(ran).toBe(1);
  });
});
