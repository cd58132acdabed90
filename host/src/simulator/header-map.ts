/**
 * An ordered multi map of headers as Envoy's `HeaderMapImpl` behaves: names in lower case, pseudo headers first,
 * a second value of a well-known ("inline") header joined to the first. Flat: name, value, name, value….
 * Text is UTF-8 on the guest's side; bytes that are not UTF-8 do not survive.
 */
export type HeaderMap = string[];
export type HeaderPair = [name: string, value: string];
/** What callers may write: pairs in order, or an object. */
export type HeadersInput = readonly (readonly [string, string])[] | Readonly<Record<string, string>>;

/**
 * Headers of which Envoy keeps one entry: a value added later is appended after a comma.
 * Source: Envoy `envoy/http/header_map.h`, the ones a policy is likely to meet.
 */
const inlineHeaders = new Set(
  (
    ':authority :method :path :scheme :protocol :status connection content-length content-type date expect ' +
    'grpc-accept-encoding grpc-message grpc-status grpc-timeout keep-alive location proxy-connection proxy-status ' +
    'server te transfer-encoding upgrade user-agent via x-client-trace-id x-envoy-attempt-count ' +
    'x-envoy-decorator-operation x-envoy-degraded x-envoy-downstream-service-cluster ' +
    'x-envoy-downstream-service-node x-envoy-expected-rq-timeout-ms x-envoy-external-address x-envoy-force-trace ' +
    'x-envoy-internal x-envoy-ip-tags x-envoy-max-retries x-envoy-original-path x-envoy-ratelimited ' +
    'x-envoy-retry-grpc-on x-envoy-retry-on x-envoy-upstream-alt-stat-name x-envoy-upstream-rq-timeout-ms ' +
    'x-envoy-upstream-service-time x-forwarded-client-cert x-forwarded-for x-forwarded-host x-forwarded-port ' +
    'x-forwarded-proto x-request-id'
  ).split(' '),
);

export function createHeaderMap(input: HeadersInput = []): HeaderMap {
  const map: HeaderMap = [];
  if (isPairs(input)) for (const [name, value] of input) addHeader(map, name, value);
  else for (const name in input) addHeader(map, name, input[name]!);
  return map;
}

function isPairs(input: HeadersInput): input is readonly (readonly [string, string])[] {
  return Array.isArray(input);
}

/** The first value, as Envoy's `getHeaderMapValue` returns, or undefined. */
export function firstHeader(map: HeaderMap, name: string): string | undefined {
  const wanted = name.toLowerCase();
  for (let index = 0; index < map.length; index += 2) if (map[index] === wanted) return map[index + 1];
  return undefined;
}

/** All values joined by `,`, as Envoy's header matchers and `request.headers` see them, or undefined. */
export function joinedHeader(map: HeaderMap, name: string): string | undefined {
  const wanted = name.toLowerCase();
  let joined: string | undefined;
  for (let index = 0; index < map.length; index += 2) {
    if (map[index] === wanted)
      joined = joined === undefined ? map[index + 1]! : `${joined},${map[index + 1]}`;
  }
  return joined;
}

export function addHeader(map: HeaderMap, name: string, value: string): void {
  const lower = name.toLowerCase();
  if (inlineHeaders.has(lower)) {
    for (let index = 0; index < map.length; index += 2) {
      if (map[index] === lower) {
        map[index + 1] = map[index + 1] === '' ? value : `${map[index + 1]},${value}`;
        return;
      }
    }
  }
  if (lower.charCodeAt(0) !== 58) {
    map.push(lower, value);
    return;
  }
  let position = 0;
  while (position < map.length && map[position]!.charCodeAt(0) === 58) position += 2;
  map.splice(position, 0, lower, value);
}

/** Removes all values and adds one, at the end. */
export function replaceHeader(map: HeaderMap, name: string, value: string): void {
  removeHeader(map, name);
  addHeader(map, name, value);
}

export function removeHeader(map: HeaderMap, name: string): void {
  const unwanted = name.toLowerCase();
  let kept = 0;
  for (let index = 0; index < map.length; index += 2) {
    if (map[index] === unwanted) continue;
    map[kept] = map[index]!;
    map[kept + 1] = map[index + 1]!;
    kept += 2;
  }
  map.length = kept;
}

/** Bytes of all names and values: what `proxy_get_header_map_size` returns. */
export function headerByteSize(map: HeaderMap): number {
  let size = 0;
  for (const text of map) size += Buffer.byteLength(text);
  return size;
}

export function headerPairs(map: HeaderMap): HeaderPair[] {
  const pairs: HeaderPair[] = [];
  for (let index = 0; index < map.length; index += 2) pairs.push([map[index]!, map[index + 1]!]);
  return pairs;
}
