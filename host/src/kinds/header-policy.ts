import type { HeaderEditAction } from '../plan/plugin-configuration.ts';
import { fieldPattern } from '../policy/field-path.ts';
import { DEFAULT_NAMESPACE } from '../policy/fields/kubernetes-object.ts';
import type { PolicyHeaderEdit } from '../policy/policy.ts';
import { exactlyOneField } from '../policy/rules/exactly-one-field.ts';
import { headerEditPlaces } from '../policy/rules/header-edit-places.ts';
import { headerEdits } from '../policy/rules/header-edits.ts';
import { headerTemplates } from '../policy/rules/header-templates.ts';
import { hostsWithinTargets } from '../policy/rules/hosts-within-targets.ts';
import { ignoreCaseNeedsText } from '../policy/rules/ignore-case-needs-text.ts';
import { targetRefs } from '../policy/rules/target-refs.ts';
import { uniqueNames } from '../policy/rules/unique-names.ts';
import {
  EDITS,
  HEADER_POLICY,
  type HeaderPolicyObject,
  type HeaderPolicyRule,
  headerPolicySchema,
  MAX_EDITS,
  type PolicyEdit,
} from './header-policy-schema.ts';
import { placementOf } from './placement.ts';
import { definePolicyKind } from './policy-kind.ts';
import { COMPARISONS } from './policy-parts-schema.ts';
import { headerConditions, requestConditions } from './request-match.ts';
import { hostTargets } from './target-hosts.ts';

const MESSAGES = ['request', 'response', 'requestTrailers', 'responseTrailers'];
const EDIT_LISTS = MESSAGES.map((message) => `spec.rules[].${message}[]`);
const MATCHES = ['spec.rules[].match', ...EDIT_LISTS.map((edits) => `${edits}.when`)];
const NAMED_MATCHERS = MATCHES.flatMap((match) =>
  ['headers[]', 'queryParameters[]', 'cookies[]', 'responseHeaders[]'].map((list) =>
    fieldPattern(`${match}.${list}`),
  ),
);

/** Sluice's own header manipulation; docs/policies/header-policy.md says what each field means. */
export const headerPolicy = definePolicyKind<HeaderPolicyObject>({
  ...HEADER_POLICY,
  schema: headerPolicySchema,
  rules: [
    uniqueNames(fieldPattern('spec.rules[].name')),
    targetRefs,
    hostsWithinTargets(fieldPattern('spec.rules[].match.hosts[]')),
    exactlyOneField(
      MATCHES.map((match) => fieldPattern(`${match}.path`)),
      COMPARISONS,
    ),
    exactlyOneField(NAMED_MATCHERS, [...COMPARISONS, 'present']),
    ignoreCaseNeedsText(NAMED_MATCHERS),
    exactlyOneField(EDIT_LISTS.map(fieldPattern), EDITS),
    headerEdits(EDIT_LISTS.map(fieldPattern)),
    headerEditPlaces(fieldPattern('spec.rules[]'), MAX_EDITS),
    headerTemplates(fieldPattern('spec.rules[]')),
  ],
  toPolicy: ({ metadata, spec }, document) => {
    const namespace = metadata.namespace ?? DEFAULT_NAMESPACE;
    const targets = hostTargets(spec.targetRefs ?? [], namespace, document);
    return {
      placement: placementOf(spec, namespace, document, 'gateway'),
      headerRules: spec.rules.map((rule, index) => {
        const { hosts = [], routes = [], ...conditions } = rule.match ?? {};
        return {
          name: `${namespace}/${metadata.name}/${rule.name}`,
          origin: { document, path: ['spec', 'rules', index] },
          targets,
          onlyHosts: hosts.map((host) => host.toLowerCase()),
          ports: [],
          routes,
          match: requestConditions(conditions),
          ...(rule.phase === 'BeforeMatching' && { phase: 'beforeMatching' as const }),
          ...editLists(rule),
        };
      }),
    };
  },
});

function editLists({ request, response, requestTrailers, responseTrailers }: HeaderPolicyRule) {
  return {
    request: (request ?? []).map(headerEdit),
    response: (response ?? []).map(headerEdit),
    requestTrailers: (requestTrailers ?? []).map(headerEdit),
    responseTrailers: (responseTrailers ?? []).map(headerEdit),
  };
}

function headerEdit({ when = {}, ...edit }: PolicyEdit): PolicyHeaderEdit {
  const { statuses, responseHeaders = [], ...conditions } = when;
  return {
    ...action(edit),
    match: requestConditions(conditions),
    ...(statuses !== undefined && { statuses }),
    responseMatch: headerConditions(responseHeaders),
  };
}

const APPEND_ACTIONS = {
  APPEND_IF_EXISTS_OR_ADD: 'add',
  ADD_IF_ABSENT: 'addIfAbsent',
  OVERWRITE_IF_EXISTS_OR_ADD: 'overwriteIfExistsOrAdd',
  OVERWRITE_IF_EXISTS: 'overwriteIfExists',
} as const;

/** Exactly one of the fields is there: rules/exactly-one-field.ts. */
function action({
  set,
  add,
  append,
  remove,
  removePrefix,
  rename,
  copy,
  map,
}: Omit<PolicyEdit, 'when'>): HeaderEditAction {
  if (set !== undefined) return write('set', set);
  if (add !== undefined) return write('add', add);
  if (append !== undefined) return write(APPEND_ACTIONS[append.action ?? 'APPEND_IF_EXISTS_OR_ADD'], append);
  if (remove !== undefined) return { edit: 'remove', name: remove.name.toLowerCase() };
  if (removePrefix !== undefined) return { edit: 'removePrefix', prefix: removePrefix.prefix.toLowerCase() };
  if (rename !== undefined) return { edit: 'rename', ...fromTo(rename) };
  if (copy !== undefined) return { edit: 'copy', ...fromTo(copy) };
  return {
    edit: 'map',
    ...fromTo(map!),
    values: Object.entries(map!.values),
    ...(map!.default !== undefined && { default: map!.default }),
  };
}

function write(
  edit: 'set' | (typeof APPEND_ACTIONS)[keyof typeof APPEND_ACTIONS],
  { name, value, keepEmptyValue }: { name: string; value: string; keepEmptyValue?: boolean | undefined },
): HeaderEditAction {
  return { edit, name: name.toLowerCase(), value, ...(keepEmptyValue === true && { keepEmptyValue }) };
}

function fromTo({ from, to }: { from: string; to: string }): { from: string; name: string } {
  return { from: from.toLowerCase(), name: to.toLowerCase() };
}
