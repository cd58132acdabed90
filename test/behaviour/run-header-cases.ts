import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Plan } from '../../host/src/plan/plan.ts';
import { plan } from '../../host/src/plan/plan-policies.ts';
import { parse } from '../../host/src/policy/parse.ts';
import { validate } from '../../host/src/policy/validate.ts';
import {
  type HeaderCase,
  type HeaderProxy,
  hostOfCase,
  type Pairs,
  policiesOfCase,
  valuesOf,
} from './header-case.ts';

/** A kind of proxy that header cases can run on. */
export interface HeaderPlace {
  name: string;
  start: (plan: Plan, policies: string) => Promise<HeaderProxy>;
}

export function describeHeaderCasesOn(places: HeaderPlace[], cases: HeaderCase[]): void {
  describe.each(places)('headers on $name', ({ start }) => {
    let proxy: HeaderProxy;
    beforeAll(async () => {
      const policies = cases.map(policiesOfCase).join('');
      proxy = await start(headerPlan(policies), policies);
    });
    afterAll(() => proxy?.stop());

    it.each(cases.map((each, index) => [each.name, each, index] as const))(
      '%s',
      async (_name, each, index) => {
        await runHeaderCase(proxy, each, index);
      },
    );
  });
}

export function headerPlan(policies: string): Plan {
  const parsed = parse([{ name: 'cases.yaml', text: policies }]);
  const validated = validate(parsed.documents);
  const planned = plan(validated.policies);
  const problems = [parsed, validated, planned].flatMap(({ diagnostics }) => diagnostics);
  expect(problems.filter(({ severity }) => severity === 'error')).toEqual([]);
  return planned.plan;
}

export async function runHeaderCase(proxy: HeaderProxy, { steps }: HeaderCase, index: number): Promise<void> {
  for (const [number, step] of steps.entries()) {
    const { status, upstream, client } = await proxy.send(hostOfCase(index), step);
    expect(status, `step ${number}`).toBe(step.status ?? 200);
    expectValues(upstream, step.upstream, index, `step ${number}, upstream`);
    expectValues(client, step.client, index, `step ${number}, client`);
  }
}

function expectValues(
  pairs: Pairs | undefined,
  expected: Record<string, string[] | null> = {},
  index: number,
  where: string,
): void {
  const found = Object.keys(expected).map((name) => [name, valuesOf(pairs ?? [], name)]);
  const named = JSON.parse(JSON.stringify(expected).replaceAll('@name@', `headers-${index}`));
  expect(Object.fromEntries(found), where).toEqual(named);
}
