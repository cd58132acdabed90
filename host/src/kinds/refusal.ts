import type { RefusalResponse } from '../plan/plugin-configuration.ts';
import { isOwnResponseHeader } from '../policy/rules/own-response-headers.ts';
import type { PolicyRefusal } from './policy-parts-schema.ts';

/** The answer to a refused request, without the headers that only the module may write. */
export function refusal({ status, body, headers = [], grpcStatus }: PolicyRefusal): RefusalResponse {
  const added = headers.filter(({ name }) => !isOwnResponseHeader(name));
  return {
    ...(status !== undefined && { status }),
    ...(body !== undefined && { body }),
    ...(added.length > 0 && {
      headers: added.map(({ name, value }): [string, string] => [name.toLowerCase(), value]),
    }),
    ...(grpcStatus !== undefined && { grpcStatus }),
  };
}
