import { type FieldPath, type FieldPattern, fieldOf, findFields, isFieldMap } from '../field-path.ts';
import { error, type Finding, type Rule } from '../rule.ts';

const MESSAGES = ['request', 'response', 'requestTrailers', 'responseTrailers'];
const RESPONSE_CONDITIONS = ['statuses', 'responseHeaders'];

/** Edits and their conditions stand where they can be carried out, and a rule has at least one and at most `most`. */
export function headerEditPlaces(rules: FieldPattern, most: number): Rule {
  return (value) =>
    findFields(value, rules).flatMap(({ path, value: rule }) => {
      if (!isFieldMap(rule)) return [];
      return [
        ...checkCount(path, rule, most),
        ...checkPhase(path, rule),
        ...checkConditions(path, rule, 'request'),
        ...checkConditions(path, rule, 'requestTrailers'),
      ];
    });
}

function checkCount(path: FieldPath, rule: unknown, most: number): Finding[] {
  const lists = MESSAGES.map((message) => fieldOf(rule, message));
  if (lists.some((list) => list !== undefined && !Array.isArray(list))) return [];
  const count = lists.flat().filter((edit) => edit !== undefined).length;
  if (count === 0) return [error(path, `expected at least one edit in ${MESSAGES.join(', ')}, got none`)];
  const isTooMany = count > most && lists.every((list) => ((list as unknown[]) ?? []).length <= most);
  return isTooMany ? [error(path, `expected at most ${most} edits in one rule, got ${count}`)] : [];
}

function checkPhase(path: FieldPath, rule: unknown): Finding[] {
  if (fieldOf(rule, 'phase') !== 'BeforeMatching') return [];
  return MESSAGES.slice(1)
    .filter((message) => fieldOf(rule, message) !== undefined)
    .map((message) =>
      error(
        [...path, message],
        `expected only request edits in a rule of phase BeforeMatching, got ${message}`,
      ),
    );
}

function checkConditions(path: FieldPath, rule: unknown, message: string): Finding[] {
  const edits = fieldOf(rule, message);
  if (!Array.isArray(edits)) return [];
  return edits.flatMap((edit, index) =>
    RESPONSE_CONDITIONS.filter((name) => fieldOf(fieldOf(edit, 'when'), name) !== undefined).map((name) =>
      error(
        [...path, message, index, 'when', name],
        `expected ${name} with edits of responses only, got it with one of a request: there is no response yet`,
      ),
    ),
  );
}
