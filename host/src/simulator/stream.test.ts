import { describe, expect, test } from 'vitest';
import type { HeadersInput } from './header-map.ts';
import { createSimulator, type Simulator } from './simulator.ts';
import type { RequestOptions } from './stream.ts';
import { guestModule, type PutText } from './testing/guest-module.ts';

const messages = (simulator: Simulator) => simulator.logs.map(({ message }) => message);
const simulate = (
  build: (text: PutText) => string,
  options: Partial<Parameters<typeof createSimulator>[0]> = {},
) => createSimulator({ module: guestModule(build), ...options });
/** Runs one request through a guest that has only `proxy_on_request_headers`, with this body. */
const onRequest = (build: (text: PutText) => string, request: RequestOptions = {}) => {
  const simulator = simulate(
    (text) =>
      `(func (export "proxy_on_request_headers") (param i32 i32 i32) (result i32) ${build(text)} (i32.const 0))`,
  );
  return { simulator, stream: simulator.request(request), said: () => messages(simulator) };
};

describe('header maps', () => {
  const headers: HeadersInput = [
    ['X-Twice', 'one'],
    ['x-twice', 'two'],
    ['accept', '*/*'],
  ];

  test('a value read is the first of several; a missing one is NotFound', () => {
    const { said } = onRequest(
      (text) => `
      (call $say_result (call $get_header (i32.const 0) ${text('X-TWICE')} (i32.const 0) (i32.const 4)))
      (call $say_scratch (i32.const 0))
      (call $say_result (call $get_header (i32.const 0) ${text('absent')} (i32.const 0) (i32.const 4)))
      (call $say_result (call $get_header (i32.const 2) ${text('x')} (i32.const 0) (i32.const 4)))
      (call $say_result (call $get_header (i32.const 9) ${text('x')} (i32.const 0) (i32.const 4)))`,
      { headers },
    );
    expect(said()).toEqual(['0', 'one', '1', '2', '2']);
  });

  test('edits: add appends, replace drops all and appends, remove drops all; order is kept', () => {
    const { stream, said } = onRequest(
      (text) => `
      (drop (call $add_header (i32.const 0) ${text('X-New')} ${text('1')}))
      (drop (call $add_header (i32.const 0) ${text('x-new')} ${text('2')}))
      (drop (call $replace_header (i32.const 0) ${text('x-twice')} ${text('three')}))
      (drop (call $remove_header (i32.const 0) ${text('accept')}))
      (drop (call $replace_header (i32.const 0) ${text(':path')} ${text('/é')}))
      (drop (call $add_header (i32.const 0) ${text('x-forwarded-for')} ${text('10.0.0.2')}))
      (call $say_result (call $get_size (i32.const 0) (i32.const 0)))
      (call $say_number (i64.load32_u (i32.const 0)))`,
      { headers: [...headers, ['x-forwarded-for', '10.0.0.1']] },
    );
    expect(stream.requestHeaders()).toEqual([
      [':authority', 'localhost'],
      [':method', 'GET'],
      [':scheme', 'http'],
      [':path', '/é'],
      ['x-forwarded-for', '10.0.0.1,10.0.0.2'],
      ['x-new', '1'],
      ['x-new', '2'],
      ['x-twice', 'three'],
    ]);
    const bytes = stream.requestHeaders().reduce((sum, pair) => sum + Buffer.byteLength(pair.join('')), 0);
    expect(said()).toEqual(['0', String(bytes)]);
  });

  test('all pairs can be read and written back', () => {
    const { stream, said } = onRequest(
      (text) => `
      (call $say_result (call $get_pairs (i32.const 0) (i32.const 0) (i32.const 4)))
      (call $say_number (i64.load32_u (i32.load (i32.const 0))))
      (drop (call $remove_header (i32.const 0) ${text('x-twice')}))
      (call $say_result (call $set_pairs (i32.const 0) (i32.load (i32.const 0)) (i32.load (i32.const 4))))`,
      { headers },
    );
    expect(said()).toEqual(['0', '7', '0']);
    expect(stream.requestHeaders().filter(([name]) => name === 'x-twice')).toEqual([
      ['x-twice', 'one'],
      ['x-twice', 'two'],
    ]);
  });

  test('request headers are gone once the request has been passed on', () => {
    const simulator = simulate(
      (text) => `
      (func (export "proxy_on_request_headers") (param i32 i32 i32) (result i32) (i32.const 0))
      (func (export "proxy_on_response_headers") (param i32 i32 i32) (result i32)
        (call $say_result (call $get_header (i32.const 0) ${text(':path')} (i32.const 0) (i32.const 4)))
        (call $say_result (call $get_pairs (i32.const 0) (i32.const 0) (i32.const 4)))
        (call $say_number (i64.load32_u (i32.const 4)))
        (i32.const 0))
      (func (export "proxy_on_log") (param i32)
        (call $say_result (call $get_header (i32.const 0) ${text(':path')} (i32.const 0) (i32.const 4)))
        (call $say_scratch (i32.const 0)))`,
    );
    const stream = simulator.request({ path: '/there' });
    stream.respond();
    stream.end();
    expect(messages(simulator)).toEqual(['2', '0', '0', '0', '/there']);
  });
});

describe('properties', () => {
  const read = (text: PutText, path: string) => `
    (call $say_result (call $get_property ${text(path)} (i32.const 0) (i32.const 4)))
    (call $say_scratch (i32.const 0))`;

  test('attributes of the request and of the plugin', () => {
    const { said } = onRequest(
      (text) => `${read(text, 'xds\0route_name')}${read(text, 'source\0address')}${read(text, 'plugin_name')}
        ${read(text, 'request\0url_path')}${read(text, 'request\0headers\0x-a')}${read(text, 'own\0thing')}
        (call $say_result (call $get_property ${text('connection\0id')} (i32.const 0) (i32.const 4)))
        (call $say_number (i64.load (i32.load (i32.const 0))))
        (call $say_result (call $get_property ${text('nothing\0here')} (i32.const 0) (i32.const 4)))`,
      {
        path: '/a/b?c=d',
        routeName: 'r1',
        sourceAddress: '10.1.2.3:4',
        connectionId: 7,
        headers: { 'x-a': 'v' },
        properties: { 'own.thing': 'mine' },
      },
    );
    expect(said()).toEqual([
      '0',
      'r1',
      '0',
      '10.1.2.3:4',
      '0',
      'sluice',
      '0',
      '/a/b',
      '0',
      'v',
      '0',
      'mine',
      '0',
      '7',
      '1',
    ]);
  });

  test('a property that was set can be read back on the same stream', () => {
    const { said } = onRequest(
      (text) => `(call $say_result (call $set_property ${text('mark')} ${text('set')}))${read(text, 'mark')}`,
    );
    expect(said()).toEqual(['0', '0', 'set']);
  });

  test('foreign functions are NotFound unless registered', () => {
    const build = (text: PutText) => `
      (func (export "proxy_on_request_headers") (param i32 i32 i32) (result i32)
        (call $say_result (call $foreign ${text('double')} ${text('ab')} (i32.const 16) (i32.const 20)))
        (call $say_scratch (i32.const 16)) (i32.const 0))`;
    const without = simulate(build);
    without.request();
    const double = (argument: Uint8Array) => Buffer.concat([argument, argument]);
    const having = simulate(build, { foreignFunctions: { double } });
    having.request();
    expect([messages(without)[0], messages(having)]).toEqual(['1', ['0', 'abab']]);
  });
});

describe('bodies and trailers', () => {
  test('a body can be read, replaced and followed by trailers', () => {
    const simulator = simulate(
      (text) => `
      (func (export "proxy_on_request_headers") (param i32 i32 i32) (result i32)
        (call $say_result (local.get 2)) (i32.const 0))
      (func (export "proxy_on_request_body") (param i32 i32 i32) (result i32)
        (call $say_result (local.get 2))
        (drop (call $get_buffer (i32.const 0) (i32.const 1) (i32.const 100) (i32.const 0) (i32.const 4)))
        (call $say_scratch (i32.const 0))
        (drop (call $set_buffer (i32.const 0) (i32.const 0) (local.get 1) ${text('other')}))
        (i32.const 0))
      (func (export "proxy_on_request_trailers") (param i32 i32) (result i32)
        (drop (call $add_header (i32.const 1) ${text('x-t')} ${text('2')})) (i32.const 0))`,
    );
    const stream = simulator.request({ body: 'body', trailers: { 'x-s': '1' } });
    expect(stream.outcome.kind).toBe('admitted');
    expect(messages(simulator)).toEqual(['0', '0', 'ody']);
    expect(stream.requestBody()).toBe('other');
    expect(stream.requestTrailers()).toEqual([
      ['x-s', '1'],
      ['x-t', '2'],
    ]);
  });

  test('a response passes through the filter too', () => {
    const simulator = simulate(
      (text) => `
      (func (export "proxy_on_response_headers") (param i32 i32 i32) (result i32)
        (drop (call $add_header (i32.const 2) ${text('x-seen')} ${text('1')})) (i32.const 0))
      (func (export "proxy_on_response_body") (param i32 i32 i32) (result i32)
        (drop (call $set_buffer (i32.const 1) (i32.const 99) (i32.const 0) ${text('!')})) (i32.const 0))`,
    );
    const response = simulator.request().respond({ status: 201, body: 'hi' });
    expect(response).toMatchObject({ status: 201, body: 'hi!', held: false });
    expect(response.headers).toContainEqual(['x-seen', '1']);
  });
});

describe('local replies', () => {
  const replying = (text: PutText, grpcStatus = -1) =>
    `(drop (call $reply (i32.const 429) ${text('rate limited')} ${text('slow down')} (i32.const 2000) (i32.const 40) (i32.const ${grpcStatus})))`;
  /** One header pair, `x-a: 1`, serialized at 2,000. */
  const pair = `(func $pair
    (i32.store (i32.const 2000) (i32.const 1)) (i32.store (i32.const 2004) (i32.const 3))
    (i32.store (i32.const 2008) (i32.const 1)) (i32.store (i32.const 2012) (i32.const 0x00612d78))
    (i32.store16 (i32.const 2016) (i32.const 0x0031)))`;
  const guest =
    (grpcStatus = -1) =>
    (text: PutText) =>
      `${pair}
    (func (export "proxy_on_request_headers") (param i32 i32 i32) (result i32)
      (call $pair) ${replying(text, grpcStatus).replace('(i32.const 40)', '(i32.const 18)')} (i32.const 0))
    (func (export "proxy_on_response_headers") (param i32 i32 i32) (result i32)
      (call $say_result (call $get_header (i32.const 0) ${text(':path')} (i32.const 0) (i32.const 4)))
      (drop (call $add_header (i32.const 2) ${text('x-own')} ${text('seen')})) (i32.const 0))
    (func (export "proxy_on_delete") (param i32) (call $say ${text('deleted')}))`;

  test('the answer carries the details, body and headers, passes the filter itself, and ends the stream', () => {
    const simulator = simulate(guest());
    const stream = simulator.request();
    expect(stream.outcome).toMatchObject({
      kind: 'localReply',
      status: 429,
      details: 'rate_limited',
      body: 'slow down',
      grpcStatus: undefined,
      requested: { status: 429, grpcStatus: -1 },
      headers: [
        [':status', '429'],
        ['x-a', '1'],
        ['content-length', '9'],
        ['content-type', 'text/plain'],
        ['x-own', 'seen'],
      ],
    });
    expect(stream.ended).toBe(true);
    expect(messages(simulator)).toEqual(['0', 'deleted']);
    expect(simulator.contextCount(0)).toBe(1);
  });

  test('a gRPC request gets status 200 and its status and message in headers', () => {
    const headers = { 'content-type': 'application/grpc' };
    const outcome = simulate(guest(8)).request({ headers }).outcome;
    expect(outcome).toMatchObject({ kind: 'localReply', status: 200, body: '', grpcStatus: 8 });
    expect(outcome.kind === 'localReply' && outcome.headers).toContainEqual(['grpc-message', 'slow down']);
    // Without a gRPC status Envoy translates the HTTP status: 429 is UNAVAILABLE.
    expect(simulate(guest()).request({ headers }).outcome).toMatchObject({ grpcStatus: 14 });
  });

  test('HEAD gets the headers without the body', () => {
    const outcome = simulate(guest()).request({ method: 'HEAD' }).outcome;
    expect(outcome).toMatchObject({ kind: 'localReply', status: 429, body: '' });
  });

  test('one asked for in a response callback replaces the response and does not pass the filter', () => {
    const simulator = simulate(
      (text) => `
      (func (export "proxy_on_response_headers") (param i32 i32 i32) (result i32)
        (call $say ${text('response')})
        (drop (call $reply (i32.const 500) ${text('no')} ${text('no')} (i32.const 0) (i32.const 0) (i32.const -1)))
        (i32.const 0))`,
    );
    const response = simulator.request().respond({ status: 200, body: 'hi' });
    expect(response).toMatchObject({ status: 500, body: 'no', replacedBy: 'no' });
    expect(messages(simulator)).toEqual(['response']);
  });
});

describe('holding', () => {
  /** Holds every request; the tick or the queue ends the one whose id is stored at 512, by the action at 516. */
  const holding = (status: number) => (text: PutText) =>
    `
    (func (export "proxy_on_configure") (param i32 i32) (result i32)
      (drop (call $tick_period (i32.const 5))) (i32.const 1))
    (func (export "proxy_on_request_headers") (param $id i32) (param i32 i32) (result i32)
      (i32.store (i32.const 512) (local.get $id)) (i32.const ${status}))
    (func (export "proxy_on_request_body") (param i32 i32 i32) (result i32) (call $say ${text('body')}) (i32.const 0))
    (func (export "proxy_on_tick") (param i32)
      (if (i32.load (i32.const 512)) (then
        (call $say_result (call $effective (i32.load (i32.const 512))))
        (drop (call $add_header (i32.const 0) ${text('x-waited')} ${text('1')}))
        (drop (call $continue (i32.const 0)))
        (call $say_result (call $add_header (i32.const 0) ${text('x-late')} ${text('1')}))
        (i32.store (i32.const 512) (i32.const 0)))))
    (func (export "proxy_on_done") (param $id i32) (result i32) (call $say ${text('done')}) (i32.const 1))`;

  test.each([1, 3, 4])('status %i holds; a tick continues it, with edits made before', (status) => {
    const simulator = simulate(holding(status));
    const stream = simulator.request({ body: 'x' });
    const outcomes: string[] = [];
    stream.onOutcome = ({ kind }) => outcomes.push(kind);
    expect(stream.outcome).toMatchObject({ kind: 'held', in: 'requestHeaders' });
    simulator.advanceMillis(5);
    expect(stream.outcome).toEqual({ kind: 'admitted', atNanos: simulator.now(), bypassed: false });
    expect(outcomes).toEqual(['admitted']);
    expect(stream.requestHeaders()).toContainEqual(['x-waited', '1']);
    // The header map went with the call of continue, the body came after the callback.
    expect(messages(simulator)).toEqual(['0', '2', 'body']);
  });

  test('a client that goes away ends the context; its id is then stale', () => {
    const simulator = simulate(holding(4));
    const stream = simulator.request();
    stream.clientGone();
    expect(stream.outcome).toMatchObject({ kind: 'gone' });
    simulator.advanceMillis(5);
    expect(messages(simulator)).toEqual(['done', '2', '2']);
  });

  test('a held request can be refused from a tick', () => {
    const simulator = simulate(
      (text) => `
      (func (export "proxy_on_request_headers") (param $id i32) (param i32 i32) (result i32)
        (i32.store (i32.const 512) (local.get $id)) (drop (call $tick_period (i32.const 7))) (i32.const 4))
      (func (export "proxy_on_tick") (param i32)
        (drop (call $tick_period (i32.const 0)))
        (drop (call $effective (i32.load (i32.const 512))))
        (drop (call $reply (i32.const 503) ${text('timeout')} ${text('')} (i32.const 0) (i32.const 0) (i32.const -1)))
        (call $say ${text('tick ends')}))
      (func (export "proxy_on_response_headers") (param i32 i32 i32) (result i32)
        (call $say ${text('encode')}) (i32.const 0))`,
    );
    const stream = simulator.request();
    simulator.advanceMillis(7);
    expect(stream.outcome).toMatchObject({ kind: 'localReply', status: 503, atNanos: simulator.now() });
    expect(messages(simulator)).toEqual(['tick ends', 'encode']);
    expect(simulator.nextTickNanos()).toBeUndefined();
  });

  test('close_stream resets', () => {
    const { stream } = onRequest(() => '(drop (call $close (i32.const 0)))');
    expect(stream.outcome.kind).toBe('reset');
    expect(stream.ended).toBe(true);
  });
});

describe('traps', () => {
  /** Traps on the path `/trap`, holds `/hold`; counts requests in VM memory and in shared data. */
  const trapping = (text: PutText) => `
    (func (export "proxy_on_configure") (param i32 i32) (result i32)
      (call $say ${text('configured')})
      (drop (call $set_shared ${text('k')} ${text('kept')} (i32.const 0))) (i32.const 1))
    (func (export "proxy_on_request_headers") (param i32 i32 i32) (result i32)
      (drop (call $get_header (i32.const 0) ${text(':path')} (i32.const 0) (i32.const 4)))
      (if (i32.eq (i32.load8_u offset=1 (i32.load (i32.const 0))) (i32.const 116)) (then unreachable))
      (if (i32.eq (i32.load8_u offset=1 (i32.load (i32.const 0))) (i32.const 104)) (then (return (i32.const 4))))
      (i32.const 0))`;

  test('FAIL_RELOAD: 503 until the backoff since the last load is over, then a fresh VM is configured', () => {
    const simulator = simulate(trapping, { workers: 2 });
    const held = simulator.request({ path: '/hold' });
    expect(simulator.request({ path: '/trap' }).outcome).toMatchObject({
      kind: 'trapped',
      status: 503,
      message: expect.stringContaining('unreachable'),
    });
    expect(simulator.failure(0)).toContain('proxy_on_request_headers');
    expect(simulator.request({ path: '/' }).outcome).toMatchObject({
      kind: 'localReply',
      status: 503,
      details: 'wasm_fail_stream',
    });
    expect(simulator.request({ worker: 1 }).outcome.kind).toBe('admitted');
    simulator.advanceMillis(999);
    expect(simulator.request().outcome.kind).toBe('localReply');
    simulator.logs.length = 0;
    simulator.advanceMillis(501);
    expect(simulator.request().outcome.kind).toBe('admitted');
    expect(simulator.logs.map(({ thread, message }) => `${thread}: ${message}`)).toEqual([
      'worker 0: configured',
    ]);
    expect(simulator.sharedData.entries()).toBe(1);
    expect(held.outcome.kind).toBe('held');
    held.clientGone();
    expect(held.outcome.kind).toBe('gone');
  });

  test('FAIL_RELOAD: the first trap of a VM that has run for long costs one request', () => {
    const simulator = simulate(trapping);
    simulator.advanceMillis(10_000);
    simulator.request({ path: '/trap' });
    expect(simulator.request().outcome.kind).toBe('admitted');
    simulator.request({ path: '/trap' });
    expect(simulator.request().outcome.kind).toBe('localReply');
  });

  test('FAIL_CLOSED: 503 for ever', () => {
    const simulator = simulate(trapping, { failurePolicy: 'FAIL_CLOSED' });
    simulator.request({ path: '/trap' });
    simulator.advanceMillis(1_000_000);
    expect(simulator.request().outcome).toMatchObject({ kind: 'localReply', status: 503 });
  });

  test('FAIL_OPEN: one 503, then no filter', () => {
    const simulator = simulate(trapping, { failurePolicy: 'FAIL_OPEN' });
    expect(simulator.request({ path: '/trap' }).outcome.kind).toBe('trapped');
    expect(simulator.request({ path: '/trap' }).outcome).toMatchObject({ kind: 'admitted', bypassed: true });
  });

  test('a response that meets a failed VM becomes 503', () => {
    const simulator = simulate(trapping);
    const stream = simulator.request();
    simulator.request({ path: '/trap' });
    expect(stream.respond({ body: 'hi' })).toMatchObject({ status: 503, replacedBy: 'wasm_fail_stream' });
  });

  test('endless recursion is a trap', () => {
    const simulator = simulate(
      () => `(func $down (call $down))
      (func (export "proxy_on_request_headers") (param i32 i32 i32) (result i32) (call $down) (i32.const 0))`,
    );
    expect(simulator.request().outcome.kind).toBe('trapped');
  });

  test('a live update gives a failed worker a fresh VM', () => {
    const simulator = simulate(trapping);
    simulator.request({ path: '/trap' });
    simulator.updateConfiguration('new');
    expect(simulator.request().outcome.kind).toBe('admitted');
  });
});
