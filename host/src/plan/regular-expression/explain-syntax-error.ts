import type { RE2JSSyntaxException } from 're2js';

/** Why RE2 refuses the expression, as the end of a statement; names what users of other engines miss. */
export function explainSyntaxError(expression: string, error: RE2JSSyntaxException): string {
  const description = error.getDescription();
  const where = error.getPattern() ?? '';

  if (/^\(\?[=!]/.test(where)) return 'look-ahead is not supported in RE2';
  if (/^\(\?<[=!]/.test(where)) return 'look-behind is not supported in RE2';
  if (/^\\[1-9kg]/.test(where) || (where === '(?P' && expression.includes('(?P='))) {
    return 'back-references are not supported in RE2';
  }
  if (where === '(?>') return 'atomic groups are not supported in RE2';
  if (where === '(?(') return 'conditional groups are not supported in RE2';
  if (where === '(?#') return 'comments are not supported in RE2';
  if (where === '\\Z') return '"\\Z" is not supported in RE2; write "\\z" for the end of the text';
  if (where === '\\u') return '"\\u" is not supported in RE2; write "\\x{…}" for a code point';
  if (where === '\\C') return '"\\C", a single byte, is not supported here';
  if (description === 'invalid repeat count') return `${description} "${where}"; the most is 1000`;

  return where === '' || where === expression ? description : `${description} "${where}"`;
}
