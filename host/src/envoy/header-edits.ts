import type { HeaderEdits, HeaderValue } from '../plan/routing-plan.ts';
import type { JsonObject } from './json.ts';

/** Envoy's fields for the edits of a route or of one of its clusters. It removes first, then sets and adds. */
export function headerEdits(request: HeaderEdits, response: HeaderEdits): JsonObject {
  return { ...editsOf('request', request), ...editsOf('response', response) };
}

function editsOf(of: 'request' | 'response', { set, add, remove }: HeaderEdits): JsonObject {
  const values = [
    // Whatever the client sent under that name does not survive.
    ...set.map((value) => headerValueOption(value, 'OVERWRITE_IF_EXISTS_OR_ADD')),
    ...add.map((value) => headerValueOption(value, 'APPEND_IF_EXISTS_OR_ADD')),
  ];
  return {
    ...(values.length > 0 && { [`${of}_headers_to_add`]: values }),
    ...(remove.length > 0 && { [`${of}_headers_to_remove`]: remove }),
  };
}

function headerValueOption({ name, value, format }: HeaderValue, action: string): JsonObject {
  return {
    header: { key: name, value: format === true ? value : value.replaceAll('%', '%%') },
    append_action: action,
    // An empty value is a value; Envoy would leave the header out.
    ...(value === '' && { keep_empty_value: true }),
  };
}
