import { RE2JS } from 're2js';
import { z } from 'zod';
import { isToken } from './http.ts';
import { wholeNumber } from './number.ts';
import { textThat } from './text.ts';

/** A share of requests in whole percent. */
export function percent() {
  return wholeNumber(0, 100);
}

/** The host of a route: a DNS name, with `*.` before it where `wildcard` says so. Compared without case. */
export function routedHost({ wildcard }: { wildcard: boolean }) {
  const phrase = wildcard ? 'a host name without port, or `*.suffix`' : 'a host name without port';
  const pattern = wildcard ? /^(\*\.)?\w([\w.-]*\w)?$/ : /^\w([\w.-]*\w)?$/;
  return textThat(phrase, (text) => text.length <= 253 && pattern.test(text));
}

/** What a request path begins with, or is. */
export function pathText() {
  return textThat(
    'a path that begins with `/`, without `?`, `#`, spaces and control characters',
    // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
    (text) => text.length <= 4096 && /^\/[^?#\s\0-\x1f\x7f]*$/.test(text),
  );
}

/** A path to put in the place of another. */
export function replacementPath() {
  return textThat(
    'a path that begins with `/`, without `#`, spaces and control characters',
    // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
    (text) => text.length <= 4096 && /^\/[^#\s\0-\x1f\x7f]*$/.test(text),
  );
}

/** A host, perhaps with a port, to put in the place of the one that the client named. */
export function authority() {
  return textThat('a host, perhaps with a port', (text) =>
    /^[\w.-]+(:\d{1,5})?$|^\[[0-9A-Fa-f:.]+\](:\d{1,5})?$/.test(text),
  );
}

/** What an expression found is replaced by: `\1` is its first group. */
export function substitution() {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
  return textThat('a text without control characters', (text) => !/[\0-\x1f\x7f]/.test(text));
}

/** The highest group that a substitution names, and how many the expression has. */
export function groupsOf(expression: string, substituted: string): { named: number; known: number } {
  const named = [...substituted.replaceAll('\\\\', '').matchAll(/\\(\d)/g)].map(([, digit]) => Number(digit));
  return { named: Math.max(0, ...named), known: RE2JS.compile(expression).groupCount() };
}

/** A name in a list of CORS, or `*`. */
export function corsToken() {
  return textThat('an RFC 9110 token or `*`', isToken);
}

/**
 * A header that a route sets, adds or removes. Pseudo-headers and `host` are not among them: what they say is decided
 * before a route is chosen, and routes have fields of their own for it.
 */
export function editedHeaderName() {
  const token = 'a header name (RFC 9110 token)';
  const own = 'a header other than pseudo-headers and `host`, which routes do not edit';
  return z.string({ error: token }).superRefine((name, context) => {
    if (name.startsWith(':') || name.toLowerCase() === 'host') {
      context.addIssue({ code: 'custom', message: own });
    } else if (!isToken(name)) {
      context.addIssue({ code: 'custom', message: token });
    }
  });
}

/** Status of an answer that a route gives by itself. */
export function answerStatus() {
  return wholeNumber(200, 599);
}

/** A regular expression for Envoy itself, which has RE2. */
export function envoyExpression() {
  return z.string({ error: 'a regular expression in RE2 syntax' }).superRefine((expression, context) => {
    const problem = syntaxProblem(expression);
    if (problem === undefined) return;
    context.addIssue({
      code: 'custom',
      message: 'a regular expression in RE2 syntax',
      params: { because: problem },
    });
  });
}

function syntaxProblem(expression: string): string | undefined {
  if (expression.length > 1024) return 'it is longer than 1024 characters';
  try {
    RE2JS.compile(expression);
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

/** What may stand between two `%` of a header value. https://www.envoyproxy.io/docs/envoy/v1.40.0/configuration/advanced/substitution_formatter */
const COMMANDS =
  /^(REQ|RESP|TRAILER|PROTOCOL|START_TIME|REQUEST_DURATION|RESPONSE_DURATION|DURATION|HOSTNAME|ENVIRONMENT|RESPONSE_CODE|RESPONSE_CODE_DETAILS|RESPONSE_FLAGS(_LONG)?|ROUTE_NAME|VIRTUAL_CLUSTER_NAME|CONNECTION_ID|CONNECTION_TERMINATION_DETAILS|REQUESTED_SERVER_NAME|STREAM_ID|DYNAMIC_METADATA|CLUSTER_METADATA|UPSTREAM_METADATA|FILTER_STATE|PER_REQUEST_STATE|GRPC_STATUS(_NUMBER)?|TRACE_ID|BYTES_(RECEIVED|SENT)|(DOWNSTREAM|UPSTREAM)_[A-Z0-9_]+)$/;

/** Those that name a header name one, or one and another for when it is not there. */
function isCommand(command: string, parameters: string | undefined): boolean {
  if (!['REQ', 'RESP', 'TRAILER'].includes(command)) return COMMANDS.test(command);
  return parameters !== undefined && /^\([^?]+(\?[^?]+)?\)$/.test(parameters);
}

/** A header value in which Envoy's `%COMMANDS%` have their meaning, and `%%` is a percent sign. */
export function formattedHeaderValue() {
  const phrase = 'a header value without control characters (CR, LF, NUL …)';
  return z.string({ error: phrase }).superRefine((value, context) => {
    // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
    if (/[\0-\x08\n-\x1f\x7f]/.test(value)) {
      context.addIssue({ code: 'custom', message: phrase });
      return;
    }
    const rest = value.replaceAll(/%%|%([A-Z0-9_]+)(\([^()]*\))?(:\d+)?%/g, (found, command, parameters) =>
      command === undefined || isCommand(command, parameters) ? '' : found,
    );
    if (!rest.includes('%')) return;
    const because =
      'a `%` begins a command of Envoy such as `%PROTOCOL%`, and `%%` stands for the sign itself';
    context.addIssue({ code: 'custom', message: 'a header value in Envoy’s format', params: { because } });
  });
}

/** https://grpc.io/docs/guides/status-codes/ */
const GRPC_STATUSES = [
  'OK',
  'CANCELLED',
  'UNKNOWN',
  'INVALID_ARGUMENT',
  'DEADLINE_EXCEEDED',
  'NOT_FOUND',
  'ALREADY_EXISTS',
  'PERMISSION_DENIED',
  'RESOURCE_EXHAUSTED',
  'FAILED_PRECONDITION',
  'ABORTED',
  'OUT_OF_RANGE',
  'UNIMPLEMENTED',
  'INTERNAL',
  'UNAVAILABLE',
  'DATA_LOSS',
  'UNAUTHENTICATED',
];

/** Of a name or a number; undefined for any other text. */
export function grpcStatusNumber(text: string): number | undefined {
  const number = /^\d{1,2}$/.test(text) ? Number(text) : GRPC_STATUSES.indexOf(text.toUpperCase());
  return number >= 0 && number < GRPC_STATUSES.length ? number : undefined;
}

/** A gRPC status by its name or its number. */
export function grpcStatus() {
  return textThat(
    'a gRPC status such as `UNAVAILABLE` or `14`',
    (text) => grpcStatusNumber(text) !== undefined,
  );
}
