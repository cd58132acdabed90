import { z } from 'zod';
import { textThat } from './text.ts';

/** https://www.rfc-editor.org/rfc/rfc9110#section-5.6.2 */
const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;

/** The pseudo-headers Envoy shows to filters; HeaderMatchers of Envoy and ASM may name them. */
const PSEUDO_HEADERS = [':authority', ':method', ':path', ':scheme'];

/** Headers about the message itself or its connection: only the proxy can set them truthfully. */
const CONNECTION_HEADERS = [
  'connection',
  'content-length',
  'host',
  'keep-alive',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
];

/** The name of a request header to look at; compared without case. */
export function requestHeaderName() {
  return textThat(
    'a header name (RFC 9110 token; for path, method and host there are fields of their own)',
    isToken,
  );
}

/** As requestHeaderName, and the pseudo-headers that Envoy's HeaderMatcher may name. */
export function matchedHeaderName() {
  return textThat(
    `a header name (RFC 9110 token) or one of ${PSEUDO_HEADERS.join(', ')}`,
    (text) => isToken(text) || PSEUDO_HEADERS.includes(text.toLowerCase()),
  );
}

/** The name of a header to add to a response. */
export function responseHeaderName() {
  return z.string({ error: 'a header name (RFC 9110 token)' }).superRefine((name, context) => {
    if (CONNECTION_HEADERS.includes(name.toLowerCase()) || name.startsWith(':')) {
      context.addIssue({
        code: 'custom',
        message: 'a header that is not about the connection or the message itself',
      });
    } else if (!isToken(name)) {
      context.addIssue({ code: 'custom', message: 'a header name (RFC 9110 token)' });
    }
  });
}

/** A literal header value: `%` has no meaning. Nothing in it can end the header and begin another. */
export function headerValue() {
  return textThat(
    'a header value without control characters (CR, LF, NUL …)',
    // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
    (text) => !/[\0-\x08\n-\x1f\x7f]/.test(text),
  );
}

/** A request method, as sent: methods are case-sensitive. */
export function method() {
  return textThat('an HTTP method in upper case', (text) => isToken(text) && text === text.toUpperCase());
}

/**
 * A virtual host as an authority names it, without port: `a.example`, `*.example`, `10.0.0.1`, `[::1]`, or `*`.
 * `portField` is the field to use for a port, for the hint.
 */
export function hostPattern(portField?: string) {
  const phrase = 'a host name without port, `*.suffix` or `*`';
  return z.string({ error: phrase }).superRefine((host, context) => {
    const isHost = host.length <= 253 && /^(\*|(\*\.)?\w([\w.-]*\w)?|\[[0-9A-Fa-f:.]+\])$/.test(host);
    if (isHost) return;
    const hasPort = /^[^:]+:\d+$/.test(host) && portField !== undefined;
    context.addIssue({
      code: 'custom',
      message: phrase,
      params: hasPort ? { because: `the port belongs in \`${portField}\`` } : {},
    });
  });
}

/** Status of a refusal. */
export function refusalStatus() {
  const phrase = 'a status from 400 to 599';
  return z
    .number({ error: phrase })
    .int({ error: phrase })
    .superRefine((status, context) => {
      if (status >= 400 && status <= 599) return;
      const because = 'a refusal that looks like a success or a redirect would mislead clients';
      context.addIssue({ code: 'custom', message: phrase, params: { because } });
    });
}

/** Status of a circuit breaker's answer, which may be a success: a page that says what is missing, say. */
export function fallbackStatus() {
  const phrase = 'a status from 200 to 599';
  return z
    .number({ error: phrase })
    .int({ error: phrase })
    .min(200, { error: phrase })
    .max(599, { error: phrase });
}

/** A status, or a range of them such as `500-599`. */
export function statusRange() {
  const phrase = 'a status from 200 to 599, or a range of them such as `500-599`';
  return z
    .union([z.number(), z.string()], { error: phrase })
    .refine((range) => parseStatusRange(range) !== undefined, { error: phrase });
}

/** First and last status; undefined for what is none. */
export function parseStatusRange(range: number | string): [first: number, last: number] | undefined {
  const [, first, last = first] = /^(\d{3})(?:-(\d{3}))?$/.exec(String(range)) ?? [];
  if (first === undefined || last === undefined) return undefined;
  const bounds: [number, number] = [Number(first), Number(last)];
  return bounds[0] >= 200 && bounds[0] <= bounds[1] && bounds[1] <= 599 ? bounds : undefined;
}

/** Body of a refusal, at most 64 KiB. */
export function refusalBody() {
  return textThat('a text of at most 65536 bytes', (text) => Buffer.byteLength(text) <= 65_536);
}

/** True for the name of a header or a method. */
export function isToken(text: string): boolean {
  return TOKEN.test(text);
}
