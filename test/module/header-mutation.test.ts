import { describe, expect, it } from 'vitest';
import { createSimulator } from '../../host/src/simulator/index.ts';
import { headerConfiguration, headerMutationModule, simulateHeaders } from './header-modules.ts';
import { sluiceModule, tokenBucket } from './modules.ts';

/** What the module says of an edit of a request: `accepted`, or its reason. */
function verdict(configuration: unknown): string {
  try {
    createSimulator({ module: headerMutationModule, configuration });
    return 'accepted';
  } catch (error) {
    const reason = /plugin configuration refused: (.*)/.exec((error as Error).message);
    if (reason === null) throw error;
    return reason[1]!;
  }
}

const withRule = (rule: object) => ({ version: 1, headerRules: [{ name: 'a', ...rule }] });
const withEdit = (edit: object) => withRule({ request: [edit] });
const set = (name: string, value: string) => ({ edit: 'set' as const, name, value });

describe('configuration of header rules', () => {
  it.each<[string, unknown]>([
    ['no rule', { version: 1, headerRules: [] }],
    ['names in upper case', withEdit(set('X-A', 'b'))],
    ['braces that are meant', withEdit(set('x-a', '{{"a":1}}'))],
    ['a tab', withEdit(set('x-a', 'a\tb'))],
    ['the longest value', withEdit(set('x-a', 'a'.repeat(16_384)))],
    [
      'everything',
      withRule({
        hosts: ['*.example'],
        ports: [80],
        routes: ['r'],
        match: [{ any: [{ on: 'path', is: 'prefix', value: '/' }] }],
        request: [
          { ...set('x-a', '{limiter}{scheduler}{workload}{breaker}'), keepEmptyValue: true },
          { edit: 'add', name: 'x-a', value: '{request.header.x-b?request.cookie.c:5}' },
          { edit: 'addIfAbsent', name: 'x-a', value: '{request.path}{request.query}{request.query.q}' },
          {
            edit: 'overwriteIfExists',
            name: 'x-a',
            value: '{request.method}{request.host}{request.authority}',
          },
          { edit: 'remove', name: 'x-a', match: [{ on: 'method', is: 'exact', value: 'GET' }] },
          { edit: 'removePrefix', prefix: 'x-internal-' },
          { edit: 'rename', from: 'x-b', name: 'x-c' },
          { edit: 'copy', from: 'x-b', name: 'x-c' },
          {
            edit: 'map',
            from: 'x-b',
            name: 'x-b',
            values: [
              ['a', 'b'],
              ['', 'c'],
            ],
            default: 'd',
          },
        ],
        response: [
          {
            ...set(
              'x-a',
              '{response.status}{response.header.x-b}{request.scheme}{source.address}{route.name}',
            ),
            statuses: [
              [200, 299],
              [404, 404],
            ],
            responseMatch: [{ on: 'header', name: 'x-b', is: 'present', invert: true }],
          },
        ],
        requestTrailers: [set('x-a', '{request.protocol}')],
        responseTrailers: [set('x-a', '{response.status}')],
      }),
    ],
    [
      'edits before matching',
      withRule({ phase: 'beforeMatching', request: [{ edit: 'remove', name: 'x-a' }] }),
    ],
  ])('accepts %s', (_, configuration) => {
    expect(verdict(configuration)).toBe('accepted');
  });

  const edit = 'headerRules[0].request[0]';
  it.each<[unknown, string]>([
    [withRule({}), 'headerRules[0]: expected a rule with at least one edit, got none'],
    [
      { version: 1, headerRules: [{ request: [set('x-a', 'b')] }] },
      'headerRules[0]: expected a rule with a "name", got none',
    ],
    [
      { version: 1, headerRules: [1, 2].map(() => ({ name: 'a', request: [set('x-a', 'b')] })) },
      'headerRules[1]: expected a name of its own, got that of another rule',
    ],
    [
      withRule({ request: Array.from({ length: 65 }, () => set('x-a', 'b')) }),
      'headerRules[0]: expected at most 64 edits in one rule, got 65',
    ],
    [withRule({ phase: 'late', request: [] }), 'headerRules[0].phase: expected beforeMatching, or no phase'],
    [
      withRule({ phase: 'beforeMatching', request: [set('x-a', '{limiter}')] }),
      'headerRules[0]: expected only "request" edits without limiter, scheduler, workload and breaker in a rule of phase beforeMatching',
    ],
    [
      withRule({ phase: 'beforeMatching', response: [set('x-a', 'b')] }),
      'headerRules[0]: expected only "request" edits without limiter, scheduler, workload and breaker in a rule of phase beforeMatching',
    ],
    [withEdit({ name: 'x-a' }), `${edit}: expected an edit with "edit", got none`],
    [
      withEdit({ edit: 'append', name: 'x-a' }),
      `${edit}.edit: expected set, add, overwriteIfExistsOrAdd, addIfAbsent, overwriteIfExists, remove, removePrefix, rename, copy or map`,
    ],
    ...[
      ':path',
      ':authority',
      ':status',
      'host',
      'Host',
      'content-length',
      'connection',
      'te',
      'transfer-encoding',
    ].map((name): [unknown, string] => [
      withEdit(set(name, 'b')),
      `${edit}.name: expected a header that is not about the connection or the message itself`,
    ]),
    [
      withEdit({ edit: 'copy', from: ':path', name: 'x-a' }),
      `${edit}.from: expected a header that is not about the connection or the message itself`,
    ],
    [withEdit(set('x a', 'b')), `${edit}.name: expected the name of a header`],
    [withEdit(set('x-a\r\nx-b', 'b')), `${edit}.name: expected the name of a header`],
    [withEdit({ edit: 'removePrefix', prefix: '' }), `${edit}.prefix: expected a text that is not empty`],
    [
      withEdit({ edit: 'removePrefix', prefix: ':' }),
      `${edit}.prefix: expected how the name of a header begins`,
    ],
    [withEdit({ edit: 'removePrefix', name: 'x-a' }), `${edit}: expected "prefix" with removePrefix alone`],
    [withEdit({ edit: 'remove' }), `${edit}: expected "name" with every edit but removePrefix`],
    [
      withEdit({ edit: 'remove', name: 'x-a', from: 'x-b' }),
      `${edit}: expected "from" with rename, copy and map alone`,
    ],
    [
      withEdit({ edit: 'rename', from: 'x-a', name: 'X-A' }),
      `${edit}: expected another name than that in "from"`,
    ],
    [withEdit({ edit: 'set', name: 'x-a' }), `${edit}: expected "value" with edits that write a value alone`],
    ...['\r', '\n', '\0', 'a\r\nx-b: c', '\x7f', '\x1f'].map((value): [unknown, string] => [
      withEdit(set('x-a', value)),
      `${edit}.value: expected a header value without control characters`,
    ]),
    [
      withEdit(set('x-a', 'a'.repeat(16_385))),
      `${edit}.value: expected a header value of at most 16384 bytes`,
    ],
    [
      withEdit(set('x-a', '{request.paths}')),
      `${edit}.value: expected facts that are known here, got {request.paths}`,
    ],
    [withEdit(set('x-a', '{}')), `${edit}.value: expected facts that are known here, got {}`],
    [
      withEdit(set('x-a', '{request.header.}')),
      `${edit}.value: expected facts that are known here, got {request.header.}`,
    ],
    [
      withEdit(set('x-a', '{request.header.a b}')),
      `${edit}.value: expected facts that are known here, got {request.header.a b}`,
    ],
    [
      withEdit(set('x-a', '{response.status}')),
      `${edit}.value: expected facts that are known here, got {response.status}`,
    ],
    [
      withRule({ responseTrailers: [set('x-a', '{response.header.x-b}')] }),
      'headerRules[0].responseTrailers[0].value: expected facts that are known here, got {response.header.x-b}',
    ],
    [
      withEdit(set('x-a', 'a{request.path')),
      `${edit}.value: expected a template in which every "{" has its "}", and a "{" that is meant is written "{{"`,
    ],
    [withEdit(set('x-a', 'a}')), `${edit}.value: expected a template in which "}" is written "}}"`],
    [
      withEdit(set('x-a', '{request.path:0}')),
      `${edit}.value: expected a number of bytes from 1 to 16384 behind ":"`,
    ],
    [
      withEdit(set('x-a', '{request.path:x}')),
      `${edit}.value: expected a number of bytes from 1 to 16384 behind ":"`,
    ],
    [
      withEdit({ edit: 'map', from: 'x-a', name: 'x-b', values: [] }),
      `${edit}.values: expected 1 to 1024 values`,
    ],
    [
      withEdit({
        edit: 'map',
        from: 'x-a',
        name: 'x-b',
        values: [
          ['a', 'b'],
          ['a', 'c'],
        ],
      }),
      `${edit}.values: expected each value once`,
    ],
    [
      withEdit({ edit: 'map', from: 'x-a', name: 'x-b', values: [['a', 'b\r\n']] }),
      `${edit}.values[0][1]: expected a header value without control characters, of at most 16384 bytes`,
    ],
    [
      withEdit({ edit: 'map', from: 'x-a', name: 'x-b', values: [['a']] }),
      `${edit}.values: expected a pair of a value and what it becomes`,
    ],
    [withEdit({ edit: 'map', from: 'x-a', name: 'x-b' }), `${edit}: expected "values" with map alone`],
    [
      withEdit({ edit: 'map', from: 'x-a', name: 'x-b', values: [['a', 'b']], default: '\n' }),
      `${edit}.default: expected a header value without control characters, of at most 16384 bytes`,
    ],
    [
      withEdit({ ...set('x-a', 'b'), statuses: [[200, 299]] }),
      `${edit}: expected "statuses" and "responseMatch" with edits of responses alone`,
    ],
    [
      withRule({ response: [{ ...set('x-a', 'b'), statuses: [[299, 200]] }] }),
      'headerRules[0].response[0].statuses[0]: expected a pair of the least and the most status',
    ],
    [
      withRule({ response: [{ ...set('x-a', 'b'), responseMatch: [{ on: 'path', is: 'present' }] }] }),
      'headerRules[0].response[0].responseMatch: expected conditions on headers alone',
    ],
    [withEdit({ ...set('x-a', 'b'), if: 1 }), `${edit}.if: expected no field of this name`],
  ])('refuses %j', (configuration, reason) => {
    expect(verdict(configuration)).toBe(reason);
  });
});

describe('host calls', () => {
  it('edits that need to know nothing are made without a read, one call each', () => {
    const simulator = simulateHeaders(
      headerConfiguration({
        request: [
          set('x-a', '1'),
          { edit: 'add', name: 'x-b', value: '{source.address}' },
          { edit: 'remove', name: 'x-c' },
        ],
      }),
    );
    const before = simulator.hostCalls();
    const stream = simulator.request({ headers: { 'x-c': 'gone' } });
    expect(stream.requestHeaders()).toEqual(
      expect.arrayContaining([
        ['x-a', '1'],
        ['x-b', '127.0.0.1'],
      ]),
    );
    expect(callsSince(simulator.hostCalls(), before)).toEqual({
      proxy_replace_header_map_value: 1,
      proxy_add_header_map_value: 1,
      proxy_remove_header_map_value: 1,
      proxy_get_property: 1,
    });
  });

  it('a message is read once, and a name with one value is written once, whatever happened to it', () => {
    const simulator = simulateHeaders(
      headerConfiguration({
        hosts: ['localhost'],
        request: [
          set('x-a', '1'),
          { edit: 'add', name: 'x-a', value: '2' },
          set('x-a', '{request.header.x-a}'),
          set('x-same', 'same'),
          { edit: 'remove', name: 'x-absent' },
          { edit: 'add', name: 'x-gone', value: '1' },
          { edit: 'remove', name: 'x-gone' },
        ],
      }),
    );
    const before = simulator.hostCalls();
    const stream = simulator.request({ headers: { 'x-same': 'same' } });
    expect(stream.requestHeaders()).toContainEqual(['x-a', '1,2']);
    expect(callsSince(simulator.hostCalls(), before)).toEqual({
      proxy_get_header_map_pairs: 1,
      proxy_add_header_map_value: 1,
    });
  });
});

describe('a stream', () => {
  const quota = {
    name: 'q',
    bucket: { capacityMillitokens: 1000, fillMillitokens: 1000, fillIntervalNanos: 1e9 },
    defaultWorkload: { queueTimeoutNanos: 1_500_000_000 },
  };

  it('that is held gets its edits, and its refusal those of the response', () => {
    const simulator = createSimulator({
      module: sluiceModule,
      configuration: {
        ...headerConfiguration({
          request: [set('x-workload', '{scheduler}/{workload}')],
          response: [set('x-for', '{request.header.x-id} {workload}')],
        }),
        quotaSchedulers: [quota],
      },
    });
    const [first, second, third] = ['1', '2', '3'].map((id) =>
      simulator.request({ headers: { 'x-id': id } }),
    );
    expect([first, second, third].map((stream) => stream!.outcome.kind)).toEqual([
      'admitted',
      'held',
      'localReply',
    ]);
    expect(third!.outcome).toMatchObject({ status: 503 });
    expect(third!.response()!.headers).toContainEqual(['x-for', '3 default']);
    simulator.advanceMillis(1100);
    expect(second!.outcome.kind).toBe('admitted');
    expect(second!.requestHeaders()).toContainEqual(['x-workload', 'q/default']);
    expect(second!.respond().headers).toContainEqual(['x-for', '2 default']);
    expect(first!.respond().headers).toContainEqual(['x-for', '1 default']);
  });

  it('is edited by the configuration it began with, whatever came since', () => {
    const of = (text: string) => headerConfiguration({ response: [set('x-a', `${text} {request.path}`)] });
    const simulator = simulateHeaders(of('first'));
    const streams = [simulator.request({ path: '/1' })];
    for (let edit = 2; edit < 40; edit++) {
      simulator.updateConfiguration(of(`edit ${edit}`));
      streams.push(simulator.request({ path: `/${edit}` }));
    }
    for (const [index, stream] of streams.entries()) {
      const text = index === 0 ? 'first' : `edit ${index + 1}`;
      expect(stream.respond().headers).toContainEqual(['x-a', `${text} /${index + 1}`]);
      stream.end();
    }
  });

  it('keeps its notes however many others come and go before it is answered', () => {
    const simulator = simulateHeaders(headerConfiguration({ response: [set('x-a', '{request.path}')] }));
    const slow = simulator.request({ path: '/slow' });
    const gone = Array.from({ length: 300 }, (_, index) => simulator.request({ path: `/gone/${index}` }));
    for (const stream of gone) stream.clientGone();
    for (let index = 0; index < 20_000; index++) {
      const stream = simulator.request({ path: `/${index}` });
      if (index % 3 === 0) stream.clientGone();
      else expect(stream.respond().headers).toContainEqual(['x-a', `/${index}`]);
      stream.end();
    }
    expect(slow.respond().headers).toContainEqual(['x-a', '/slow']);
    expect(simulator.memoryBytes(0)).toBeLessThan(4 * 1024 * 1024);
  });

  it('beyond 16,384 that await their responses loses its notes, the oldest first, and nothing else', () => {
    const simulator = simulateHeaders(headerConfiguration({ response: [set('x-a', 'yes')] }));
    const streams = Array.from({ length: 16_484 }, () => simulator.request());
    const edited = streams.map((stream) => stream.respond().headers.some(([name]) => name === 'x-a'));
    expect(edited.filter(Boolean)).toHaveLength(16_384);
    expect(edited.slice(-10_000).every(Boolean)).toBe(true);
  });

  it('has its trailers edited, and gets none that it had not', () => {
    const simulator = simulateHeaders(
      headerConfiguration({
        requestTrailers: [
          set('x-method', '{request.method}'),
          { edit: 'rename', from: 'x-sum', name: 'x-checksum' },
        ],
        responseTrailers: [
          { ...set('x-status', '{response.status} {request.header.x-id}'), statuses: [[200, 299]] },
          { edit: 'removePrefix', prefix: 'x-debug-' },
        ],
      }),
    );
    const answer = { body: 'b', trailers: { 'x-debug-a': '1', 'x-other': '2' } };
    const stream = simulator.request({ headers: { 'x-id': '7' }, body: 'a', trailers: { 'x-sum': 's' } });
    expect(stream.requestTrailers()).toEqual(
      expect.arrayContaining([
        ['x-method', 'GET'],
        ['x-checksum', 's'],
      ]),
    );
    expect(stream.requestTrailers()).toHaveLength(2);
    expect(stream.respond(answer).trailers).toEqual([
      ['x-other', '2'],
      ['x-status', '200 7'],
    ]);
    expect(simulator.request().respond({ ...answer, status: 500 }).trailers).toEqual([['x-other', '2']]);
    expect(simulator.request({ body: 'a' }).requestTrailers()).toEqual([]);
    expect(simulator.request().respond({ body: 'b' }).trailers).toEqual([]);
  });

  it('whose facts do not fit into its note has none of them rather than half', () => {
    const simulator = simulateHeaders(
      headerConfiguration({ response: [set('x-a', '[{request.header.x-long}] [{request.header.x-short}]')] }),
    );
    const respond = (length: number) =>
      simulator.request({ headers: { 'x-long': 'l'.repeat(length), 'x-short': 's' } }).respond().headers;
    expect(respond(900)).toContainEqual(['x-a', `[${'l'.repeat(900)}] [s]`]);
    expect(respond(5000)).toContainEqual(['x-a', '[] [s]']);
  });

  it('with values that do not fit into the buffer keeps nothing that they would have overwritten', () => {
    const long = '{request.header.x-long}'.repeat(8);
    const simulator = simulateHeaders(
      headerConfiguration({
        request: [set('x-a', long), { edit: 'add', name: 'x-b', value: long }, set('x-c', 'fits')],
      }),
    );
    const headers = { 'x-long': 'l'.repeat(20_000), 'x-a': 'sent', 'x-b': 'sent' };
    const seen = simulator.request({ headers }).requestHeaders();
    expect(seen.filter(([name]) => /^x-[abc]$/.test(name))).toEqual([
      ['x-b', 'sent'],
      ['x-c', 'fits'],
    ]);
    expect(simulator.metrics.value('sluice.headers.rule-0.overflowed')).toBe(1n);
  });

  it('is told the limiter of the most exact host', () => {
    const simulator = createSimulator({
      module: sluiceModule,
      configuration: {
        ...headerConfiguration({ request: [set('x-limiter', '{limiter}')] }),
        rateLimits: [
          { name: 'wide', limit: tokenBucket(100, 1) },
          { name: 'exact', hosts: ['localhost'], limit: tokenBucket(2, 600) },
        ],
      },
    });
    expect(simulator.request().requestHeaders()).toContainEqual(['x-limiter', 'exact']);
    expect(simulator.request({ authority: 'b' }).requestHeaders()).toContainEqual(['x-limiter', 'wide']);
  });
});

function callsSince(after: Record<string, number>, before: Record<string, number>): Record<string, number> {
  return Object.fromEntries(
    Object.entries(after)
      .map(([name, count]): [string, number] => [name, count - (before[name] ?? 0)])
      .filter(([name, count]) => count > 0 && name !== 'allocate'),
  );
}
