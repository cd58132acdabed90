import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import type { HeaderCase, HeaderStep, Pairs } from './header-case.ts';

/** Cases of Envoy's own suite (envoy-header-mutation.yaml), said in HeaderPolicy's words. */
interface Mutation {
  remove?: string;
  append?: { key: string; value: string; action: string; keep_empty_value?: boolean };
}
interface NativeCase {
  name: string;
  mutations: Mutation[];
  request_headers: Record<string, string[]>;
  upstream_response_headers?: Record<string, string[]>;
  expect: Record<string, string[] | null>;
}

const suite = parse(readFileSync(join(import.meta.dirname, 'envoy-header-mutation.yaml'), 'utf8')) as {
  cases: NativeCase[];
  response: NativeCase[];
  format_values: { value: string; ours: string; expect: string | null }[];
};

/** A HeaderPolicy for the case's host; `rules` are written as JSON, which is YAML too. */
export function headerPolicy(...rules: object[]): string {
  const spec = {
    targetRefs: [{ group: 'sluice.dev', kind: 'VirtualHost', name: '@host@' }],
    rules: rules.map((rule, index) => ({ name: `rule-${index}`, ...rule })),
  };
  return `---\n${JSON.stringify({ apiVersion: 'sluice.dev/v1alpha1', kind: 'HeaderPolicy', metadata: { name: '@name@' }, spec })}\n`;
}

function ours({ remove, append }: Mutation): object {
  if (remove !== undefined) return { remove: { name: remove } };
  const { key, value, action, keep_empty_value: keepEmptyValue } = append!;
  return {
    append: {
      name: key,
      value: template(value),
      action,
      ...(keepEmptyValue !== undefined && { keepEmptyValue }),
    },
  };
}

function template(value: string): string {
  return value
    .replaceAll(/%REQ\(([^)]*)\)%/g, '{request.header.$1}')
    .replaceAll(/%RESP\(([^)]*)\)%/g, '{response.header.$1}')
    .replaceAll('%RESPONSE_CODE%', '{response.status}');
}

function pairs(headers: Record<string, string[]> = {}): Pairs {
  return Object.entries(headers).flatMap(([name, values]) =>
    values.map((value): [string, string] => [name, value]),
  );
}

function nativeCase(native: NativeCase, message: 'request' | 'response'): HeaderCase {
  const step: HeaderStep =
    message === 'request'
      ? { headers: pairs(native.request_headers), upstream: native.expect }
      : {
          headers: pairs(native.request_headers),
          answer: { headers: pairs(native.upstream_response_headers) },
          client: native.expect,
        };
  return {
    name: `Envoy’s header_mutation: ${native.name}`,
    policies: headerPolicy({ [message]: native.mutations.map(ours) }),
    steps: [step],
  };
}

export const nativeHeaderCases: HeaderCase[] = [
  ...suite.cases.map((each) => nativeCase(each, 'request')),
  ...suite.response.map((each) => nativeCase(each, 'response')),
  // The same edits of the response's headers, whatever the message.
  ...suite.cases
    .filter(({ mutations }) => !JSON.stringify(mutations).includes('%REQ'))
    .map(
      (each): HeaderCase => ({
        ...nativeCase(each, 'response'),
        name: `Envoy’s header_mutation, on the response: ${each.name}`,
        steps: [{ answer: { headers: pairs(each.request_headers) }, client: each.expect }],
      }),
    ),
  ...suite.format_values.map(
    (each): HeaderCase => ({
      name: `Envoy’s format \`${each.value}\` is the template \`${each.ours}\``,
      policies: headerPolicy({ request: [{ set: { name: 'x-value', value: each.ours } }] }),
      steps: [
        {
          headers: [['x-request-key', 'abcdef']],
          upstream: { 'x-value': each.expect === null ? null : [each.expect] },
        },
      ],
    }),
  ),
];
