import { ActiveStream, createBody } from './active-stream.ts';
import type { StreamContext } from './context.ts';
import { failStream, startDecoding } from './decode.ts';
import { createHeaderMap, firstHeader, type HeaderMap } from './header-map.ts';
import type { ProxyProcess } from './process.ts';
import type { RequestOptions, Stream } from './stream.ts';
import { callbackIndex, invoke, takeContextId } from './vm.ts';
import { acquirePlugin, type Worker } from './worker.ts';

const onContextCreate = callbackIndex('proxy_on_context_create');

/** Begins a request on a worker and runs it until it is admitted, held or answered. */
export function beginStream(process: ProxyProcess, worker: Worker, options: RequestOptions): Stream {
  const stream = new ActiveStream({
    process,
    worker: worker.thread - 1,
    requestHeaders: requestHeadersOf(options),
    requestBody: createBody(options.body),
    requestTrailers: options.trailers === undefined ? undefined : createHeaderMap(options.trailers),
    attributes: {
      connectionId: options.connectionId ?? 1,
      sourceAddress: options.sourceAddress ?? '127.0.0.1:40000',
      routeName: options.routeName,
      virtualHostName: options.virtualHostName,
      startNanos: process.clock.now(),
      overrides: options.properties,
      stored: undefined,
      responseStatus: undefined,
      responseDetails: undefined,
      isComplete: false,
      responseFlags: 0n,
    },
  });
  const plugin = acquirePlugin(worker);
  if (plugin.kind === 'bypass') {
    stream.outcome = { kind: 'admitted', atNanos: process.clock.now(), bypassed: true };
    return stream;
  }
  if (plugin.kind === 'failed') {
    failStream(stream, true);
    return stream;
  }
  const { vm, root } = plugin;
  const context: StreamContext = {
    kind: 'stream',
    id: takeContextId(vm),
    root,
    attributes: stream.attributes,
    control: stream,
    requestHeaders: undefined,
    requestBody: undefined,
    requestTrailers: undefined,
    responseHeaders: undefined,
    responseBody: undefined,
    responseTrailers: undefined,
    endOfStream: false,
    accessLog: undefined,
  };
  vm.contexts.set(context.id, context);
  root.streams++;
  stream.vm = vm;
  stream.context = context;
  invoke(vm, onContextCreate, context, root.id);
  if (vm.failure !== undefined) failStream(stream, false);
  else startDecoding(stream);
  return stream;
}

/** Pseudo headers in Envoy's order, given or by default, then the rest as given. */
function requestHeadersOf(options: RequestOptions): HeaderMap {
  const given = createHeaderMap(options.headers);
  const headers: HeaderMap = [];
  const add = (name: string, value: string | null) => {
    const chosen = firstHeader(given, name) ?? value;
    if (chosen !== null) headers.push(name, chosen);
  };
  add(':authority', options.authority === undefined ? 'localhost' : options.authority);
  add(':path', options.path === undefined ? '/' : options.path);
  add(':method', options.method === undefined ? 'GET' : options.method);
  add(':scheme', options.scheme === undefined ? 'http' : options.scheme);
  for (let index = 0; index < given.length; index += 2) {
    if (!defaulted.has(given[index]!)) headers.push(given[index]!, given[index + 1]!);
  }
  return headers;
}

const defaulted = new Set([':authority', ':path', ':method', ':scheme']);
