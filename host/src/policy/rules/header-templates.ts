import { type FieldPath, type FieldPattern, fieldOf, findFields } from '../field-path.ts';
import { type TemplatePlace, templateProblems } from '../header-template.ts';
import { error, type Finding, type Rule, warning } from '../rule.ts';

const PLACES = ['request', 'response', 'requestTrailers', 'responseTrailers'] as const;
const WRITING_EDITS = ['set', 'add', 'append'];

/** Values speak of facts that exist, and that are known where they stand. One that is empty is most likely a mistake. */
export function headerTemplates(rules: FieldPattern): Rule {
  return (value) =>
    findFields(value, rules).flatMap(({ path, value: rule }) =>
      PLACES.flatMap((message) => {
        const edits = fieldOf(rule, message);
        if (!Array.isArray(edits)) return [];
        const isBefore = message === 'request' && fieldOf(rule, 'phase') === 'BeforeMatching';
        const place = isBefore ? 'beforeMatching' : message;
        return edits.flatMap((edit, index) => editProblems([...path, message, index], edit, place));
      }),
    );
}

function editProblems(path: FieldPath, edit: unknown, place: TemplatePlace): Finding[] {
  return WRITING_EDITS.flatMap((name) => {
    const written = fieldOf(edit, name);
    const text = fieldOf(written, 'value');
    if (typeof text !== 'string') return [];
    const valuePath = [...path, name, 'value'];
    const problems = [...new Set(templateProblems(text, place))].map((problem) => error(valuePath, problem));
    if (text === '' && fieldOf(written, 'keepEmptyValue') !== true) {
      const effect = name === 'set' ? 'removes the header' : 'changes nothing';
      const message = `expected a value that is not empty, or keepEmptyValue: true, got an empty one: this edit ${effect}`;
      problems.push(warning(valuePath, message));
    }
    return problems;
  });
}
