import { describe, expect, it } from 'vitest';
import { compileRegularExpression, matchesTable } from './index.ts';

function matchesAnywhere(expression: string, value: string): boolean {
  const compiled = compileRegularExpression(expression, 'anywhere');
  if (!compiled.ok) throw new Error(compiled.message);
  return matchesTable(compiled.table, new TextEncoder().encode(value));
}

describe('an expression that may match anywhere', () => {
  it.each<[property: string, expression: string, matching: string[], other: string[]]>([
    ['matches any part of the value', 'ab', ['ab', 'xab', 'abx', 'x\nab\ny', 'éabé'], ['', 'a', 'a b']],
    ['begins where ^ says', '^ab', ['ab', 'abx'], ['xab', '\nab']],
    ['ends where $ says', 'ab$', ['ab', 'xab'], ['abx', 'ab\n']],
    ['is the whole value between ^ and $', '^ab$', ['ab'], ['xab', 'abx']],
    ['anchors each alternative by itself', '^a|b$', ['ax', 'xb'], ['xa', 'bx']],
    ['anchors inside a group', '(^a|b)c', ['ac', 'acx', 'xbc'], ['xac']],
    ['anchors at lines with (?m)', '(?m)^b$', ['b', 'a\nb\nc'], ['ab']],
    ['anchors at the text with \\A and \\z', '\\Aa|b\\z', ['ax', 'xb'], ['xa', 'bx']],
    ['finds word boundaries', '\\bcat\\b', ['a cat!', 'cat'], ['concat', 'cats']],
    ['that matches no text matches every value', '', ['', 'a', '\n'], []],
    ['that can match nothing matches nothing', 'a^b', [], ['', 'ab', 'a\nb']],
    ['keeps its flags to itself', '(?i)ab', ['xABx'], ['xy']],
    ['with quoted text to the end ends there', '\\Qa.b', ['xa.bx'], ['axb']],
  ])('%s', (_, expression, matching, other) => {
    expect(matching.filter((value) => !matchesAnywhere(expression, value))).toEqual([]);
    expect(other.filter((value) => matchesAnywhere(expression, value))).toEqual([]);
  });

  it('is RE2 by itself, before anything stands around it', () => {
    expect(compileRegularExpression('a)(b', 'anywhere').ok).toBe(false);
  });

  it.each(['^a|b$', 'ab', '(^a|b)c', '\\bcat\\b', '[^x]+x'])('agrees with JavaScript on %s', (expression) => {
    const values = ['', 'a', 'b', 'ab', 'ba', 'abc', 'xac', 'bc', 'cat', 'concat', 'a cat', 'xx', 'yx'];
    for (const value of values) {
      expect(matchesAnywhere(expression, value), value).toBe(new RegExp(expression).test(value));
    }
  });
});
