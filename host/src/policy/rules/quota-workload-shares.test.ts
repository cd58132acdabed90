import { expect, it } from 'vitest';
import { fieldPattern } from '../field-path.ts';
import { quotaWorkloadShares } from './quota-workload-shares.ts';

const rule = quotaWorkloadShares({
  capacity: fieldPattern('capacity'),
  fillAmount: fieldPattern('fillAmount'),
  workloads: fieldPattern('workloads[]'),
  defaultWorkload: fieldPattern('defaultWorkload'),
});
const shares = (...workloads: object[]) => rule({ workloads }).map(({ message }) => message);

it('is silent while everybody has a hundredth, the default workload included', () => {
  expect(shares()).toEqual([]);
  expect(shares({ priority: 99 })).toEqual([]);
  expect(shares({ priority: 9 }, { priority: 90 })).toEqual([]);
});

it('names the share and the sum of the priorities', () => {
  expect(shares({ priority: 100 })).toEqual([
    expect.stringContaining('got 0.99 % for default: priority 1 of 101'),
  ]);
  expect(shares({ priority: 50 }, { priority: 200 })).toEqual([
    'expected a share of at least 1 % while all workloads wait, got 0.4 % for default: priority 1 of 251 in all',
  ]);
});

it('passes over workloads that do not share, and over what is no priority', () => {
  expect(shares({ priority: 0.001, strict: true }, { priority: 0.001, tokens: 0 })).toEqual([]);
  expect(shares({ priority: 'many' }, { priority: -1 }, { priority: Number.NaN })).toEqual([]);
});
