import { expect, test } from 'vitest';
import type { Plan, PlannedVirtualHost } from '../plan/plan.ts';
import type { RateLimitRule } from '../plan/plugin-configuration.ts';
import { printFile } from './files.ts';
import type { EnvoyOptions } from './options.ts';
import { translateToEnvoy } from './translate.ts';

const options: EnvoyOptions = {
  listen: { host: '127.0.0.1', port: 10_000 },
  admin: { host: '127.0.0.1', port: 9901 },
  upstream: { host: '127.0.0.1', port: 8080 },
  modulePath: '/modules/sluice.wasm',
  xdsDirectory: '/xds',
};

function virtualHost(name: string, domains: string[], filtered = true): PlannedVirtualHost {
  return { name, domains, routes: [{ name: 'default', pathPrefix: '/', filtered }] };
}

function rule(name: string, rest: Partial<RateLimitRule> = {}): RateLimitRule {
  const limit = { algorithm: 'tokenBucket', maxTokens: 1, tokensPerFill: 1, fillIntervalNanos: 1e9 } as const;
  return { name, limit, ...rest };
}

function plan(virtualHosts: PlannedVirtualHost[], rateLimits: RateLimitRule[] = [rule('a')]): Plan {
  return {
    plugin: { version: 1, rateLimits },
    virtualHosts: [...virtualHosts, virtualHost('*', ['*'], false)],
  };
}

interface VirtualHostJson {
  name: string;
  domains: string[];
  typed_per_filter_config?: object;
  routes: { name: string; route: { cluster: string }; typed_per_filter_config?: object }[];
}

function virtualHostsOf(each: Plan, place: EnvoyOptions = options): VirtualHostJson[] {
  const [configuration] = translateToEnvoy(each, place).routes.response.resources as [
    { virtual_hosts: VirtualHostJson[] },
  ];
  return configuration.virtual_hosts;
}

function clustersByDomain(each: Plan, place: EnvoyOptions): Record<string, string> {
  return Object.fromEntries(
    virtualHostsOf(each, place).flatMap(({ domains, routes }) =>
      domains.map((domain) => [domain, routes[0]!.route.cluster]),
    ),
  );
}

const bypass = {
  sluice: { '@type': 'type.googleapis.com/envoy.config.route.v3.FilterConfig', disabled: true },
};

test('virtual hosts without a rule bypass the filter', () => {
  const [limited, rest] = virtualHostsOf(plan([virtualHost('a.example', ['a.example'])]));
  expect(limited!.typed_per_filter_config).toBeUndefined();
  expect(rest!.typed_per_filter_config).toEqual(bypass);
});

test('in a virtual host with rules, only the routes without one bypass the filter', () => {
  const routes = [
    { name: 'api', pathPrefix: '/api', filtered: true },
    { name: 'rest', pathPrefix: '/', filtered: false },
  ];
  const [mixed] = virtualHostsOf(plan([{ name: 'a', domains: ['a'], routes }]));
  expect(mixed!.typed_per_filter_config).toBeUndefined();
  expect(mixed!.routes.map((route) => route.typed_per_filter_config)).toEqual([undefined, bypass]);
});

test('a stream whose request may be held for long is not idle before that', () => {
  const waitsFor = (seconds: number): Plan => ({
    ...plan([virtualHost('a.example', ['a.example'])]),
    plugin: {
      version: 1,
      quotaSchedulers: [
        {
          name: 'a',
          bucket: { capacityMillitokens: 1, fillMillitokens: 1, fillIntervalNanos: 1e9 },
          workloads: [{ name: 'patient', match: [], queueTimeoutNanos: seconds * 1e9 }],
        },
      ],
    },
  });
  const routesOf = (each: Plan) => virtualHostsOf(each).map(({ routes }) => routes[0]!.route);
  expect(routesOf(waitsFor(3600))).toMatchObject([{ idle_timeout: '3660s' }, {}]);
  expect(routesOf(waitsFor(240)).flatMap(Object.keys)).not.toContain('idle_timeout');
});

test("the listeners' own ports count as named by a rule that names ports", () => {
  const files = translateToEnvoy(plan([], [rule('a', { ports: [80] }), rule('b')]), {
    ...options,
    listenLocal: { host: '127.0.0.1', port: 10_001 },
  });
  expect(files.plugin.rateLimits!.map(({ ports }) => ports)).toEqual([[80, 10_000, 10_001], undefined]);
});

test("the listeners' own ports count as named by a quota, too", () => {
  const bucket = { capacityMillitokens: 1, fillMillitokens: 1, fillIntervalNanos: 1e9 };
  const each = plan([], []);
  each.plugin.quotaSchedulers = [{ name: 'a', bucket, ports: [80] }];
  expect(translateToEnvoy(each, options).plugin.quotaSchedulers![0]!.ports).toEqual([80, 10_000]);
});

test('a port that Envoy has yet to choose is not named', () => {
  const files = translateToEnvoy(plan([], [rule('a', { ports: [80] })]), {
    ...options,
    listen: { host: '127.0.0.1', port: 0 },
  });
  expect(files.plugin.rateLimits![0]!.ports).toEqual([80]);
});

test('whole numbers up to 2^53−1 reach the module unchanged', () => {
  const limit = { algorithm: 'slidingWindow', maxRequests: 1, windowNanos: 2 ** 53 - 1 } as const;
  const files = translateToEnvoy(plan([], [rule('a', { limit })]), options);
  expect(printFile(files.filter.response)).toContain(String.raw`\"windowNanos\":9007199254740991`);
});

test('equal plans make equal versions, another plan makes another', () => {
  const version = (name: string) => translateToEnvoy(plan([], [rule(name)]), options).filter.version;
  expect(version('a')).toBe(version('a'));
  expect(version('a')).not.toBe(version('b'));
});

const service = ['web.shop.svc.cluster.local', 'web.shop.svc.cluster', 'web.shop.svc', 'web.shop', 'web'];

test.each(service)('an upstream for a service may be named %s', (host) => {
  const clusters = clustersByDomain(plan([virtualHost(service[0]!, service)]), {
    ...options,
    upstreamsByHost: new Map([[host, { host: '127.0.0.1', port: 9000 }]]),
  });
  expect(clusters).toEqual({
    ...Object.fromEntries(service.map((form) => [form, '127.0.0.1:9000'])),
    '*': '127.0.0.1:8080',
  });
});

test('a host that only its upstream names keeps the routes of the virtual host it had', () => {
  const virtualHosts = virtualHostsOf(plan([virtualHost('*.example', ['*.example'])]), {
    ...options,
    upstreamsByHost: new Map([
      ['a.b.example', { host: 'localhost', port: 9000 }],
      ['elsewhere', { host: 'localhost', port: 9000 }],
    ]),
  });
  const [inherited, free] = virtualHosts;
  expect(inherited).toMatchObject({ name: '*.example@a.b.example', domains: ['a.b.example'] });
  expect(inherited!.typed_per_filter_config).toBeUndefined();
  expect(free).toMatchObject({ domains: ['elsewhere'], typed_per_filter_config: bypass });
});

test('no domain stands twice, whatever hosts have upstreams', () => {
  const upstreamsByHost = new Map(
    [...service, 'a.example', 'b.example', '*.example', '*'].map((host, at) => [
      host,
      { host: '127.0.0.1', port: 9000 + at },
    ]),
  );
  const domains = virtualHostsOf(
    plan([virtualHost(service[0]!, service), virtualHost('a.example', ['a.example', 'b.example'])]),
    { ...options, upstreamsByHost },
  ).flatMap((each) => each.domains);
  expect(new Set(domains).size).toBe(domains.length);
});

test('one cluster for each distinct upstream', () => {
  const { clusters } = translateToEnvoy(plan([]), {
    ...options,
    upstreamsByHost: new Map([
      ['a', options.upstream],
      ['b', { host: 'grpc.internal', port: 50_051, protocol: 'h2c' }],
    ]),
  });
  expect(clusters.response.resources).toMatchObject([
    { name: '127.0.0.1:8080', type: 'STATIC' },
    { name: 'h2c://grpc.internal:50051', type: 'STRICT_DNS' },
  ]);
});

test('10,000 virtual hosts are translated and printed whole', () => {
  const names = Array.from({ length: 10_000 }, (_, at) => `host-${at}.example`);
  const many = plan(
    names.map((name) => virtualHost(name, [name])),
    names.map((name) => rule(name, { hosts: [name] })),
  );
  const files = translateToEnvoy(many, options);
  const text = [files.clusters, files.filter, files.routes]
    .map(({ response }) => printFile(response))
    .join('');
  for (const name of names) expect(text.includes(`"${name}"`), name).toBe(true);
});
