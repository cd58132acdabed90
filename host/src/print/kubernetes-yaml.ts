import { Document, visit } from 'yaml';

/**
 * An object as YAML that says the same to every reader. Those of Kubernetes read YAML 1.1, where `on` is true, `1_000` a
 * number, and U+2028 ends a line.
 */
export function kubernetesYaml(object: unknown): string {
  const document = new Document(object, { aliasDuplicateObjects: false, compat: 'yaml-1.1' });
  visit(document, {
    Scalar(_, scalar) {
      if (typeof scalar.value === 'string' && UNSAFE.test(scalar.value)) scalar.type = 'QUOTE_DOUBLE';
    },
  });
  return document.toString({ lineWidth: 0 }).replaceAll(EVERY_UNSAFE, escaped);
}

/** What ends a line or a text for some readers; in double quotes it can be escaped. */
const UNSAFE = /[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]/;
const EVERY_UNSAFE = new RegExp(UNSAFE, 'g');

function escaped(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
