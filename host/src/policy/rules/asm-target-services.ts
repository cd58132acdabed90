import { fieldOf, fieldPattern, findFields } from '../field-path.ts';
import { error, type Finding, type Rule, warning } from '../rule.ts';

const TARGETS = fieldPattern('spec.configs[].target_services[]');

/** Group of each kind; an absent group means it. */
const GROUPS: Record<string, string> = {
  Service: '',
  ServiceEntry: 'networking.istio.io',
  VirtualService: 'networking.istio.io',
};

/** What a target asks must be known without reading a cluster: Sluice reads no services and no routes. */
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
    if (kind === 'VirtualService') {
      findings.push(
        error(
          [...path, 'kind'],
          'expected Service or ServiceEntry, got VirtualService: Sluice does not read VirtualServices yet, so its hosts are not known; use match.vhost.name',
        ),
      );
    }
    if (kind === 'ServiceEntry') {
      findings.push(
        warning(
          [...path, 'kind'],
          'expected Service, got ServiceEntry: Sluice does not read ServiceEntries yet, and takes name.namespace.svc.cluster.local as its host; for another host use match.vhost.name',
        ),
      );
    }
    if (fieldOf(target, 'section_name') !== undefined) {
      findings.push(
        error(
          [...path, 'section_name'],
          'expected a port number in `port`, got a section: Sluice does not read the object it stands in',
        ),
      );
    }
    return findings;
  });
