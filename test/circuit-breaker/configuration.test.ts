import { describe, expect, it } from 'vitest';
import { createSimulator, StartRefused } from '../../host/src/simulator/index.ts';
import { circuitBreakerModule, rateLimitModule } from '../module/modules.ts';

/** What the module says of a configuration: `accepted`, or its reason. */
function verdict(configuration: unknown, module = circuitBreakerModule): string {
  try {
    createSimulator({ module, configuration });
    return 'accepted';
  } catch (error) {
    if (!(error instanceof StartRefused)) throw error;
    return /plugin configuration refused: (.*)/.exec(error.message)![1]!;
  }
}

const breaker = { name: 'a', failureRate: 5000 };
const withBreaker = (changes: object) => ({ version: 1, circuitBreakers: [{ ...breaker, ...changes }] });

describe('a breaker in a plugin configuration', () => {
  it.each<[string, object]>([
    ['the least', {}],
    [
      'every field',
      {
        hosts: ['a.example', '*.b', '*'],
        ports: [80],
        routes: ['r'],
        match: [{ any: [{ on: 'method', is: 'exact', value: 'GET' }] }],
        mode: 'metricsOnly',
        window: { nanos: 86_400_000_000_000 },
        minimumCalls: 10,
        slowCallRate: 1,
        maxSlowCalls: 0,
        slowCallNanos: 1_000_000,
        maxAverageMicros: 1,
        consecutiveFailures: 1,
        measure: 'responseEnd',
        failures: {
          statuses: [[200, 599]],
          grpcStatuses: [1, 16],
          connectFailures: false,
          resets: false,
          timeouts: false,
        },
        open: { nanos: 1e6, backoffThousandths: 100_000, maxNanos: 1e6, jitter: 10_000 },
        halfOpen: { probes: 32, probeNanos: 1e6 },
        key: [{ on: 'clientAddress' }],
        keyCapacity: 4,
        whenKeyMissing: 'skip',
        response: { status: 200, body: 'b', headers: [['x', 'y']], grpcStatus: 1 },
      },
    ],
    ['a window of calls', { window: { calls: 1000 }, minimumCalls: 1000 }],
  ])('is accepted: %s', (_, changes) => {
    expect(verdict(withBreaker(changes))).toBe('accepted');
  });

  it('needs no condition when it is forced', () => {
    for (const mode of ['forcedOpen', 'forcedClosed', 'disabled']) {
      expect(verdict({ version: 1, circuitBreakers: [{ name: 'a', mode }] })).toBe('accepted');
    }
  });

  it.each<[object, string]>([
    [{ window: {} }, 'circuitBreakers[0].window: expected a window of either "nanos" or "calls"'],
    [{ window: { nanos: 1e9, calls: 3 } }, 'expected a window of either "nanos" or "calls"'],
    [
      { window: { nanos: 99_999_999 } },
      'circuitBreakers[0].window.nanos: expected a whole number from 100000000',
    ],
    [{ window: { nanos: 1e15 } }, 'expected a whole number from 100000000 to 86400000000000'],
    [{ window: { calls: 1001 } }, 'circuitBreakers[0].window.calls: expected a whole number from 1 to 1000'],
    [{ window: { calls: 5 }, minimumCalls: 6 }, 'expected at most as many "minimumCalls" as the window has'],
    [{ window: { calls: 5 }, maxSlowCalls: 5, slowCallNanos: 1e6 }, 'expected fewer "maxSlowCalls"'],
    [{ window: { calls: 5 }, maxAverageMicros: 5 }, 'expected a window of time with "maxAverageMicros"'],
    [{ failureRate: 0 }, 'circuitBreakers[0].failureRate: expected a whole number from 1 to 10000, got 0'],
    [{ failureRate: 10_001 }, 'expected a whole number from 1 to 10000, got 10001'],
    [{ slowCallRate: 10 }, 'expected "slowCallNanos" together with'],
    [{ slowCallNanos: 1e9 }, 'expected "slowCallNanos" together with'],
    [{ open: { nanos: 2e9, maxNanos: 1e9 } }, 'expected open.maxNanos of at least open.nanos'],
    [{ open: { backoffThousandths: 999 } }, 'circuitBreakers[0].open.backoffThousandths: expected'],
    [{ open: { jitter: -1 } }, 'circuitBreakers[0].open.jitter: expected'],
    [
      { halfOpen: { probes: 33 } },
      'circuitBreakers[0].halfOpen.probes: expected a whole number from 1 to 32',
    ],
    [
      { response: { status: 199 } },
      'circuitBreakers[0].response.status: expected a whole number from 200 to 599',
    ],
    [{ failures: { statuses: [[500]] } }, 'expected a pair of first and last status'],
    [{ failures: { statuses: [[500, 400]] } }, 'expected a pair of first and last status'],
    [{ failures: { statuses: [[100, 599]] } }, 'expected a whole number from 200 to 599'],
    [{ failures: { grpcStatuses: [0] } }, 'expected a whole number from 1 to 16'],
    [
      { mode: 'open' },
      'circuitBreakers[0].mode: expected automatic, forcedOpen, forcedClosed, disabled or metricsOnly',
    ],
    [{ keyCapacity: 3 }, 'circuitBreakers[0].keyCapacity: expected a whole number from 4 to 4096'],
    [{ thresholds: 1 }, 'circuitBreakers[0].thresholds: expected no field of this name'],
    [{ name: '' }, 'circuitBreakers[0].name: expected a text that is not empty'],
  ])('is refused: %j', (changes, reason) => {
    expect(verdict(withBreaker(changes))).toContain(reason);
  });

  it('has a condition and a name of its own', () => {
    expect(verdict({ version: 1, circuitBreakers: [{ name: 'a' }] })).toContain(
      'expected at least one of failureRate',
    );
    expect(verdict({ version: 1, circuitBreakers: [breaker, breaker] })).toContain(
      'expected a name of its own',
    );
  });

  it('is none of rate-limit.wasm’s business', () => {
    expect(verdict(withBreaker({}), rateLimitModule)).toContain(
      'circuitBreakers: expected no field of this name',
    );
  });
});
