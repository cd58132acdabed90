import { z } from 'zod';

/** A text that `accepts`; `phrase` says what is expected. */
export function textThat(phrase: string, accepts: (text: string) => boolean) {
  return z.string({ error: phrase }).refine(accepts, { error: phrase });
}

/** The name of a Kubernetes object: DNS-1123 subdomain. */
export function objectName() {
  return textThat(
    'a name of lower-case letters, digits, `-` and `.`, at most 253 long',
    (text) => text.length <= 253 && /^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/.test(text),
  );
}

/** The name of a namespace: DNS-1123 label. */
export function namespaceName() {
  return textThat(
    'a name of lower-case letters, digits and `-`, at most 63 long',
    (text) => text.length <= 63 && /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/.test(text),
  );
}

/** The name a user gives to a rule; it becomes part of metric names. */
export function ruleName() {
  return textThat('a name of letters, digits, `-`, `_` and `.`, 1 to 63 long', (text) =>
    /^[A-Za-z0-9][-\w.]{0,62}$/.test(text),
  );
}

/** A text of at least one character, such as a cookie's or a route's name; no control characters. */
export function label() {
  return textThat(
    'a text of 1 to 253 characters without control characters',
    // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
    (text) => text.length > 0 && text.length <= 253 && !/[\0-\x1f\x7f]/.test(text),
  );
}
