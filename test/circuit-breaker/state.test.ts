import { describe, expect, it } from 'vitest';
import type { CircuitBreaker, RateLimitRule } from '../../host/src/plan/plugin-configuration.ts';
import { createSimulator, type Simulator } from '../../host/src/simulator/index.ts';
import { circuitBreakerModule, sluiceModule, tokenBucket } from '../module/modules.ts';
import { begin, configurationOf, end, keepings, simulateBreaker, stateOf } from './simulated-breaker.ts';

const second = 1_000_000_000;
const quick: CircuitBreaker = {
  name: 'a',
  consecutiveFailures: 1,
  open: { nanos: 10 * second },
  halfOpen: { probes: 2 },
};
const timed: CircuitBreaker = {
  name: 'a',
  minimumCalls: 4,
  failureRate: 5000,
  window: { nanos: 10 * second },
};

function call(simulator: Simulator, outcome: string, worker = 0, host = 'localhost', headers = {}): boolean {
  const stream = begin(simulator, { worker, authority: host, headers });
  if (stream !== undefined) end(simulator, stream, outcome);
  return stream !== undefined;
}

describe.each(keepings)('the state of a breaker kept by %s', (keeping) => {
  const withKey = (breaker: CircuitBreaker): CircuitBreaker =>
    keeping === 'key' ? { ...breaker, key: [{ on: 'header', name: 'x-key' }] } : breaker;

  it('outlives edits of others', () => {
    const simulator = simulateBreaker(quick, keeping, { workers: 2 });
    call(simulator, 'fail');
    for (let edit = 0; edit < 20; edit++) {
      const other = { ...timed, name: 'other', hosts: ['other.example'], minimumCalls: edit };
      const result = simulator.updateConfiguration(configurationOf(other, withKey(quick)));
      expect(result).toEqual({ accepted: true, failures: [] });
      expect(call(simulator, 'ok', edit % 2)).toBe(false);
    }
  });

  it('keeps what its window holds over edits of others', () => {
    const simulator = simulateBreaker(timed, keeping, { workers: 2 });
    for (let count = 0; count < 3; count++) call(simulator, 'fail', count % 2);
    simulator.updateConfiguration(configurationOf(withKey(timed), { ...quick, name: 'b', hosts: ['b'] }));
    expect(stateOf(simulator, keeping)).toBe('closed');
    call(simulator, 'fail', 1);
    expect(stateOf(simulator, keeping)).toBe('open');
  });

  it('stays open over an edit of its thresholds, for as long as it was to be', () => {
    const simulator = simulateBreaker(quick, keeping, { workers: 2 });
    call(simulator, 'fail');
    simulator.advanceMillis(4000);
    simulator.updateConfiguration(
      configurationOf(withKey({ ...quick, consecutiveFailures: 7, open: { nanos: second } })),
    );
    simulator.advanceMillis(5999);
    expect(call(simulator, 'ok', 1)).toBe(false);
    simulator.advanceMillis(1);
    expect(call(simulator, 'ok', 1)).toBe(true);
  });

  it('starts closed when it is no longer forced, and empty in another window', () => {
    const simulator = simulateBreaker(timed, keeping, { workers: 2 });
    for (let count = 0; count < 4; count++) call(simulator, 'fail');
    expect(call(simulator, 'ok')).toBe(false);
    simulator.updateConfiguration(configurationOf(withKey({ ...timed, mode: 'forcedClosed' })));
    expect(call(simulator, 'fail')).toBe(true);
    simulator.updateConfiguration(configurationOf(withKey(timed)));
    for (let count = 0; count < 3; count++) expect(call(simulator, 'fail', count % 2)).toBe(true);
    simulator.updateConfiguration(configurationOf(withKey({ ...timed, window: { nanos: 20 * second } })));
    for (let count = 0; count < 4; count++) expect(call(simulator, 'fail', count % 2)).toBe(true);
    expect(call(simulator, 'ok')).toBe(false);
  });

  it('does not hang in half-open when fewer probes are permitted than have their results', () => {
    const breaker = { ...quick, halfOpen: { probes: 10 } };
    const simulator = simulateBreaker(breaker, keeping, { workers: 2 });
    call(simulator, 'fail');
    simulator.advanceMillis(10_000);
    for (let count = 0; count < 5; count++) call(simulator, 'ok', count % 2);
    simulator.updateConfiguration(configurationOf(withKey({ ...quick, halfOpen: { probes: 3 } })));
    for (let count = 0; count < 3; count++) expect(call(simulator, 'ok', count % 2)).toBe(true);
    expect(stateOf(simulator, keeping)).toBe('closed');
  });

  it('counts calls that began under the former configuration', () => {
    const simulator = simulateBreaker(quick, keeping, { workers: 2 });
    const stream = begin(simulator, { worker: 1 })!;
    simulator.updateConfiguration(configurationOf(withKey(quick), { ...quick, name: 'b', hosts: ['b'] }));
    expect(call(simulator, 'ok', 1)).toBe(true);
    end(simulator, stream, 'fail');
    expect(call(simulator, 'ok', 0)).toBe(false);
  });

  it('lets no old configuration of another worker undo an edit', () => {
    const simulator = simulateBreaker(timed, keeping, { workers: 2 });
    const edited = withKey({ ...timed, minimumCalls: 2 });
    // One worker takes the new configuration while the other is in the middle of a request under the old one.
    const before = begin(simulator, { worker: 0 })!;
    simulator.updateConfiguration(configurationOf(edited));
    end(simulator, before, 'fail');
    expect(stateOf(simulator, keeping)).toBe('closed');
    call(simulator, 'fail', 1);
    expect(stateOf(simulator, keeping)).toBe('open');
  });
});

describe('a VM', () => {
  it('that is lost takes no state with it, and the permit of its probe expires', () => {
    const simulator = simulateBreaker(
      { ...quick, halfOpen: { probes: 1, probeNanos: 5 * second } },
      'gauges',
      {
        workers: 2,
        reloadBackoffMillis: 1000,
      },
    );
    call(simulator, 'fail', 0);
    simulator.loseVirtualMachine(0);
    simulator.advanceMillis(2000);
    expect(call(simulator, 'ok', 0)).toBe(false);
    simulator.advanceMillis(8000);
    expect(begin(simulator, { worker: 0 })).toBeDefined();
    simulator.loseVirtualMachine(0);
    expect(call(simulator, 'ok', 1)).toBe(false);
    simulator.advanceMillis(5000);
    expect(call(simulator, 'ok', 1)).toBe(true);
    expect(stateOf(simulator, 'gauges')).toBe('closed');
    expect(call(simulator, 'ok', 0)).toBe(true);
  });
});

describe('gauges', () => {
  it('that jump when an old process hands over and leaves neither open a breaker nor keep it from opening', () => {
    const simulator = simulateBreaker(timed, 'gauges', { workers: 2 });
    const gauges = { calls_failed: 15_000n, calls_succeeded: 10n, version: 7n, gauge_continuity: 123n };
    const shift = (sign: bigint) => {
      for (const name of simulator.metrics.names()) {
        const amount = gauges[name.slice(name.lastIndexOf('.') + 1) as keyof typeof gauges];
        if (amount !== undefined)
          simulator.metrics.setGauge(name, simulator.metrics.value(name) + sign * amount);
      }
    };
    for (let count = 0; count < 3; count++) call(simulator, 'ok', count % 2);
    // The old process arrives with 15,000 failures …
    shift(1n);
    call(simulator, 'fail', 0);
    expect(stateOf(simulator, 'gauges')).toBe('closed');
    for (let count = 0; count < 3; count++) call(simulator, 'ok', count % 2);
    // … and leaves.
    shift(-1n);
    call(simulator, 'fail', 1);
    expect(stateOf(simulator, 'gauges')).toBe('closed');
    for (let count = 0; count < 12; count++) call(simulator, 'fail', count % 2);
    expect(stateOf(simulator, 'gauges')).toBe('open');
    expect(call(simulator, 'ok', 0)).toBe(false);
    expect(call(simulator, 'ok', 1)).toBe(false);
  });

  it.each(['calls_failed', 'calls_succeeded', 'version'])(
    'are not used when one of them, %s, is dropped',
    (dropped) => {
      const simulator = simulateBreaker(timed, 'gauges', {
        workers: 2,
        dropMetrics: (name) => name.endsWith(dropped),
      });
      for (let count = 0; count < 4; count++) expect(call(simulator, 'fail', count % 2)).toBe(true);
      expect(call(simulator, 'ok', 0)).toBe(false);
      expect(call(simulator, 'ok', 1)).toBe(false);
    },
  );

  it('of names that look alike in statistics are kept apart', () => {
    const one = { ...timed, name: 'a.b', hosts: ['one.example'] };
    const other = { ...timed, name: 'a_b', hosts: ['other.example'] };
    const simulator = createSimulator({
      module: circuitBreakerModule,
      configuration: configurationOf(one, other),
    });
    for (let count = 0; count < 4; count++) call(simulator, 'fail', 0, 'one.example');
    expect(call(simulator, 'ok', 0, 'one.example')).toBe(false);
    expect(call(simulator, 'ok', 0, 'other.example')).toBe(true);
  });
});

describe('the cost of a call', () => {
  it('through a closed breaker is no compare-and-set and no look at the record', () => {
    const simulator = simulateBreaker({ ...timed, hosts: ['localhost'] }, 'gauges', { workers: 2 });
    for (let count = 0; count < 10; count++) call(simulator, 'ok', count % 2);
    simulator.resetHostCalls();
    for (let count = 0; count < 100; count++) call(simulator, 'ok', count % 2);
    const calls = simulator.hostCalls();
    expect(calls.proxy_set_shared_data ?? 0).toBe(0);
    expect(calls.proxy_get_shared_data ?? 0).toBe(0);
    expect(calls.proxy_get_property).toBe(200);
    expect(calls.proxy_get_header_map_pairs).toBe(100);
  });

  it('is the same with 10,000 breakers, and their memory has bounds', () => {
    const breakers = Array.from({ length: 10_000 }, (_, index) => ({
      ...timed,
      name: `breaker-${index}`,
      hosts: [`host-${index}.example`],
    }));
    const simulator = createSimulator({
      module: circuitBreakerModule,
      configuration: configurationOf(...breakers),
    });
    for (let count = 0; count < 10; count++) call(simulator, 'ok', 0, 'host-9999.example');
    const bytes = simulator.memoryBytes(0);
    simulator.resetHostCalls();
    for (let count = 0; count < 100; count++) call(simulator, 'ok', 0, 'host-9999.example');
    expect(simulator.hostCalls().proxy_get_shared_data ?? 0).toBe(0);
    expect(simulator.memoryBytes(0)).toBe(bytes);
    expect(bytes).toBeLessThan(64 * 1024 * 1024);
    expect(simulator.sharedData.bytes()).toBeLessThan(16 * 1024 * 1024);
    for (let count = 0; count < 20; count++) call(simulator, 'fail', 0, 'host-0.example');
    expect(call(simulator, 'ok', 0, 'host-0.example')).toBe(false);
    expect(call(simulator, 'ok', 0, 'host-1.example')).toBe(true);
  });

  it('of a refusal is no look at the record', () => {
    const simulator = simulateBreaker(quick, 'gauges');
    call(simulator, 'fail');
    call(simulator, 'ok');
    simulator.resetHostCalls();
    for (let count = 0; count < 100; count++) expect(call(simulator, 'ok')).toBe(false);
    expect(simulator.hostCalls().proxy_get_shared_data ?? 0).toBe(0);
  });
});

describe('breakers of keys', () => {
  const keyed: CircuitBreaker = { ...quick, key: [{ on: 'header', name: 'x-key' }], keyCapacity: 64 };
  const key = (value: number | string) => ({ 'x-key': `key-${value}` });

  it('open each for itself, over all workers', () => {
    const simulator = createSimulator({
      module: circuitBreakerModule,
      configuration: configurationOf(keyed),
      workers: 2,
    });
    call(simulator, 'fail', 0, 'localhost', key(1));
    expect(call(simulator, 'ok', 1, 'localhost', key(1))).toBe(false);
    expect(call(simulator, 'ok', 1, 'localhost', key(2))).toBe(true);
  });

  it('stay open while 10,000 other keys pass by, in memory that does not grow', () => {
    const simulator = createSimulator({
      module: circuitBreakerModule,
      configuration: configurationOf({ ...keyed, open: { nanos: 3600 * second } }),
    });
    call(simulator, 'fail', 0, 'localhost', key('open'));
    const entries = simulator.sharedData.entries();
    for (let other = 0; other < 10_000; other++) call(simulator, 'ok', 0, 'localhost', key(other));
    expect(call(simulator, 'ok', 0, 'localhost', key('open'))).toBe(false);
    expect(simulator.sharedData.entries()).toBe(entries);
  });

  it('let newcomers pass unwatched while every place is an open one’s, and give places back later', () => {
    const simulator = createSimulator({
      module: circuitBreakerModule,
      configuration: configurationOf({ ...keyed, keyCapacity: 4 }),
    });
    for (let open = 0; open < 4; open++) call(simulator, 'fail', 0, 'localhost', key(open));
    for (let count = 0; count < 3; count++)
      expect(call(simulator, 'fail', 0, 'localhost', key('new'))).toBe(true);
    expect(simulator.metrics.value('sluice.circuit_breaker.a.calls_unwatched')).toBe(3n);
    simulator.advanceMillis(71_000);
    expect(call(simulator, 'fail', 0, 'localhost', key('new'))).toBe(true);
    expect(call(simulator, 'fail', 0, 'localhost', key('new'))).toBe(false);
  });

  it('pass requests without the key where the policy says so', () => {
    const simulator = createSimulator({
      module: circuitBreakerModule,
      configuration: configurationOf({ ...keyed, whenKeyMissing: 'skip' }),
    });
    for (let count = 0; count < 3; count++) expect(call(simulator, 'fail')).toBe(true);
  });
});

describe('with limits', () => {
  const limit: RateLimitRule = { name: 'l', limit: tokenBucket(3, 3600) };

  it('a refusal of the breaker takes no token', () => {
    const simulator = createSimulator({
      module: sluiceModule,
      configuration: { version: 1, rateLimits: [limit], circuitBreakers: [quick] },
    });
    call(simulator, 'fail');
    for (let count = 0; count < 10; count++) expect(call(simulator, 'ok')).toBe(false);
    simulator.advanceMillis(10_000);
    expect(call(simulator, 'ok')).toBe(true);
    expect(call(simulator, 'ok')).toBe(true);
    expect(simulator.request().outcome).toMatchObject({ details: 'sluice_rate_limited:l' });
  });

  it('a request that a limit refuses gives back the permit it had got', () => {
    const simulator = createSimulator({
      module: sluiceModule,
      configuration: {
        version: 1,
        rateLimits: [{ ...limit, match: [{ on: 'path', is: 'prefix', value: '/limited' }] }],
        circuitBreakers: [{ ...quick, halfOpen: { probes: 1 } }],
      },
    });
    for (let count = 0; count < 3; count++) end(simulator, begin(simulator, { path: '/limited' })!, 'ok');
    call(simulator, 'fail');
    simulator.advanceMillis(10_000);
    for (let count = 0; count < 5; count++) {
      const { outcome } = simulator.request({ path: '/limited' });
      expect(outcome).toMatchObject({ kind: 'localReply', details: 'sluice_rate_limited:l' });
    }
    expect(call(simulator, 'ok')).toBe(true);
    expect(call(simulator, 'ok')).toBe(true);
  });
});

describe('with quotas', () => {
  it('the time for which a request was held is none of the upstream’s', () => {
    const simulator = createSimulator({
      module: sluiceModule,
      configuration: {
        version: 1,
        circuitBreakers: [{ name: 'a', slowCallNanos: 100_000_000, maxSlowCalls: 0 }],
        quotaSchedulers: [
          {
            name: 'q',
            bucket: { capacityMillitokens: 1000, fillMillitokens: 1000, fillIntervalNanos: second },
          },
        ],
      },
    });
    expect(call(simulator, 'ok')).toBe(true);
    const held = simulator.request();
    expect(held.outcome.kind).toBe('held');
    simulator.advanceMillis(1100);
    expect(held.outcome.kind).toBe('admitted');
    end(simulator, held, 'ok');
    expect(stateOf(simulator, 'gauges')).toBe('closed');
    simulator.advanceMillis(1100);
    expect(call(simulator, 'slow')).toBe(true);
    expect(stateOf(simulator, 'gauges')).toBe('open');
  });
});

describe('a refusal', () => {
  it('is what the policy says, for plain and for gRPC requests', () => {
    const simulator = simulateBreaker({
      ...quick,
      response: { status: 498, body: 'delay break!', headers: [['x-envoy-overload', 'true']] },
    });
    call(simulator, 'fail');
    const plain = simulator.request().outcome;
    expect(plain).toMatchObject({ status: 498, body: 'delay break!', details: 'sluice_circuit_open:a' });
    expect(plain.kind === 'localReply' && Object.fromEntries(plain.headers)).toMatchObject({
      'x-envoy-overload': 'true',
      'retry-after': '10',
    });
    const grpc = simulator.request({ headers: { 'content-type': 'application/grpc' } }).outcome;
    expect(grpc).toMatchObject({ grpcStatus: 14 });
  });
});

describe('requests', () => {
  it('belong to the breaker of the most exact host, and there to the first that matches', () => {
    const simulator = createSimulator({
      module: circuitBreakerModule,
      configuration: configurationOf(
        { ...quick, name: 'all' },
        { ...quick, name: 'get', hosts: ['a.example'], match: [{ on: 'method', is: 'exact', value: 'GET' }] },
        { ...quick, name: 'rest', hosts: ['a.example'] },
        { ...quick, name: 'suffix', hosts: ['*.example'] },
      ),
    });
    const detailsOf = (options: object) => {
      const { outcome } = simulator.request(options);
      return outcome.kind === 'localReply' ? outcome.details : outcome.kind;
    };
    for (const [authority, method, name] of [
      ['a.example', 'GET', 'get'],
      ['a.example', 'POST', 'rest'],
      ['b.example', 'GET', 'suffix'],
      ['b.test', 'GET', 'all'],
    ] as const) {
      end(simulator, begin(simulator, { authority, method })!, 'fail');
      expect(detailsOf({ authority, method })).toBe(`sluice_circuit_open:${name}`);
    }
  });

  it('in such numbers that a worker has no more notes for them are let through, and those before them counted', () => {
    const simulator = simulateBreaker({ ...quick, consecutiveFailures: 3 }, 'gauges');
    const first = [1, 2, 3].map(() => begin(simulator)!);
    for (let count = 0; count < 16_500; count++) expect(begin(simulator)).toBeDefined();
    expect(simulator.metrics.value('sluice.circuit_breaker.a.calls_unwatched')).toBeGreaterThan(0n);
    for (const stream of first) end(simulator, stream, 'timeout');
    expect(call(simulator, 'ok')).toBe(false);
  });
});
