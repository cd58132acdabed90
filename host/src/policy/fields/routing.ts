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
