import { parseAddress } from '../core/address';
import { bytesOf, equalBytes, equalBytesIgnoringCase, indexOfByte, lastIndexOfByte } from '../core/bytes';
import { findHeader, findHeaderFrom, findJoinedHeader, foundLength, foundValue, loadRequestHeaders } from './headers';
import {
  CONNECTION_ID,
  propertyLength,
  propertyValue,
  readProperty,
  REQUEST_PROTOCOL,
  ROUTE_NAME,
  SOURCE_ADDRESS,
  VIRTUAL_HOST_NAME,
} from './properties';

/**
 * The facts of the request at hand, each read when first asked for and then kept. A fact is left in `fact` and
 * `factLength` (bytes in host memory); functions return whether there is one.
 */
export const ON_HEADER: i32 = 0;
export const ON_COOKIE: i32 = 1;
export const ON_QUERY: i32 = 2;
export const ON_PATH: i32 = 3;
export const ON_METHOD: i32 = 4;
export const ON_HOST: i32 = 5;
export const ON_CLIENT_ADDRESS: i32 = 6;
export const ON_CONNECTION: i32 = 7;
export const ON_FLAVOR: i32 = 8;

const AUTHORITY = bytesOf(':authority');
const PATH = bytesOf(':path');
const METHOD = bytesOf(':method');
const SCHEME = bytesOf(':scheme');
const CONTENT_TYPE = bytesOf('content-type');
const COOKIE = bytesOf('cookie');
const GRPC_CONTENT_TYPE = bytesOf('application/grpc');

export let fact: usize = 0;
export let factLength: i32 = 0;

let hasHeaders: bool = false;

let hostIsKnown: bool = false;
let host: usize = 0;
let hostLength: i32 = 0;
/** Port of the authority; −1 when it names none, or nothing that is one. */
let port: i32 = -1;

let routeIsKnown: bool = false;
let route: usize = 0;
let routeLength: i32 = 0;

let virtualHostIsKnown: bool = false;
let virtualHostNamesPort: i32 = -1;

let addressIsKnown: bool = false;
let addressFamily: i32 = 0;
/** The client's address, 16 bytes. */
export const clientAddress: usize = memory.data(16, 8);

let connectionIsKnown: bool = false;
let connection: usize = 0;
let connectionLength: i32 = 0;

/** Forgets the request before. */
export function beginRequest(): void {
  hasHeaders = false;
  hostIsKnown = false;
  routeIsKnown = false;
  virtualHostIsKnown = false;
  addressIsKnown = false;
  connectionIsKnown = false;
}

/** Whether the headers are here already, so that reading one costs no call. */
export function requestHeadersAreLoaded(): bool {
  return hasHeaders;
}

/** The request's own header pairs, read if they were not: `headerPairs` and `headerPairsBytes` of headers.ts. */
export function needRequestHeaders(): void {
  needHeaders();
}

/** Makes a value the fact at hand, for comparisons that did not read it themselves. */
export function showFact(pointer: usize, length: i32): void {
  fact = pointer;
  factLength = length;
}

@inline
function needHeaders(): void {
  if (!hasHeaders) {
    hasHeaders = true;
    loadRequestHeaders();
  }
}

/** The value of a source; `name` matters for headers, cookies and query parameters. */
export function readValue(on: i32, name: StaticArray<u8>): bool {
  switch (on) {
    case ON_HEADER:
      return readHeader(name);
    case ON_COOKIE:
      return readCookie(name);
    case ON_QUERY:
      return readQueryParameter(name);
    case ON_PATH:
      return readPath();
    case ON_FLAVOR:
      return readFlavor();
    case ON_METHOD:
      return readFirstHeader(METHOD);
    default:
      return readHost();
  }
}

export function readHeader(name: StaticArray<u8>): bool {
  needHeaders();
  if (!findJoinedHeader(changetype<usize>(name), name.length)) return false;
  fact = foundValue;
  factLength = foundLength;
  return true;
}

/** The authority without its port, as the client wrote it. */
export function readHost(): bool {
  if (!hostIsKnown) {
    hostIsKnown = true;
    hostLength = 0;
    port = -1;
    if (readFirstHeader(AUTHORITY)) splitAuthority();
  }
  fact = host;
  factLength = hostLength;
  return hostLength > 0;
}

/** −1 when the authority names none. Only after `readHost`. */
export function authorityPort(): i32 {
  return port;
}

export function readRouteName(): bool {
  if (!routeIsKnown) {
    routeIsKnown = true;
    routeLength = 0;
    if (readProperty(ROUTE_NAME)) {
      route = propertyValue;
      routeLength = propertyLength;
    }
  }
  fact = route;
  factLength = routeLength;
  return routeLength > 0;
}

/** The port in the name of the chosen virtual host, as Istio writes it (`host:80`, `inbound|http|80`); −1 when it names none. */
export function virtualHostPort(): i32 {
  if (!virtualHostIsKnown) {
    virtualHostIsKnown = true;
    virtualHostNamesPort = readProperty(VIRTUAL_HOST_NAME) ? portAtEnd(propertyValue, propertyLength) : -1;
  }
  return virtualHostNamesPort;
}

/** The number behind the last `:` or `|`. */
function portAtEnd(text: usize, length: i32): i32 {
  let port = 0;
  let scale = 1;
  let at = length - 1;
  for (; at >= 0 && scale <= 10_000; at--, scale *= 10) {
    const digit = <i32>load<u8>(text + at) - 48;
    if (digit < 0 || digit > 9) break;
    port += digit * scale;
  }
  if (scale == 1 || at < 0) return -1;
  const separator = load<u8>(text + at);
  return separator == 58 /* : */ || separator == 124 /* | */ ? port : -1;
}

/** Puts the downstream remote address into `clientAddress`; returns 4, 6, or 0 when there is none (a Unix socket). */
export function readClientAddress(): i32 {
  if (!addressIsKnown) {
    addressIsKnown = true;
    addressFamily = readProperty(SOURCE_ADDRESS) ? parseAddress(propertyValue, propertyLength, clientAddress) : 0;
  }
  return addressFamily;
}

export function readConnection(): bool {
  if (!connectionIsKnown) {
    connectionIsKnown = true;
    connectionLength = 0;
    if (readProperty(CONNECTION_ID)) {
      connection = propertyValue;
      connectionLength = propertyLength;
    }
  }
  fact = connection;
  factLength = connectionLength;
  return connectionLength > 0;
}

/** The version of HTTP, `1.1` or `2`, behind the name in `HTTP/1.1`. */
function readFlavor(): bool {
  if (!readProperty(REQUEST_PROTOCOL)) return false;
  const start = indexOfByte(propertyValue, propertyLength, 47 /* / */) + 1;
  fact = propertyValue + start;
  factLength = propertyLength - start;
  return true;
}

/** Whether this is a gRPC request: content type `application/grpc`, alone or before `+` or `;`. */
export function isGrpcRequest(): bool {
  const length = GRPC_CONTENT_TYPE.length;
  if (!readFirstHeader(CONTENT_TYPE) || factLength < length) return false;
  if (!equalBytesIgnoringCase(fact, changetype<usize>(GRPC_CONTENT_TYPE), length)) return false;
  if (factLength == length) return true;
  const next = load<u8>(fact + length);
  return next == 43 /* + */ || next == 59 /* ; */;
}

/** The version of HTTP with its name, `HTTP/1.1`. */
export function readProtocol(): bool {
  if (!readProperty(REQUEST_PROTOCOL)) return false;
  fact = propertyValue;
  factLength = propertyLength;
  return true;
}

/** The client's address as text, without port and brackets. */
export function readSourceAddress(): bool {
  if (!readProperty(SOURCE_ADDRESS)) return false;
  fact = propertyValue;
  factLength = propertyLength;
  const colon = lastIndexOfByte(fact, factLength, 58 /* : */);
  if (colon < 0) return false; // a Unix socket
  factLength = colon;
  if (factLength > 1 && load<u8>(fact) == 91 /* [ */) {
    fact += 1;
    factLength -= 2;
  }
  return factLength > 0;
}

/** The query string without its question mark. */
export function readQueryString(): bool {
  if (!readFirstHeader(PATH)) return false;
  const query = indexOfByte(fact, factLength, 63 /* ? */);
  if (query < 0) return false;
  fact += query + 1;
  factLength -= query + 1;
  return true;
}

export function readScheme(): bool {
  return readFirstHeader(SCHEME);
}

/** The authority as the client wrote it, its port included. */
export function readAuthority(): bool {
  return readFirstHeader(AUTHORITY);
}

/** The path without its query string. */
function readPath(): bool {
  if (!readFirstHeader(PATH)) return false;
  const query = indexOfByte(fact, factLength, 63 /* ? */);
  if (query >= 0) factLength = query;
  return true;
}

/** The raw value of the first query parameter of this name; compared as sent, without percent-decoding. */
function readQueryParameter(name: StaticArray<u8>): bool {
  if (!readFirstHeader(PATH)) return false;
  const question = indexOfByte(fact, factLength, 63 /* ? */);
  if (question < 0) return false;
  return readPairAmong(fact + question + 1, factLength - question - 1, 38 /* & */, name);
}

/** The value of the first cookie of this name, over all Cookie headers. */
function readCookie(name: StaticArray<u8>): bool {
  needHeaders();
  const header = changetype<usize>(COOKIE);
  for (
    let index = findHeaderFrom(header, COOKIE.length, 0);
    index >= 0;
    index = findHeaderFrom(header, COOKIE.length, index + 1)
  ) {
    if (readPairAmong(foundValue, foundLength, 59 /* ; */, name)) return true;
  }
  return false;
}

/** Finds `name=value` among pairs that `separator` parts; spaces before a name are passed over. */
function readPairAmong(pointer: usize, length: i32, separator: u8, name: StaticArray<u8>): bool {
  let start = 0;
  while (start < length) {
    while (start < length && load<u8>(pointer + start) == 32) start++;
    const rest = indexOfByte(pointer + start, length - start, separator);
    const size = rest < 0 ? length - start : rest;
    if (size >= name.length && equalBytes(pointer + start, changetype<usize>(name), name.length)) {
      if (size == name.length) {
        fact = pointer + start + size;
        factLength = 0;
        return true;
      }
      if (load<u8>(pointer + start + name.length) == 61 /* = */) {
        fact = pointer + start + name.length + 1;
        factLength = size - name.length - 1;
        return true;
      }
    }
    start += size + 1;
  }
  return false;
}

function readFirstHeader(name: StaticArray<u8>): bool {
  needHeaders();
  if (!findHeader(changetype<usize>(name), name.length)) return false;
  fact = foundValue;
  factLength = foundLength;
  return true;
}

/**
 * Parts `host:port` where Envoy does: at the last colon, unless that is inside the brackets of an IPv6 address. What
 * is behind it need not be a port: then the host is the same, and its port is not known.
 */
function splitAuthority(): void {
  host = fact;
  hostLength = factLength;
  const colon = lastIndexOfByte(fact, factLength, 58 /* : */);
  if (colon < 0 || colon < lastIndexOfByte(fact, factLength, 93 /* ] */)) return;
  hostLength = colon;
  let value = 0;
  for (let offset = colon + 1; offset < factLength; offset++) {
    const digit = <i32>load<u8>(fact + offset) - 48;
    if (digit < 0 || digit > 9) return;
    value = value * 10 + digit;
    if (value > 65535) return;
  }
  if (value > 0) port = value;
}
