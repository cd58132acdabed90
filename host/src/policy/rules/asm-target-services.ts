import { fieldOf, fieldPattern, findFields } from '../field-path.ts';
import { error, type Finding, type Rule } from '../rule.ts';

const TARGETS = fieldPattern('spec.configs[].target_services[]');

/** Group of each kind; an absent group means it. */
const GROUPS: Record<string, string> = {
  Service: '',
  ServiceEntry: 'networking.istio.io',
  VirtualService: 'networking.istio.io',
};

/** A target has the group of its kind, and a section (a route) only where it is a VirtualService. */
export const asmTargetServices: Rule = (value) =>
  findFields(value, TARGETS).flatMap(({ path, value: target }) => {
    const kind = fieldOf(target, 'kind') ?? 'Service';
    if (typeof kind !== 'string' || !Object.hasOwn(GROUPS, kind)) return [];
    const findings: Finding[] = [];
    const group = fieldOf(target, 'group');
    const expectedGroup = GROUPS[kind]!;
    if (group !== undefined && group !== expectedGroup && !(kind === 'Service' && group === 'core')) {
      findings.push(
        error(
          [...path, 'group'],
          `expected ${JSON.stringify(expectedGroup)} for kind ${kind}, got ${JSON.stringify(group)}`,
        ),
      );
    }
    if (fieldOf(target, 'section_name') !== undefined && kind !== 'VirtualService') {
      findings.push(
        error(
          [...path, 'section_name'],
          'expected a port number in `port`, got a section: Sluice does not read the object it stands in',
        ),
      );
    }
    return findings;
  });
