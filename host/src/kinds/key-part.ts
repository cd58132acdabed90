import type { Descriptor, ValueSource } from '../plan/plugin-configuration.ts';
import type { KeyPart, ValuePart } from './policy-parts-schema.ts';

/** One part of a key, of which exactly one field is there (rules/exactly-one-field.ts). */
export function descriptor({ clientAddress, connection, ...part }: KeyPart): Descriptor {
  if (connection !== undefined) return { on: 'connection' };
  if (clientAddress === undefined) return valueSource(part);
  const { ipv4PrefixLength, ipv6PrefixLength } = clientAddress;
  return {
    on: 'clientAddress',
    ...(ipv4PrefixLength !== undefined && { ipv4PrefixLength }),
    ...(ipv6PrefixLength !== undefined && { ipv6PrefixLength }),
  };
}

export function valueSource(part: ValuePart): ValueSource {
  if (part.header !== undefined) return { on: 'header', name: part.header.toLowerCase() };
  if (part.cookie !== undefined) return { on: 'cookie', name: part.cookie };
  if (part.queryParameter !== undefined) return { on: 'query', name: part.queryParameter };
  if (part.path !== undefined) return { on: 'path' };
  return part.method === undefined ? { on: 'host' } : { on: 'method' };
}
