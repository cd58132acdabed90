import { fieldOf, fieldPattern, findFields } from '../field-path.ts';
import { error, type Rule } from '../rule.ts';

const METHODS = fieldPattern('spec.rules[].matches[].method');

/** https://gateway-api.sigs.k8s.io/reference/spec/#grpcmethodmatch */
export const grpcMethods: Rule = (value) =>
  findFields(value, METHODS).flatMap(({ path, value: method }) => {
    const [service, name] = ['service', 'method'].map((field) => fieldOf(method, field));
    if (service === undefined && name === undefined) {
      return [error(path, 'expected a service or a method, got none')];
    }
    if (fieldOf(method, 'type') === 'RegularExpression') return [];
    return [
      ['service', service, /^[A-Za-z_]\w*(\.[A-Za-z_]\w*)*$/],
      ['method', name, /^[A-Za-z_]\w*$/],
    ].flatMap(([field, text, pattern]) =>
      typeof text === 'string' && !(pattern as RegExp).test(text)
        ? [
            error(
              [...path, field as string],
              `expected the name of a gRPC ${field}, got ${JSON.stringify(text)}`,
            ),
          ]
        : [],
    );
  });
