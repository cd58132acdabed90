import { readFileSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { plan } from '../../host/src/plan/plan-policies.ts';
import type { HeaderEdit, HeaderRule } from '../../host/src/plan/plugin-configuration.ts';
import { parse } from '../../host/src/policy/parse.ts';
import { validate } from '../../host/src/policy/validate.ts';
import { findEnvoy } from '../../host/src/proxy/find-envoy.ts';
import { servePlan } from '../../host/src/proxy/serve-plan.ts';
import { headerMutationModule, simulateHeaders } from '../module/header-modules.ts';
import { sluiceModule } from '../module/modules.ts';
import { runs, timeLimitMillis } from './runs.ts';

/** Whatever stands in a policy or a request: no CR, LF, NUL and no second header gets onto the wire. */

const module = readFileSync(headerMutationModule);
const injected = 'x-injected';

const hostile = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.constantFrom(
      '\r',
      '\n',
      '\0',
      '\r\n',
      `\r\n${injected}: 1`,
      `\n${injected}: 1\r\n\r\n`,
      '\x7f',
      '\x0b',
    ),
  },
  {
    weight: 2,
    arbitrary: fc.constantFrom(
      '%0d%0a',
      '\t',
      ' ',
      ':',
      ',',
      '{',
      '}',
      '{{',
      '{request.path}',
      '{request.header.x-in}',
      '\u2028',
      '\u010a',
      '\u010d',
    ),
  },
  { weight: 3, arbitrary: fc.string({ unit: 'binary', maxLength: 12 }) },
);
const value = fc.array(hostile, { maxLength: 6 }).map((parts) => parts.join(''));
const name = fc.oneof(
  value,
  value.map((text) => `x-${text}`),
  fc.constantFrom('x-a', 'X-A', ':path', 'host', 'content-length', 'x_a', 'x a', 'x:a', 'x/a'),
);

/** Lines of HTTP/1 that are one header each. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
const headerLine = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+: [^\0-\x08\n-\x1f\x7f]*$/;
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is dropped
const controlCharacters = /[\0-\x08\n-\x1f\x7f]/g;

/** What is wrong with the headers as HTTP/1 writes them, or undefined. */
function problemOnWire(all: readonly (readonly [string, string])[]): string | undefined {
  const headers = all.filter(([header]) => !/^:[a-z]+$/.test(header));
  const wire = headers.map(([header, text]) => `${header}: ${text}\r\n`).join('');
  const lines = wire.split(/\r\n|\r|\n/).slice(0, -1);
  if (lines.length !== headers.length) return `${lines.length} lines for ${headers.length} headers`;
  const isBad = (line: string) => !headerLine.test(line);
  return lines.find(isBad) ?? lines.find((line) => line.startsWith(injected));
}

/** Every way by which a value of a request gets into a header. */
const copying: HeaderEdit[] = [
  { edit: 'set', name: 'x-out-1', value: 'a{request.header.x-in}b' },
  { edit: 'add', name: 'x-out-2', value: '{request.header.x-in:5}{request.query}' },
  { edit: 'set', name: 'x-out-3', value: '{request.cookie.c?request.query.q}' },
  { edit: 'addIfAbsent', name: 'x-out-4', value: '{request.path} {request.authority} {request.method}' },
  { edit: 'copy', from: 'x-in', name: 'x-out-5' },
  { edit: 'rename', from: 'x-also', name: 'x-out-6' },
  { edit: 'map', from: 'x-in', name: 'x-out-7', values: [['a', 'b']], default: 'c' },
  {
    edit: 'overwriteIfExistsOrAdd',
    name: 'x-out-8',
    value: '{source.address}{request.scheme}{request.host}',
  },
];
const later: HeaderEdit[] = [
  ...copying.slice(0, 4),
  { edit: 'set', name: 'x-out-8', value: '{response.header.x-in}{response.status}' },
  { edit: 'rename', from: 'x-in', name: 'x-out-5' },
];
const isOut = ([header]: readonly [string, string]) => header.startsWith('x-out-');

describe('header injection', () => {
  it(
    'by request values: 4,000 of them',
    () => {
      const simulator = simulateHeaders(
        { version: 1, headerRules: [{ name: 'a', request: copying, response: later }] },
        { module },
      );
      fc.assert(
        fc.property(value, value, value, (header, path, authority) => {
          const stream = simulator.request({
            path: `/${path}?q=${path}`,
            authority,
            headers: [
              ['x-in', header],
              ['x-also', header],
              ['x-also', path],
              ['cookie', `c=${authority}`],
            ],
          });
          const upstream = stream.requestHeaders().filter(isOut);
          expect(upstream.length).toBeGreaterThan(3);
          expect(problemOnWire(upstream)).toBeUndefined();
          const { headers } = stream.respond({ headers: [['x-in', header]] });
          expect(problemOnWire(headers)).toBeUndefined();
          stream.end();
        }),
        runs(61, 4_000),
      );
      expect(simulator.failure(0)).toBeUndefined();
    },
    timeLimitMillis,
  );

  it(
    'by values and names of a policy: 3,000 of them',
    () => {
      let accepted = 0;
      const simulator = simulateHeaders({ version: 1 }, { module });
      fc.assert(
        fc.property(name, value, value, (header, text, other) => {
          const spec = {
            rules: [
              {
                name: 'a',
                request: [
                  { set: { name: header, value: text } },
                  { map: { from: 'x-in', to: 'x-b', values: { a: other || 'b' }, default: 'c' } },
                  { rename: { from: 'x-old', to: header } },
                ],
              },
            ],
          };
          const policy = JSON.stringify({
            apiVersion: 'sluice.dev/v1alpha1',
            kind: 'HeaderPolicy',
            metadata: { name: 'a' },
            spec,
          });
          const { policies, diagnostics } = validate(parse([{ name: 'a.yaml', text: policy }]).documents);
          if (diagnostics.some(({ severity }) => severity === 'error')) return;
          accepted++;
          const configured = simulator.updateConfiguration(plan(policies).plan.plugin);
          expect(configured.accepted).toBe(true);
          const stream = simulator.request({ headers: { 'x-in': 'a', 'x-old': 'o' } });
          expect(
            problemOnWire(stream.requestHeaders().filter(([each]) => !each.startsWith(':'))),
          ).toBeUndefined();
          stream.end();
        }),
        runs(62, 3_000),
      );
      expect(accepted).toBeGreaterThan(20);
    },
    timeLimitMillis,
  );

  it(
    'by values and names of a plugin configuration: 3,000 of them',
    () => {
      let accepted = 0;
      const simulator = simulateHeaders({ version: 1 }, { module });
      fc.assert(
        fc.property(name, value, fc.constantFrom('request', 'response'), (header, text, message) => {
          const edits: HeaderEdit[] = [
            { edit: 'set', name: header, value: text },
            { edit: 'map', from: 'x-in', name: header, values: [['a', text || 'b']] },
          ];
          const rule: HeaderRule = { name: 'a', [message]: edits };
          if (!simulator.updateConfiguration({ version: 1, headerRules: [rule] }).accepted) return;
          accepted++;
          const stream = simulator.request({ headers: { 'x-in': 'a' } });
          const { headers } = stream.respond({ headers: { 'x-in': 'a' } });
          const all = [...stream.requestHeaders(), ...headers].filter(([each]) => !each.startsWith(':'));
          expect(problemOnWire(all)).toBeUndefined();
          stream.end();
        }),
        runs(63, 3_000),
      );
      expect(accepted).toBeGreaterThan(20);
    },
    timeLimitMillis,
  );

  it(
    'by request values through real Envoy: 500 of them, as raw bytes',
    async () => {
      const heads: string[] = [];
      const upstream = await listen((head) => heads.push(head));
      const served = await servePlan(
        {
          plugin: { version: 1, headerRules: [{ name: 'a', request: copying, response: later }] },
          virtualHosts: [
            { name: '*', domains: ['*'], routes: [{ name: 'default', pathPrefix: '/', filtered: true }] },
          ],
        },
        {
          envoyPath: (await findEnvoy()).path,
          modulePath: sluiceModule,
          listen: { host: '127.0.0.1', port: 0 },
          admin: { host: '127.0.0.1', port: 0 },
          upstream: upstream.address,
          concurrency: 1,
        },
      );
      try {
        // What ends a line on the wire would be the client's own next header, not an injected one.
        const raw = (text: string) =>
          Buffer.from(text.replaceAll(/[\r\n]+/g, '\r').replaceAll(injected, 'x-other'));
        const target = (text: string) =>
          encodeURI(text.replaceAll(/[\ud800-\udfff]/g, '')).replaceAll('#', '');
        const answers: string[] = [];
        await fc.assert(
          fc.asyncProperty(value, value, fc.boolean(), async (header, path, isRaw) => {
            const text = isRaw ? raw(header) : Buffer.from(header.replaceAll(controlCharacters, ''));
            const request = Buffer.concat([
              Buffer.from(
                `GET /${target(path)}?q=${target(path)} HTTP/1.1\r\nhost: a.example\r\nconnection: close\r\nx-in: `,
              ),
              text,
              Buffer.from('\r\nx-also: '),
              text,
              Buffer.from(`\r\ncookie: c=${target(path)}\r\n\r\n`),
            ]);
            answers.push(await exchange(served.envoy.listenAddress.port, request));
          }),
          runs(64, 500),
        );
        expect(heads.length).toBeGreaterThan(100);
        for (const head of [...heads, ...answers.filter((answer) => answer.startsWith('HTTP/1.1 200'))]) {
          const headers = head.split('\r\n').slice(1, -2);
          expect(
            problemOnWire(
              headers.map((line) => line.split(/: ?(.*)/s) as [string, string]).map(([a, b]) => [a, b ?? '']),
            ),
          ).toBeUndefined();
        }
        expect(answers.every((answer) => /^HTTP\/1\.1 (200|400) /.test(answer))).toBe(true);
      } finally {
        await served.stop();
        upstream.stop();
      }
    },
    timeLimitMillis,
  );
});

/** An upstream that keeps the bytes of each request's head. */
async function listen(keep: (head: string) => void) {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    let received = '';
    socket.on('error', () => socket.destroy());
    socket.on('data', (bytes) => {
      received += bytes.toString('latin1');
      for (let end = received.indexOf('\r\n\r\n'); end >= 0; end = received.indexOf('\r\n\r\n')) {
        keep(received.slice(0, end + 4));
        received = received.slice(end + 4);
        socket.write('HTTP/1.1 200 OK\r\nx-in: from upstream\r\ncontent-length: 0\r\n\r\n');
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  return {
    address: { host: '127.0.0.1', port },
    stop() {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}

/** Sends bytes and returns the answer's head. */
function exchange(port: number, request: Buffer): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(request));
    let answer = '';
    socket.on('data', (bytes) => {
      answer += bytes.toString('latin1');
      if (answer.includes('\r\n\r\n')) socket.destroy();
    });
    socket.on('close', () => resolve(answer.slice(0, answer.indexOf('\r\n\r\n') + 4)));
    socket.on('error', reject);
  });
}
