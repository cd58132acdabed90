import { expect, it } from 'vitest';
import type { PolicyMatcher, PolicyQuotaScheduler } from '../policy.ts';
import type { PolicyDocument } from '../policy-document.ts';
import { unreachableWorkloads } from './unreachable-workloads.ts';

const is = (value: string): PolicyMatcher => ({ on: 'path', is: 'exact', value });

/** The names of the workloads that nothing reaches; they are called by their indices. */
function unreachable(...matches: PolicyMatcher[][]): string[] {
  const found: string[] = [];
  const document = {
    diagnostic: (_severity: string, path: string[]) => {
      found.push(path[0]!);
    },
  } as unknown as PolicyDocument;
  const workloads = matches.map((match, index) => ({ name: `${index}`, match, path: [`${index}`] }));
  unreachableWorkloads({ workloads, origin: { document, path: [] } } as unknown as PolicyQuotaScheduler);
  return found;
}

it('are those after one without conditions', () => {
  expect(unreachable([is('a')], [], [is('b')], [])).toEqual(['2', '3']);
});

it('are those that repeat an earlier one, or ask for more', () => {
  expect(unreachable([is('a')], [is('a')], [is('a'), is('b')], [is('b')])).toEqual(['1', '2']);
  expect(unreachable([{ all: [is('a'), is('b')] }], [is('b'), is('c'), is('a')])).toEqual(['1']);
});

it('are those that ask for one of several ways an earlier one allows', () => {
  expect(unreachable([{ any: [is('a'), is('b')] }], [is('b')], [{ any: [is('b'), is('a')] }])).toEqual([
    '1',
    '2',
  ]);
  expect(unreachable([is('b')], [{ any: [is('a'), is('b')] }])).toEqual([]);
  expect(unreachable([{ any: [] }], [is('a')])).toEqual([]);
});
