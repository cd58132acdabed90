import { expect, test } from 'vitest';
import type { PluginConfiguration, QuotaScheduler, RateLimitRule } from '../plan/plugin-configuration.ts';
import type { EnvoyFiles } from './files.ts';
import type { Upstream } from './options.ts';
import { overlapPlugins } from './overlap-plugins.ts';
import { translateToEnvoy } from './translate.ts';
import { updateSteps } from './update-steps.ts';

function files(rule: Partial<RateLimitRule>, routeName = 'default', port = 8080): EnvoyFiles {
  const upstream: Upstream = { host: '127.0.0.1', port };
  const limit = { algorithm: 'tokenBucket', maxTokens: 1, tokensPerFill: 1, fillIntervalNanos: 1e9 } as const;
  return translateToEnvoy(
    {
      plugin: { version: 1, rateLimits: [{ name: 'a', limit, ...rule }] },
      virtualHosts: [
        { name: '*', domains: ['*'], routes: [{ name: routeName, pathPrefix: '/', filtered: true }] },
      ],
    },
    {
      listen: { host: '127.0.0.1', port: 10_000 },
      admin: { host: '127.0.0.1', port: 9901 },
      upstream,
      modulePath: '/modules/sluice.wasm',
      xdsDirectory: '/xds',
    },
  );
}

function names(current: EnvoyFiles, next: EnvoyFiles): string[] {
  return updateSteps(current, next).map(({ file }) => file.name);
}

test('nothing is replaced when nothing changes', () => {
  expect(names(files({}), files({}))).toEqual([]);
});

test('a change of rules alone replaces the filter alone', () => {
  expect(names(files({ routes: ['r'] }), files({ routes: ['s'] }))).toEqual(['filter.json']);
});

test('while routes change their names, the rules answer for the old and the new', () => {
  const [first, second, third] = updateSteps(files({ routes: ['r'] }, 'r'), files({ routes: ['s'] }, 's'));
  expect(JSON.stringify(first!.file.response)).toContain(String.raw`\"routes\":[\"s\",\"r\"]`);
  expect(first!.optional).toBe(true);
  expect(second!.file.name).toBe('routes.json');
  expect(JSON.stringify(third!.file.response)).toContain(String.raw`\"routes\":[\"s\"]`);
});

test('while the routes of another host come, the rules name their hosts', () => {
  const filesFor = (...hosts: string[]) =>
    translateToEnvoy(
      {
        plugin: {
          version: 1,
          rateLimits: hosts.map((host) => ({
            name: host,
            hosts: [host],
            limit: { algorithm: 'slidingWindow', maxRequests: 1, windowNanos: 1e9 },
          })),
        },
        virtualHosts: [
          ...hosts.map((host) => ({
            name: host,
            domains: [host],
            routes: [{ name: 'default', pathPrefix: '/', filtered: true }],
          })),
          { name: '*', domains: ['*'], routes: [{ name: 'default', pathPrefix: '/', filtered: false }] },
        ],
      },
      {
        listen: { host: '127.0.0.1', port: 10_000 },
        admin: { host: '127.0.0.1', port: 9901 },
        upstream: { host: '127.0.0.1', port: 8080 },
        modulePath: '/modules/sluice.wasm',
        xdsDirectory: '/xds',
        leaveHostsToRoutes: true,
      },
    );
  const steps = (current: EnvoyFiles, next: EnvoyFiles) =>
    updateSteps(current, next).map(({ file }) => [
      file.name,
      ['a', 'b']
        .filter((host) => JSON.stringify(file.response).includes(String.raw`\"hosts\":[\"${host}\"]`))
        .join(),
    ]);
  expect(steps(filesFor('a'), filesFor('a', 'b'))).toEqual([
    ['filter.json', 'a,b'],
    ['routes.json', ''],
  ]);
  expect(steps(filesFor('a', 'b'), filesFor('a'))).toEqual([
    ['filter.json', 'a'],
    ['routes.json', ''],
    ['filter.json', ''],
  ]);
});

test('a new cluster comes before the routes that name it, and an old one goes after', () => {
  const steps = updateSteps(files({}, 'r', 8080), files({}, 'r', 8081));
  expect(steps.map(({ file }) => file.name)).toEqual(['clusters.json', 'routes.json', 'clusters.json']);
  const clusters = steps.map(({ file }) => (file.response.resources as object[]).length);
  expect(clusters).toEqual([2, 1, 1]);
});

test('the last step of each file is the file wanted', () => {
  const next = files({ name: 'b', routes: ['s'] }, 's', 8081);
  const last = new Map(
    updateSteps(files({ routes: ['r'] }, 'r'), next).map(({ file }) => [file.name, file.version]),
  );
  expect(Object.fromEntries(last)).toEqual({
    'clusters.json': next.clusters.version,
    'filter.json': next.filter.version,
    'routes.json': next.routes.version,
  });
});

test('a rule that is dropped keeps its patterns while it lasts', () => {
  const pattern = (expression: string) => ({ expression, table: '' });
  const rule = (name: string): RateLimitRule => ({
    name,
    limit: { algorithm: 'slidingWindow', maxRequests: 1, windowNanos: 1e9 },
    match: [{ on: 'path', is: 'regex', pattern: 0 }],
  });
  const plugin = (name: string): PluginConfiguration => ({
    version: 1,
    patterns: [pattern(name)],
    rateLimits: [rule(name)],
  });
  const both = overlapPlugins(plugin('old'), plugin('new'));
  const expressionOf = Object.fromEntries(
    both.rateLimits!.map(({ name, match }) => {
      const [condition] = match as unknown as [{ pattern: number }];
      return [name, both.patterns![condition.pattern]!.expression];
    }),
  );
  expect(expressionOf).toEqual({ old: 'old', new: 'new' });
});

function quota(name: string, rest: Partial<QuotaScheduler> = {}): QuotaScheduler {
  return {
    name,
    bucket: { capacityMillitokens: 1_000, fillMillitokens: 1_000, fillIntervalNanos: 1e9 },
    ...rest,
  };
}

test('while routes change, a quota answers for the routes of both sides, and one that is dropped comes last', () => {
  const both = overlapPlugins(
    { version: 1, quotaSchedulers: [quota('dropped', { routes: ['r'] }), quota('kept', { routes: ['r'] })] },
    { version: 1, quotaSchedulers: [quota('kept', { routes: ['s'] }), quota('new')] },
  );
  expect(both.quotaSchedulers!.map(({ name, routes }) => [name, routes])).toEqual([
    ['kept', ['s', 'r']],
    ['new', undefined],
    ['dropped', ['r']],
  ]);
  expect(both.rateLimits).toBeUndefined();
});

test('a quota that is dropped keeps its patterns wherever they stand in its trees', () => {
  const regex = (pattern: number) => ({ on: 'path', is: 'regex', pattern }) as const;
  const both = overlapPlugins(
    {
      version: 1,
      patterns: [{ expression: 'old', table: '' }],
      quotaSchedulers: [
        quota('dropped', {
          match: [{ any: [{ not: regex(0) }] }],
          workloads: [{ name: 'w', match: [{ all: [regex(0)] }] }],
        }),
      ],
    },
    {
      version: 1,
      patterns: [{ expression: 'new', table: '' }],
      quotaSchedulers: [quota('new', { match: [regex(0)] })],
    },
  );
  const [added, dropped] = both.quotaSchedulers!;
  expect(added!.match).toEqual([regex(0)]);
  expect(dropped!.match).toEqual([{ any: [{ not: regex(1) }] }]);
  expect(dropped!.workloads![0]!.match).toEqual([{ all: [regex(1)] }]);
});
