import type { BreakerCase } from './breaker-case.ts';

const second = 1_000_000_000;
/** 50 % of the last ten calls, once there are four. */
const rate = { window: { calls: 10 }, minimumCalls: 4, failureRate: 5000 };
/** 50 % of the calls of ten seconds, once there are four. */
const timed = { window: { nanos: 10 * second }, minimumCalls: 4, failureRate: 5000 };
/** Opens at the first failure: for what comes after. */
const quick = {
  consecutiveFailures: 1,
  open: { nanos: 10 * second },
  halfOpen: { probes: 2, probeNanos: 5 * second },
};
const slowAfter = { slowCallNanos: 100_000_000 };

/** Every transition, edge and reset of the state machine. */
export const breakerCases: BreakerCase[] = [
  // Failure rate.
  { name: 'stays closed while calls succeed', breaker: rate, steps: ['ok × 50', 'is closed'] },
  {
    name: 'opens when the rate is exactly the threshold',
    breaker: rate,
    steps: ['ok × 2', 'fail × 2', 'is open', 'refused'],
  },
  {
    name: 'stays closed one call below the threshold',
    breaker: rate,
    steps: ['ok × 3', 'fail × 2', 'is closed', 'ok'],
  },
  {
    name: 'has no verdict on fewer calls than the minimum',
    breaker: rate,
    steps: ['fail × 3', 'is closed', 'fail', 'is open'],
  },
  {
    name: 'opens on a success when that completes the minimum',
    breaker: rate,
    steps: ['fail × 3', 'is closed', 'ok', 'is open'],
  },
  {
    name: 'opens at a rate of 100 % too',
    breaker: { ...rate, failureRate: 10_000 },
    steps: ['fail × 4', 'is open'],
  },
  {
    name: 'stays closed at 100 % with one success among many failures',
    breaker: { ...rate, failureRate: 10_000 },
    steps: ['ok', 'fail × 9', 'is closed', 'fail', 'is open'],
  },
  {
    name: 'knows hundredths of a percent',
    breaker: { window: { calls: 1000 }, minimumCalls: 1000, failureRate: 334 },
    steps: ['ok × 967', 'fail × 33', 'is closed', 'fail', 'is open'],
  },
  {
    name: 'with a minimum of 0 opens at the first failure',
    breaker: { ...rate, minimumCalls: 0 },
    steps: ['fail', 'is open'],
  },
  // Windows of calls.
  {
    name: 'forgets the oldest call of a full window',
    breaker: rate,
    steps: ['fail', 'ok × 10', 'fail × 4', 'is closed', 'fail', 'is open'],
  },
  {
    name: 'holds exactly its number of calls',
    breaker: { ...rate, minimumCalls: 10 },
    steps: ['fail × 4', 'ok × 6', 'is closed', 'fail', 'is closed', 'fail × 4', 'is open'],
  },
  {
    name: 'a window of one call is the last call',
    breaker: { window: { calls: 1 }, failureRate: 10_000 },
    steps: ['ok × 3', 'is closed', 'fail', 'is open'],
  },
  {
    name: 'a window of calls knows no time',
    breaker: rate,
    steps: ['ok × 2', 'fail', 'wait 3600s', 'fail', 'is open'],
  },
  // Windows of time.
  {
    name: 'counts the calls of the window of time',
    breaker: timed,
    steps: ['ok × 2', 'fail × 2', 'is open'],
  },
  {
    name: 'forgets calls older than the window of time',
    breaker: timed,
    steps: ['fail × 3', 'wait 10s', 'ok × 4', 'is closed', 'fail × 3', 'is closed', 'fail', 'is open'],
  },
  {
    name: 'still counts calls of nine tenths of the window',
    breaker: timed,
    steps: ['fail × 3', 'wait 9s', 'fail', 'is open'],
  },
  {
    name: 'counts calls for the minimum within the window alone',
    breaker: timed,
    steps: ['ok × 3', 'wait 11s', 'fail', 'is closed', 'fail × 2', 'is closed', 'fail', 'is open'],
  },
  {
    name: 'opens on a success when older successes leave the window',
    breaker: timed,
    steps: ['ok × 8', 'wait 5s', 'fail × 4', 'is closed', 'wait 5s', 'ok', 'is open'],
  },
  {
    name: 'remembers nothing after a silence of many windows',
    breaker: timed,
    steps: ['fail × 3', 'wait 3600s', 'fail × 3', 'is closed'],
  },
  {
    name: 'forgets slice by slice',
    breaker: timed,
    steps: ['fail', 'wait 4s', 'fail', 'wait 4s', 'fail', 'wait 2s', 'fail', 'is closed', 'fail', 'is open'],
  },
  // Slow calls.
  {
    name: 'opens when more than so many calls are slow, not when there are as many',
    breaker: { ...slowAfter, maxSlowCalls: 5, minimumCalls: 2 },
    steps: ['slow × 5', 'is closed', 'slow', 'is open', 'refused'],
  },
  {
    name: 'a limit of no slow call opens at the first',
    breaker: { ...slowAfter, maxSlowCalls: 0 },
    steps: ['ok × 3', 'slow', 'is open'],
  },
  {
    name: 'has no verdict on slow calls below the minimum',
    breaker: { ...slowAfter, maxSlowCalls: 1, minimumCalls: 5 },
    steps: ['slow × 4', 'is closed', 'ok', 'is open'],
  },
  {
    name: 'opens when the rate of slow calls is exactly the threshold',
    breaker: { ...slowAfter, window: { calls: 10 }, minimumCalls: 4, slowCallRate: 5000 },
    steps: ['ok × 3', 'slow × 2', 'is closed', 'slow', 'is open'],
  },
  {
    name: 'a call that takes exactly the time is not slow',
    breaker: { slowCallNanos: 200_000_000, maxSlowCalls: 0 },
    steps: ['slow × 5', 'is closed'],
  },
  {
    name: 'a call that takes a nanosecond more is slow',
    breaker: { slowCallNanos: 199_999_999, maxSlowCalls: 0 },
    steps: ['slow', 'is open'],
  },
  {
    name: 'forgets slow calls older than the window',
    breaker: { ...slowAfter, maxSlowCalls: 2 },
    steps: ['slow × 2', 'wait 10s', 'slow × 2', 'is closed', 'slow', 'is open'],
  },
  {
    name: 'slow calls and failures are counted apart',
    breaker: { ...timed, ...slowAfter, maxSlowCalls: 2, minimumCalls: 6 },
    steps: ['ok × 4', 'slow × 2', 'fail × 2', 'is closed', 'slow fail', 'is open'],
  },
  {
    name: 'slow calls that fail count for both in a window of calls',
    breaker: { ...rate, ...slowAfter, slowCallRate: 9000, minimumCalls: 10 },
    steps: ['slow fail × 4', 'ok × 6', 'is closed', 'slow fail × 1', 'is closed', 'fail × 4', 'is open'],
  },
  // Means.
  {
    name: 'opens when the mean is above the limit',
    breaker: { maxAverageMicros: 100_000, minimumCalls: 2 },
    steps: ['slow', 'is closed', 'ok', 'is closed', 'slow', 'is open'],
  },
  {
    name: 'stays closed while the mean is the limit',
    breaker: { maxAverageMicros: 100_000, minimumCalls: 2 },
    steps: ['slow', 'ok', 'is closed', 'ok × 2', 'slow', 'is closed'],
  },
  // Failures in a row.
  {
    name: 'opens at the last of so many failures in a row',
    breaker: { consecutiveFailures: 3 },
    steps: ['fail × 2', 'is closed', 'fail', 'is open'],
  },
  {
    name: 'a success between breaks the row',
    breaker: { consecutiveFailures: 3 },
    steps: ['fail × 2', 'ok', 'fail × 2', 'is closed', 'ok', 'fail × 3', 'is open'],
  },
  {
    name: 'a row needs no minimum of calls and knows no window',
    breaker: { consecutiveFailures: 3, minimumCalls: 100, failureRate: 5000 },
    steps: ['fail × 2', 'wait 600s', 'fail', 'is open'],
  },
  {
    name: 'what counts as nothing does not break a row',
    breaker: { consecutiveFailures: 3 },
    steps: ['fail', 'local', 'fail', 'gone', 'overflow', 'fail', 'is open'],
  },
  // What counts.
  {
    name: 'a status from 500 has failed',
    breaker: quick,
    steps: ['status 499', 'status 404', 'is closed', 'status 500', 'is open'],
  },
  { name: 'status 599 has failed', breaker: quick, steps: ['status 599', 'is open'] },
  {
    name: 'statuses can be chosen',
    breaker: {
      ...quick,
      failures: {
        statuses: [
          [429, 429],
          [502, 504],
        ],
      },
    },
    steps: ['status 500', 'status 501', 'status 505', 'is closed', 'status 429', 'is open'],
  },
  {
    name: 'no status need count',
    breaker: { ...quick, failures: { statuses: [] } },
    steps: ['fail × 5', 'is closed', 'reset', 'is open'],
  },
  { name: 'a reset before the response has failed', breaker: quick, steps: ['reset', 'is open'] },
  { name: 'a reset behind the headers has failed', breaker: quick, steps: ['reset late', 'is open'] },
  { name: 'a timeout has failed', breaker: quick, steps: ['timeout', 'is open'] },
  { name: 'a stream that lasted too long has failed', breaker: quick, steps: ['too long', 'is open'] },
  { name: 'no connection has failed', breaker: quick, steps: ['no connection', 'is open'] },
  { name: 'no healthy host has failed', breaker: quick, steps: ['no host', 'is open'] },
  { name: 'Envoy’s own overflow counts as nothing', breaker: quick, steps: ['overflow × 5', 'is closed'] },
  {
    name: 'resets, timeouts and connect failures can be told to count as nothing',
    breaker: { ...quick, failures: { resets: false, timeouts: false, connectFailures: false } },
    steps: [
      'reset × 3',
      'reset late',
      'timeout × 3',
      'no connection × 3',
      'no host',
      'is closed',
      'fail',
      'is open',
    ],
  },
  {
    name: 'local replies of other filters count as nothing',
    breaker: quick,
    steps: ['local × 5', 'is closed'],
  },
  { name: 'clients that go away count as nothing', breaker: quick, steps: ['gone × 5', 'is closed'] },
  {
    name: 'what counts as nothing is no call of the minimum',
    breaker: { ...rate },
    steps: ['local × 10', 'fail × 3', 'is closed', 'fail', 'is open'],
  },
  {
    name: 'a gRPC status in the trailers has failed',
    breaker: quick,
    steps: ['grpc 0', 'grpc 5', 'is closed', 'grpc 14', 'is open'],
  },
  {
    name: 'a gRPC status in a response of trailers alone has failed',
    breaker: quick,
    steps: ['grpc 0 alone', 'is closed', 'grpc 13 alone', 'is open'],
  },
  {
    name: 'gRPC statuses can be chosen',
    breaker: { ...quick, failures: { grpcStatuses: [5] } },
    steps: ['grpc 14', 'is closed', 'grpc 5', 'is open'],
  },
  // Open.
  {
    name: 'refuses for the open time, and says how long',
    breaker: quick,
    steps: [
      'fail',
      'refused for 10',
      'wait 9.5s',
      'refused for 1',
      'wait 499ms',
      'refused for 1',
      'wait 1ms',
      'ok',
    ],
  },
  {
    name: 'stays open without requests until one comes',
    breaker: quick,
    steps: ['fail', 'wait 3600s', 'is open', 'begin a', 'is half-open'],
  },
  {
    name: 'a call that began before it opened has no say',
    breaker: quick,
    steps: ['begin a', 'begin b', 'fail', 'is open', 'end a ok', 'end b fail', 'is open', 'refused for 10'],
  },
  {
    name: 'the open time grows with each opening in a row, up to its longest',
    breaker: {
      ...quick,
      open: { nanos: 10 * second, backoffThousandths: 2000, maxNanos: 30 * second },
      halfOpen: { probes: 1 },
    },
    steps: [
      'fail',
      'refused for 10',
      'wait 10s',
      'fail',
      'refused for 20',
      'wait 20s',
      'fail',
      'refused for 30',
      'wait 30s',
      'fail',
      'refused for 30',
    ],
  },
  {
    name: 'closing resets the growth of the open time',
    breaker: { ...quick, open: { nanos: 10 * second, backoffThousandths: 3000 }, halfOpen: { probes: 1 } },
    steps: [
      'fail',
      'wait 10s',
      'fail',
      'refused for 30',
      'wait 30s',
      'ok',
      'is closed',
      'fail',
      'refused for 10',
    ],
  },
  // Half-open.
  {
    name: 'lets as many probes through as are permitted, and refuses the rest',
    breaker: quick,
    steps: ['fail', 'wait 10s', 'begin a', 'begin b', 'refused for 1 × 5', 'is half-open'],
  },
  {
    name: 'closes when all probes have succeeded',
    breaker: quick,
    steps: ['fail', 'wait 10s', 'ok', 'is half-open', 'ok', 'is closed', 'ok × 10'],
  },
  {
    name: 'decides when all probes have ended, not before',
    breaker: quick,
    steps: [
      'fail',
      'wait 10s',
      'begin a',
      'begin b',
      'end b fail',
      'is half-open',
      'refused',
      'end a ok',
      'is open',
    ],
  },
  {
    name: 'opens again at half of the probes where there is no rate',
    breaker: { ...quick, halfOpen: { probes: 4 } },
    steps: [
      'fail',
      'wait 10s',
      'ok × 3',
      'fail',
      'is closed',
      'fail',
      'wait 10s',
      'ok × 2',
      'fail × 2',
      'is open',
    ],
  },
  {
    name: 'judges probes by the failure rate where there is one',
    breaker: { ...quick, failureRate: 2500, minimumCalls: 1000, halfOpen: { probes: 4 } },
    steps: ['fail', 'wait 10s', 'ok × 3', 'fail', 'is open'],
  },
  {
    name: 'judges probes by their slowness',
    breaker: { ...slowAfter, maxSlowCalls: 0, open: { nanos: second }, halfOpen: { probes: 2 } },
    steps: ['slow', 'wait 1s', 'slow', 'ok', 'is open', 'wait 1s', 'ok × 2', 'is closed'],
  },
  {
    name: 'judges probes by their mean',
    breaker: { maxAverageMicros: 100_000, open: { nanos: second }, halfOpen: { probes: 2 } },
    steps: ['slow', 'is open', 'wait 1s', 'slow', 'slow', 'is open', 'wait 1s', 'slow', 'ok', 'is closed'],
  },
  {
    name: 'starts with an empty window when it closes',
    breaker: { ...timed, open: { nanos: second }, halfOpen: { probes: 1 } },
    steps: ['fail × 4', 'wait 1s', 'ok', 'is closed', 'fail × 3', 'is closed', 'fail', 'is open'],
  },
  {
    name: 'starts with an empty window of calls when it closes',
    breaker: { ...rate, open: { nanos: second }, halfOpen: { probes: 1 } },
    steps: ['fail × 4', 'wait 1s', 'ok', 'is closed', 'fail × 3', 'is closed', 'fail', 'is open'],
  },
  {
    name: 'starts with no failure in a row when it closes',
    breaker: { ...quick, consecutiveFailures: 2, halfOpen: { probes: 1 } },
    steps: ['fail × 2', 'wait 10s', 'ok', 'is closed', 'fail', 'is closed', 'fail', 'is open'],
  },
  {
    name: 'a probe that hangs gives its permit back when that expires',
    breaker: quick,
    steps: ['fail', 'wait 10s', 'begin a', 'begin b', 'refused', 'wait 5s', 'begin c', 'begin d', 'refused'],
  },
  {
    name: 'the result of a probe whose permit has expired counts as nothing',
    breaker: quick,
    steps: [
      'fail',
      'wait 10s',
      'begin a',
      'wait 5s',
      'begin b',
      'begin c',
      'end a fail',
      'is half-open',
      'end b ok',
      'is half-open',
      'end c ok',
      'is closed',
    ],
  },
  {
    name: 'the result of a probe that comes too late counts as nothing, even if nobody has asked since',
    breaker: { ...quick, halfOpen: { probes: 1, probeNanos: 5 * second } },
    steps: ['fail', 'wait 10s', 'begin a', 'wait 5s', 'end a fail', 'is half-open', 'ok', 'is closed'],
  },
  {
    name: 'calls that began before it opened are no calls of the window after it has closed',
    breaker: { ...timed, open: { nanos: second }, halfOpen: { probes: 1 } },
    steps: [
      'begin a',
      'begin b',
      'begin c',
      'fail × 4',
      'wait 1s',
      'ok',
      'is closed',
      'end a fail',
      'end b fail',
      'end c fail',
      'fail × 3',
      'is closed',
      'fail',
      'is open',
    ],
  },
  {
    name: 'the result of a probe in the nick of time counts',
    breaker: quick,
    steps: ['fail', 'wait 10s', 'begin a', 'wait 4.999s', 'end a ok', 'ok', 'is closed'],
  },
  {
    name: 'a probe whose client goes away gives its permit back at once',
    breaker: quick,
    steps: [
      'fail',
      'wait 10s',
      'begin a',
      'begin b',
      'refused',
      'end a gone',
      'begin c',
      'refused',
      'end b ok',
      'end c ok',
      'is closed',
    ],
  },
  {
    name: 'a probe that another filter answers gives its permit back',
    breaker: quick,
    steps: ['fail', 'wait 10s', 'local × 20', 'is half-open', 'ok × 2', 'is closed'],
  },
  {
    name: 'a probe of a former half-open time has no say',
    breaker: quick,
    steps: [
      'fail',
      'wait 10s',
      'begin a',
      'wait 5s',
      'fail × 2',
      'is open',
      'wait 10s',
      'begin b',
      'end a fail',
      'end b ok',
      'ok',
      'is closed',
    ],
  },
  {
    name: 'a call that began while it was closed has no say while it is half-open',
    breaker: quick,
    steps: [
      'begin a',
      'begin b',
      'fail',
      'wait 10s',
      'begin c',
      'end a fail',
      'end b fail',
      'is half-open',
      'end c ok',
      'ok',
      'is closed',
    ],
  },
  {
    name: 'a call that began before it opened has no say after it has closed',
    breaker: { ...quick, halfOpen: { probes: 1 } },
    steps: ['begin a', 'fail', 'wait 10s', 'ok', 'is closed', 'end a fail', 'is closed'],
  },
  {
    name: 'one probe is enough where one is permitted',
    breaker: { ...quick, halfOpen: { probes: 1 } },
    steps: ['fail', 'wait 10s', 'begin a', 'refused × 3', 'end a fail', 'is open', 'refused for 10'],
  },
  {
    name: 'as many as 32 probes are permitted',
    breaker: { ...quick, halfOpen: { probes: 32 } },
    steps: ['fail', 'wait 10s', 'ok × 31', 'is half-open', 'ok', 'is closed'],
  },
  // Forced states.
  {
    name: 'forced open refuses everything',
    breaker: { mode: 'forcedOpen', open: { nanos: 7 * second } },
    steps: ['refused for 7', 'wait 100s', 'refused for 7 × 3'],
  },
  {
    name: 'forced closed refuses nothing',
    breaker: { ...quick, mode: 'forcedClosed' },
    steps: ['fail × 20', 'is closed', 'ok'],
  },
  {
    name: 'disabled refuses nothing',
    breaker: { ...quick, mode: 'disabled' },
    steps: ['fail × 20', 'is closed', 'ok'],
  },
  {
    name: 'metrics only opens and refuses nothing',
    breaker: { ...quick, mode: 'metricsOnly' },
    steps: ['fail', 'is open', 'fail × 5', 'is open', 'wait 10s', 'ok × 2', 'is closed'],
  },
];
