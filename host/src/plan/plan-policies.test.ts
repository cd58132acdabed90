import { describe, expect, it } from 'vitest';
import { parse } from '../policy/parse.ts';
import { validate } from '../policy/validate.ts';
import type { Plan } from './plan.ts';
import { plan } from './plan-policies.ts';

interface Rule {
  targets?: string[];
  match?: object;
}

/** Plans one policy a rule; `a.shop`, `a.one` and `a.two` are services of a namespace, anything else a virtual host. */
function planRules(...rules: Rule[]): { plan: Plan; warnings: string[] } {
  const documents = rules.map(({ targets = [], match = {} }, index) => ({
    apiVersion: 'sluice.dev/v1alpha1',
    kind: 'RateLimitPolicy',
    metadata: { name: `p${index}` },
    spec: {
      targetRefs: targets.map((target) => {
        const [, name, namespace] = /^(a)\.(shop|one|two)$/.exec(target) ?? [];
        return name === undefined
          ? { kind: 'VirtualHost', name: target }
          : { kind: 'Service', name, namespace };
      }),
      rules: [{ name: 'r', match, limit: { tokenBucket: { maxTokens: 1, fillInterval: '1s' } } }],
    },
  }));
  const parsed = parse(
    documents.map((document, index) => ({ name: `${index}`, text: JSON.stringify(document) })),
  );
  const { policies, diagnostics } = validate(parsed.documents);
  expect(diagnostics).toEqual([]);
  const planned = plan(policies);
  return { plan: planned.plan, warnings: planned.diagnostics.map(({ message }) => message) };
}

const domains = ({ virtualHosts }: Plan) => virtualHosts.map((host) => host.domains.join(' '));
const hosts = ({ plugin }: Plan) => plugin.rateLimits!.map((rule) => rule.hosts);

describe('virtual hosts', () => {
  it('are the catch-all alone when no rule names a host; it is filtered only when a rule is for every host', () => {
    expect(plan([]).plan.virtualHosts).toEqual([
      { name: '*', domains: ['*'], routes: [{ name: 'default', pathPrefix: '/', filtered: false }] },
    ]);
    expect(planRules({}).plan.virtualHosts[0]!.routes[0]!.filtered).toBe(true);
  });

  it('are one for a service with all its forms and one for each other host, the most exact first', () => {
    const { plan } = planRules({ targets: ['*.example', 'a.shop'] }, { targets: ['*.b.example', 'c.test'] });
    expect(domains(plan)).toEqual([
      'a.shop.svc.cluster.local a.shop.svc.cluster a.shop.svc a.shop a',
      'c.test',
      '*.b.example',
      '*.example',
      '*',
    ]);
  });

  it('never share a domain: a short form that a policy names by itself stays with its service', () => {
    const { plan } = planRules({ targets: ['a.shop'] }, { match: { hosts: ['a.shop', 'x.example', 'a'] } });
    const all = plan.virtualHosts.flatMap((host) => host.domains);
    expect(new Set(all).size).toBe(all.length);
    expect(hosts(plan)[1]).toEqual(['a.shop', 'x.example', 'a']);
  });
});

describe('short forms', () => {
  it('of two services with one name leave out the bare name, with one warning', () => {
    const { plan, warnings } = planRules(
      { targets: ['a.one'] },
      { targets: ['a.two'] },
      { targets: ['a.one'] },
    );
    expect(plan.virtualHosts.flatMap((host) => host.domains)).not.toContain('a');
    expect(warnings).toEqual([
      'expected the short name `a` to mean one service, got a.one.svc.cluster.local and a.two.svc.cluster.local; it stands for neither',
    ]);
  });
});

describe('hosts of a rule', () => {
  it('never cover each other, since the module counts a request once a pattern', () => {
    const { plan } = planRules(
      { match: { hosts: ['a.example', '*.example', '*.b.example'] } },
      { match: { hosts: ['a', '*'] } },
    );
    expect(hosts(plan)).toEqual([['*.example'], undefined]);
  });
});

describe('route names', () => {
  it('name the only route of the hosts they apply to, and of no other', () => {
    const { plan, warnings } = planRules(
      { match: { hosts: ['a.example'], routes: ['first', 'second'] } },
      { match: { hosts: ['*.example'], routes: ['second'] } },
      { match: { hosts: ['b.example'] } },
    );
    const routes = Object.fromEntries(plan.virtualHosts.map(({ name, routes }) => [name, routes[0]!.name]));
    expect(routes).toEqual({
      'a.example': 'first',
      'b.example': 'second',
      '*.example': 'second',
      '*': 'default',
    });
    expect(warnings).toEqual([expect.stringContaining('got `second`: this rule never applies there')]);
  });
});

/** Plans one quota a host list; no hosts: every host. */
function planQuotas(...hostLists: string[][]) {
  const documents = hostLists.map((hosts, index) => ({
    apiVersion: 'sluice.dev/v1alpha1',
    kind: 'QuotaSchedulingPolicy',
    metadata: { name: `q${index}` },
    spec: {
      targetRefs: hosts.map((name) => ({ kind: 'VirtualHost', name })),
      quota: { capacity: 1, fillInterval: '1s' },
    },
  }));
  const parsed = parse(
    documents.map((document, index) => ({ name: `${index}`, text: JSON.stringify(document) })),
  );
  const { policies, diagnostics } = validate(parsed.documents);
  expect(diagnostics).toEqual([]);
  const planned = plan(policies);
  return { plan: planned.plan, warnings: planned.diagnostics.map(({ message }) => message) };
}

describe('quotas', () => {
  it('have virtual hosts as rate limits have', () => {
    const { plan } = planQuotas(['a.shop.svc.cluster.local'], ['*.example']);
    expect(domains(plan)).toEqual([
      'a.shop.svc.cluster.local a.shop.svc.cluster a.shop.svc a.shop a',
      '*.example',
      '*',
    ]);
    expect(plan.virtualHosts.map(({ routes }) => routes[0]!.filtered)).toEqual([true, true, false]);
    expect(planQuotas([]).plan.virtualHosts[0]!.routes[0]!.filtered).toBe(true);
  });

  it('stand in the order of how exact their hosts are, then of the policies', () => {
    const { plan, warnings } = planQuotas([], ['*.example'], ['*.b.example', 'c'], ['d'], ['e', 'f']);
    expect(plan.plugin.quotaSchedulers!.map(({ name }) => name)).toEqual([
      'default/q3',
      'default/q4',
      'default/q2',
      'default/q1',
      'default/q0',
    ]);
    expect(warnings).toEqual([]);
  });

  it('that no request can reach are warned about', () => {
    const { warnings } = planQuotas(['a', 'b'], ['a'], ['b', 'c'], [], []);
    expect(warnings).toEqual([
      expect.stringContaining('the same hosts as default/q0, which comes first: it is never used'),
      expect.stringContaining('the same hosts as default/q3, which comes first: it is never used'),
    ]);
  });
});
