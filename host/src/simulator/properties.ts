import type { Context, StreamContext } from './context.ts';
import { firstHeader, joinedHeader } from './header-map.ts';
import type { ProxyProcess } from './process.ts';

/**
 * A property as a test may give it: text and bytes as they are, a bigint as u64, a number as i64, a boolean as one
 * byte. Source: Envoy `serializeValue` in source/extensions/common/wasm/context.cc.
 */
export type PropertyValue = string | Uint8Array | bigint | number | boolean;

/**
 * Reads a property by its path, segments separated by NUL. The attributes a policy is likely to read are modelled
 * and anything else can be given per request; the rest is absent. Request attributes that come from headers are
 * gone once the request has been passed on, as in Envoy.
 */
export function getProperty(process: ProxyProcess, context: Context, path: string): Uint8Array | undefined {
  const trimmed = path.endsWith('\0') ? path.slice(0, -1) : path;
  const name = trimmed.replaceAll('\0', '.');
  const stream = context.kind === 'stream' ? context : undefined;
  const given = stream?.attributes.overrides?.[name] ?? process.properties[name];
  if (given !== undefined) return serializeProperty(given);
  // A stored value has no parts: a path of several segments that was set cannot be read back.
  const stored = stream?.attributes.stored?.get(trimmed);
  if (stored !== undefined && !trimmed.includes('\0')) return stored;
  const value = stream === undefined ? undefined : streamProperty(process, stream, name);
  if (value !== undefined) return serializeProperty(value);
  if (name === 'plugin_name') return serializeProperty(process.pluginName);
  if (name === 'plugin_root_id') return serializeProperty(process.rootId);
  if (name === 'plugin_vm_id') return serializeProperty(process.vmId);
  return undefined;
}

function streamProperty(
  process: ProxyProcess,
  stream: StreamContext,
  name: string,
): PropertyValue | undefined {
  const { attributes } = stream;
  switch (name) {
    case 'xds.route_name':
      return attributes.routeName;
    case 'xds.virtual_host_name':
      return attributes.virtualHostName;
    case 'connection.id':
    case 'connection_id':
      return BigInt(attributes.connectionId);
    case 'source.address':
      return attributes.sourceAddress;
    case 'source.port':
      return Number(attributes.sourceAddress.slice(attributes.sourceAddress.lastIndexOf(':') + 1));
    case 'request.time':
      return Number(process.clock.realtime() - process.clock.now() + attributes.startNanos);
    case 'request.duration':
      return !attributes.isComplete ? undefined : Number(process.clock.now() - attributes.startNanos);
    case 'response.code':
      return attributes.responseStatus;
    case 'response.code_details':
      return attributes.responseDetails;
    case 'response.flags':
      return Number(attributes.responseFlags);
  }
  const requestHeaders = stream.requestHeaders ?? stream.accessLog?.requestHeaders;
  if (name.startsWith('request.') && requestHeaders !== undefined) {
    const field = name.slice('request.'.length);
    if (field.startsWith('headers.')) return joinedHeader(requestHeaders, field.slice('headers.'.length));
    if (field === 'url_path') return firstHeader(requestHeaders, ':path')?.split('?', 1)[0];
    if (field === 'query') return firstHeader(requestHeaders, ':path')?.split('?').slice(1).join('?');
    const header = headerOfAttribute[field];
    if (header !== undefined) return firstHeader(requestHeaders, header);
  }
  const responseHeaders = stream.responseHeaders ?? stream.accessLog?.responseHeaders;
  if (name.startsWith('response.headers.') && responseHeaders !== undefined) {
    return joinedHeader(responseHeaders, name.slice('response.headers.'.length));
  }
  return undefined;
}

const headerOfAttribute: Readonly<Record<string, string>> = {
  path: ':path',
  host: ':authority',
  scheme: ':scheme',
  method: ':method',
  referer: 'referer',
  useragent: 'user-agent',
  id: 'x-request-id',
};

function serializeProperty(value: PropertyValue): Uint8Array {
  if (typeof value === 'string') return Buffer.from(value);
  if (typeof value === 'boolean') return Uint8Array.of(value ? 1 : 0);
  if (typeof value === 'object') return value;
  const bytes = Buffer.alloc(8);
  if (typeof value === 'bigint') bytes.writeBigUInt64LE(value);
  else bytes.writeBigInt64LE(BigInt(value));
  return bytes;
}
