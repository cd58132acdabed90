import { describe, expect, test } from 'vitest';
import { createSimulator, type Simulator, StartRefused } from './simulator.ts';
import { guestModule } from './testing/guest-module.ts';

const start = (module: Uint8Array, options: Partial<Parameters<typeof createSimulator>[0]> = {}) =>
  createSimulator({ module, ...options });
const said = (simulator: Simulator) => simulator.logs.map(({ thread, message }) => `${thread}: ${message}`);

/** Logs each callback of the life cycle by name. */
const lifecycleGuest = guestModule(
  (text) => `
  (func (export "proxy_on_context_create") (param i32 i32) (call $say ${text('create')}))
  (func (export "proxy_on_vm_start") (param i32 i32) (result i32) (call $say ${text('start')}) (i32.const 1))
  (func (export "proxy_on_configure") (param i32 i32) (result i32)
    (drop (call $get_buffer (i32.const 7) (i32.const 0) (local.get 1) (i32.const 0) (i32.const 4)))
    (call $say_scratch (i32.const 0))
    (i32.ne (i32.load8_u (i32.load (i32.const 0))) (i32.const 33)))
  (func (export "proxy_on_request_headers") (param i32 i32 i32) (result i32)
    (call $say ${text('request')}) (i32.const 0))
  (func (export "proxy_on_done") (param i32) (result i32) (call $say ${text('done')}) (i32.const 1))
  (func (export "proxy_on_log") (param i32) (call $say ${text('log')}))
  (func (export "proxy_on_delete") (param i32) (call $say ${text('delete')}))`,
);

describe('starting', () => {
  test('the canary goes first, then the main thread, then the workers, each in an instance of its own', () => {
    const simulator = start(lifecycleGuest, { workers: 2, configuration: 'first' });
    const threads = ['canary', 'main', 'worker 0', 'worker 1'];
    expect(said(simulator)).toEqual(
      threads.flatMap((thread) => ['create', 'start', 'first'].map((step) => `${thread}: ${step}`)),
    );
  });

  test('a configuration the canary refuses stops the start, and the error says what was logged', () => {
    let error: unknown;
    try {
      start(lifecycleGuest, { configuration: '!bad' });
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toBeInstanceOf(StartRefused);
    expect((error as Error).message).toContain('proxy_on_configure returned false');
    expect((error as Error).message).toContain('info: !bad');
    expect((error as StartRefused).logs.every(({ thread }) => thread === 'canary')).toBe(true);
  });

  test('a host call that Envoy forbids during _initialize is an error', () => {
    const guest = guestModule(
      (text) =>
        `(func (export "_initialize") (drop (call $set_shared ${text('k')} ${text('v')} (i32.const 0))))`,
    );
    expect(() => start(guest)).toThrow(/proxy_set_shared_data was called in _initialize/);
  });

  test('log, clock and random are allowed during _initialize', () => {
    const guest = guestModule(
      (text) => `(func (export "_initialize")
        (call $say ${text('hello')})
        (drop (call $clock (i32.const 1) (i64.const 0) (i32.const 0)))
        (drop (call $random (i32.const 0) (i32.const 8))))`,
    );
    expect(said(start(guest))).toContain('worker 0: hello');
  });

  test('the allocator may not call the host for state', () => {
    const guest = guestModule(
      (text) => `
      (func (export "malloc") (param i32) (result i32)
        (drop (call $get_shared ${text('k')} (i32.const 0) (i32.const 4) (i32.const 8))) (i32.const 2048))
      (func (export "proxy_on_configure") (param i32 i32) (result i32)
        (drop (call $get_buffer (i32.const 7) (i32.const 0) (local.get 1) (i32.const 0) (i32.const 4))) (i32.const 1))`,
    );
    expect(() => start(guest, { configuration: 'x' })).toThrow(/called in the allocator/);
  });

  test('a module that is not loadable is refused with every reason', () => {
    expect(() => start(new Uint8Array([1, 2, 3]))).toThrow(/does not begin with/);
  });
});

describe('live update', () => {
  test('a new configuration is a new root context in the same VMs; the old one goes at once when it has no streams', () => {
    const simulator = start(lifecycleGuest, { configuration: 'first' });
    simulator.logs.length = 0;
    expect(simulator.updateConfiguration('second')).toEqual({ accepted: true, failures: [] });
    const steps = ['create', 'start', 'second'];
    expect(said(simulator)).toEqual([
      ...steps.map((step) => `canary: ${step}`),
      ...['main', 'worker 0'].flatMap((thread) =>
        [...steps, 'done', 'delete'].map((step) => `${thread}: ${step}`),
      ),
    ]);
    expect(simulator.contextCount(0)).toBe(1);
  });

  test('the old root context lives until its last stream has ended', () => {
    const simulator = start(lifecycleGuest, { configuration: 'first' });
    const stream = simulator.request();
    simulator.updateConfiguration('second');
    expect(simulator.contextCount(0)).toBe(3);
    simulator.logs.length = 0;
    stream.end();
    expect(said(simulator)).toEqual(
      ['log', 'done', 'delete', 'done', 'delete'].map((step) => `worker 0: ${step}`),
    );
    expect(simulator.contextCount(0)).toBe(1);
  });

  test('a refused update leaves the old configuration in force', () => {
    const simulator = start(lifecycleGuest, { configuration: 'first' });
    const result = simulator.updateConfiguration('!bad');
    expect(result).toMatchObject({ accepted: false, error: expect.stringContaining('!bad') });
    expect(simulator.request().outcome.kind).toBe('admitted');
    expect(simulator.contextCount(0)).toBe(2);
  });

  test('the same configuration again changes nothing on the threads', () => {
    const simulator = start(lifecycleGuest, { configuration: { a: 1 } });
    simulator.logs.length = 0;
    simulator.updateConfiguration({ a: 1 });
    expect(said(simulator).every((line) => line.startsWith('canary'))).toBe(true);
  });

  test('a root context that asks to wait is deleted after proxy_done', () => {
    const guest = guestModule(
      (text) => `
      (func (export "proxy_on_configure") (param i32 i32) (result i32)
        (drop (call $tick_period (i32.const 10))) (i32.const 1))
      (func (export "proxy_on_done") (param i32) (result i32) (i32.const 0))
      (func (export "proxy_on_tick") (param i32) (call $say_result (call $done)))
      (func (export "proxy_on_delete") (param i32) (call $say ${text('deleted')}))`,
    );
    const simulator = start(guest, { configuration: 'first' });
    simulator.updateConfiguration('second');
    expect(simulator.contextCount(0)).toBe(2);
    simulator.advanceMillis(10);
    expect(said(simulator)).toContain('worker 0: deleted');
    expect(simulator.contextCount(0)).toBe(1);
  });
});

describe('time', () => {
  const tickingGuest = guestModule(
    () => `
    (func (export "proxy_on_configure") (param i32 i32) (result i32)
      (drop (call $tick_period (i32.const 5))) (i32.const 1))
    (func (export "proxy_on_tick") (param i32)
      (drop (call $clock (i32.const 1) (i64.const 0) (i32.const 0)))
      (call $say_number (i64.load (i32.const 0))))
    (func (export "proxy_on_request_headers") (param i32 i32 i32) (result i32)
      (drop (call $tick_period (i32.const 0))) (i32.const 0))`,
  );

  test('ticks run at their time on every thread but the canary', () => {
    const simulator = start(tickingGuest, { startNanos: 0n, workers: 2 });
    simulator.advanceMillis(12);
    expect(simulator.logs.map(({ message }) => message)).toEqual(
      [5, 5, 5, 10, 10, 10].map((ms) => `${ms}000000`),
    );
    expect(new Set(simulator.logs.map(({ thread }) => thread))).toEqual(
      new Set(['main', 'worker 0', 'worker 1']),
    );
    expect(simulator.now()).toBe(12_000_000n);
    expect(simulator.nextTickNanos()).toBe(15_000_000n);
  });

  test('a stream context sets the period of its root, and 0 stops it, on that worker alone', () => {
    const simulator = start(tickingGuest, { workers: 2 });
    simulator.request({ worker: 1 });
    simulator.advanceMillis(5);
    expect(simulator.logs.map(({ thread }) => thread).sort()).toEqual(['main', 'worker 0']);
  });

  test('the order of ticks due at once follows the seed', () => {
    const order = (seed: number) => {
      const simulator = start(tickingGuest, { workers: 4, seed });
      simulator.advanceMillis(50);
      return simulator.logs.map(({ thread }) => thread).join();
    };
    expect(order(7)).toBe(order(7));
    expect(new Set([1, 2, 3, 4].map(order)).size).toBeGreaterThan(1);
  });

  test('realtime and monotonic clocks run in step', () => {
    const guest = guestModule(
      () => `
      (func (export "proxy_on_request_headers") (param i32 i32 i32) (result i32)
        (drop (call $time (i32.const 0))) (call $say_number (i64.load (i32.const 0)))
        (drop (call $clock (i32.const 0) (i64.const 0) (i32.const 0))) (call $say_number (i64.load (i32.const 0)))
        (drop (call $clock (i32.const 1) (i64.const 0) (i32.const 0))) (call $say_number (i64.load (i32.const 0)))
        (call $say_number (i64.extend_i32_u (call $clock (i32.const 2) (i64.const 0) (i32.const 0))))
        (i32.const 0))`,
    );
    const simulator = start(guest, { startNanos: 100n, startRealtimeNanos: 7000n });
    simulator.advanceNanos(11);
    simulator.request();
    expect(simulator.logs.map(({ message }) => message)).toEqual(['7011', '7011', '111', '58']);
  });
});

describe('counting', () => {
  test('host calls are counted by callback, and memory the host asks for too', () => {
    const simulator = start(lifecycleGuest, { configuration: 'first' });
    simulator.resetHostCalls();
    simulator.request().end();
    expect(simulator.hostCalls('proxy_on_request_headers')).toEqual({ proxy_log: 1 });
    expect(simulator.hostCalls('proxy_on_configure')).toEqual({});
    expect(simulator.hostCalls()).toEqual({ proxy_log: 5 });
    simulator.updateConfiguration('second');
    expect(simulator.hostCalls('proxy_on_configure')).toMatchObject({
      allocate: 3,
      proxy_get_buffer_bytes: 3,
    });
  });

  test('memory is that of the worker', () => {
    expect(start(lifecycleGuest, { configuration: 'first' }).memoryBytes(0)).toBe(65_536);
  });
});
