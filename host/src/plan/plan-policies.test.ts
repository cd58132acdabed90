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
