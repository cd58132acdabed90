/**
 * About how many instructions the program of an expression will have, without building it: repetition counts copy
 * what they repeat, so 40 characters can ask for a million instructions. A guard on the time of the parser, thus
 * exact only in order of magnitude; text that is no regular expression gets some number too.
 */
export function estimateSize(expression: string): number {
  const enclosing: number[] = [];
  let size = 0;
  let lastPart = 0;

  for (const [token, least, most] of expression.matchAll(TOKEN)) {
    if (least !== undefined) {
      const copies = Math.max(1, Number(least), Number(most ?? 0));
      size += lastPart * (copies - 1);
      lastPart *= copies;
    } else if (token === '(') {
      enclosing.push(size);
      size = 0;
      lastPart = 0;
    } else if (token === ')') {
      lastPart = size + 2;
      size = (enclosing.pop() ?? 0) + lastPart;
    } else {
      const length = token.startsWith('\\Q') ? token.length : 1;
      lastPart = '*+?'.includes(token) ? lastPart + 1 : length;
      size += length;
    }
  }
  return enclosing.reduce((sum, outer) => sum + outer, size);
}

/** Quoted text, escape, class, repetition count, or any other character. */
const TOKEN =
  /\\Q.*?(?:\\E|$)|\\[pP]\{[^}]*\}|\\x\{[^}]*\}|\\.|\[\^?\]?(?:\[:\w+:\]|\\.|[^\]\\])*\]|\{(\d+)(?:,(\d*))?\}|./gsu;
