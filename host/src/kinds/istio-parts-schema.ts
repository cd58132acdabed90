import { z } from 'zod';
import { matchedHeaderName } from '../policy/fields/http.ts';
import { portNumber, wholeNumber } from '../policy/fields/number.ts';
import { anyText, list, mapOf, object } from '../policy/fields/object.ts';
import {
  editedHeaderName,
  envoyExpression,
  formattedHeaderValue,
  routedHost,
} from '../policy/fields/routing.ts';
import { label, textThat } from '../policy/fields/text.ts';

/** What Istio's networking kinds have in common. */
export const ISTIO_NETWORKING = {
  group: 'networking.istio.io',
  versions: ['v1', 'v1beta1', 'v1alpha3'],
} as const;

/** Read, without meaning here, and named by a rule where it asks for something. */
export const carried = z.unknown().optional();

/** Exactly one of them (rules/exactly-one-field.ts); of a header none, too, which is: the header is there. */
export const stringMatch = object({
  exact: anyText().optional(),
  prefix: label().optional(),
  regex: envoyExpression().optional(),
});
export type IstioStringMatch = z.output<typeof stringMatch>;

export const headerMatches = mapOf(matchedHeaderName(), stringMatch);

export const destination = object({
  host: routedHost({ wildcard: false }),
  subset: label().optional(),
  port: object({ number: portNumber() }).optional(),
});
export type IstioDestination = z.output<typeof destination>;

/** `host` and `:authority` may be set on a request: that rewrites the authority. */
const requestSetName = textThat('a header name (RFC 9110 token) or `:authority`', (text) => {
  return text.toLowerCase() === 'host' || text === ':authority' || editedHeaderName().safeParse(text).success;
});

export const headers = object({
  request: object({
    set: mapOf(requestSetName, formattedHeaderValue()).optional(),
    add: mapOf(editedHeaderName(), formattedHeaderValue()).optional(),
    remove: list(editedHeaderName()).optional(),
  }).optional(),
  response: object({
    set: mapOf(editedHeaderName(), formattedHeaderValue()).optional(),
    add: mapOf(editedHeaderName(), formattedHeaderValue()).optional(),
    remove: list(editedHeaderName()).optional(),
  }).optional(),
});
export type IstioHeaders = z.output<typeof headers>;

/** Decimals allowed; `{value: 0.1}` is one of a thousand. */
export const percentage = object({
  value: z
    .number({ error: 'a number from 0 to 100' })
    .min(0, { error: 'a number from 0 to 100' })
    .max(100, { error: 'a number from 0 to 100' })
    .optional(),
});
export const wholePercent = wholeNumber(0, 100);
