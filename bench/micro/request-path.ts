/**
 * Nanoseconds from a request's entry into the module to its verdict, under Node with a stub of Envoy: to compare two
 * builds of the module, not to say what a request costs in Envoy.
 *
 *   node bench/micro/request-path.ts [modules/rate-limit.wasm] [another.wasm …]
 */
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import type { RateLimitRule } from '../../host/src/plan/plugin-configuration.ts';
import { markdownTable } from '../load/report/markdown.ts';
import { summarize } from '../load/report/statistics.ts';
import { benchHost, rules } from '../rules.ts';
import { instantiate, type StubHost } from './stub-host.ts';

const batches = 30;
const requestsPerBatch = 20_000;
const warmUpRequests = 100_000;

const { positionals } = parseArgs({ allowPositionals: true });
const modulePaths = positionals.length > 0 ? positionals : ['modules/rate-limit.wasm'];

const measurements = Object.entries(rules).flatMap(([name, rule]) =>
  modulePaths.map((path) => ({ name, path, host: load(path, rule), nanos: [] as number[] })),
);
// All are warm before the first is timed, and they take turns: what the engine learns from one serves or harms all.
for (const { host } of measurements) {
  run(host, warmUpRequests);
}
for (let batch = 0; batch < batches; batch++) {
  for (const { host, nanos } of measurements) {
    const start = process.hrtime.bigint();
    run(host, requestsPerBatch);
    nanos.push(Number(process.hrtime.bigint() - start) / requestsPerBatch);
  }
}
const rows = measurements.map(({ name, path, host, nanos }) => {
  const { median, lowest, highest } = summarize(nanos);
  return [name, path, median, lowest, highest, describeCalls(host)];
});
console.log(
  markdownTable(['rule', 'module', 'ns, median', 'lowest', 'highest', 'host calls of a request'], rows),
);

function load(path: string, rule: RateLimitRule): StubHost {
  return instantiate({
    module: new WebAssembly.Module(readFileSync(path)),
    configuration: JSON.stringify({ version: 1, rateLimits: [rule] }),
    headers: [
      [':authority', benchHost],
      [':path', '/'],
      [':method', 'GET'],
      [':scheme', 'http'],
      ['user-agent', 'fortio.org/fortio-1.68.0'],
      ['x-user', 'alice'],
      ['x-forwarded-proto', 'http'],
      ['x-request-id', 'a5b5cbb9-5d2e-4d1b-8a3c-8b9ab9e3c0b1'],
    ],
    clientAddress: '127.0.0.1:50000',
  });
}

function run(host: StubHost, requests: number): void {
  for (let count = 0; count < requests; count++) {
    host.request();
  }
}

function describeCalls(host: StubHost): string {
  host.takeCalls();
  host.request();
  return [...host.takeCalls()].map(([name, count]) => `${name.replace(/^proxy_/, '')} × ${count}`).join(', ');
}
