/**
 * Schedules of the reference's own tests. Facts from fluxninja/aperture at bc7befc, pkg/scheduler/wfq_test.go: flows,
 * fill rates (half of what is sent) and queue timeouts; the tolerance there is 15 %. `inversePriority`: lower means more.
 *
 * Its bucket (pkg/scheduler/token-bucket.go) holds what comes in one second and starts empty. Ours starts full, so a
 * request of that size is let pass at the very beginning.
 */
export interface Schedule {
  name: string;
  fillPerSecond: number;
  queueTimeoutMillis: number;
  runs: number;
  flows: readonly ScheduledFlow[];
}

export interface ScheduledFlow {
  workload: string;
  user?: string;
  tokens: number;
  inversePriority: number;
  perSecond: number;
}

/** Tokens, inverse priority and requests a second, of `workload0` and so on. */
function flows(...numbers: [tokens: number, inversePriority: number, perSecond: number][]): ScheduledFlow[] {
  return numbers.map(([tokens, inversePriority, perSecond], index) => ({
    workload: `workload${index}`,
    tokens,
    inversePriority,
    perSecond,
  }));
}

const timeout = { queueTimeoutMillis: 50, runs: 1 };

export const schedules: readonly Schedule[] = [
  {
    name: 'HighRpsFlows',
    fillPerSecond: 1000,
    ...timeout,
    flows: flows([5, 1, 100], [5, 1, 100], [5, 1, 100], [5, 50, 100]),
  },
  {
    name: 'LowRpsFlows',
    fillPerSecond: 2000,
    ...timeout,
    flows: flows([20, 2, 50], [20, 3, 50], [20, 3, 50], [20, 2, 50]),
  },
  {
    name: 'MixRpsFlows',
    fillPerSecond: 3200,
    ...timeout,
    flows: flows([10, 5, 100], [15, 4, 200], [15, 3, 80], [10, 2, 120]),
  },
  {
    name: 'SingleHighRequest',
    fillPerSecond: 1875,
    ...timeout,
    flows: flows([15, 20, 200], [5, 1, 50], [5, 1, 50], [5, 1, 50]),
  },
  {
    name: 'SingleLowRequest',
    fillPerSecond: 1210,
    ...timeout,
    flows: flows([1, 50, 20], [8, 75, 100], [8, 100, 100], [8, 125, 100]),
  },
  {
    name: 'SingleLowRequestLowTimeout',
    fillPerSecond: 1200.5,
    ...timeout,
    flows: flows([1, 1, 1], [8, 75, 100], [8, 100, 100], [8, 125, 100]),
  },
  {
    name: 'IncreasingPriority',
    fillPerSecond: 500,
    ...timeout,
    runs: 3,
    flows: flows([5, 1, 50], [5, 50, 50], [5, 100, 50], [5, 150, 50]),
  },
  {
    name: 'FairnessWithinPriority',
    fillPerSecond: 1600,
    ...timeout,
    flows: flows([16, 50, 50], [16, 50, 50], [16, 100, 50], [16, 100, 50]),
  },
  { name: 'Timeouts', fillPerSecond: 125, ...timeout, flows: flows([5, 1, 50]) },
  {
    name: 'Fairness',
    fillPerSecond: 250,
    ...timeout,
    flows: [
      ...['user1', 'user2', 'user3', 'user4', 'user5'].map((user) => ({
        workload: 'workload0',
        user,
        tokens: 1,
        inversePriority: 1,
        perSecond: 50,
      })),
      { workload: 'workload1', user: 'user1', tokens: 1, inversePriority: 1, perSecond: 250 },
    ],
  },
];

/** Facts of the same source for schedules of another shape: what is sent when nothing comes, and its load multiplier. */
export const zeroFillSchedule: Schedule = {
  name: 'ZeroFillRate',
  fillPerSecond: 0,
  ...timeout,
  flows: flows([0, 1, 50], [5, 50, 50], [5, 100, 50], [5, 200, 50]),
};

export const loadMultiplierSchedule = {
  multiplier: 0.7,
  tokens: 5,
  perSecond: 500,
  queueTimeoutMillis: 30,
  depleteMillis: 2000,
  runMillis: 10_000,
  idleMillis: 5000,
};
