import type { Plan, PlannedVirtualHost } from '../plan/plan.ts';
import type { HeaderEdit, HeaderRule } from '../plan/plugin-configuration.ts';
import { rulesOfPlugin } from '../plan/rule-lists.ts';
import { covers } from '../policy/host-pattern.ts';
import type { JsonObject } from './json.ts';

/** A plan whose virtual hosts make themselves what header edits they can; and where each header rule went, and why. */
export interface NativePlan {
  plan: Plan;
  places: HeaderRulePlace[];
}

export interface HeaderRulePlace {
  rule: string;
  /** Why the module has to make its edits; undefined: Envoy's routes make them. */
  moduleBecause?: string;
}

/**
 * Gives to the routes those header rules that Envoy does in the same way and cheaper: edits of the request with values
 * that are fixed, for whole virtual hosts. Envoy makes them after all filters: removals, then the others. So none may
 * share a header with another edit, and none may be an `add`, which would count twice while a rule moves between module
 * and routes. A virtual host that is left without any rule needs no filter.
 */
export function withNativeHeaderEdits(plan: Plan): NativePlan {
  const { headerRules = [], ...others } = plan.plugin;
  if (headerRules.length === 0) return { plan, places: [] };
  const reasons = new Map<HeaderRule, string>();
  for (const rule of headerRules) {
    const reason = whyNotNative(rule);
    if (reason !== undefined) reasons.set(rule, reason);
  }
  const index = new RuleIndex(headerRules);
  const coveringOf = new Map(plan.virtualHosts.map((host) => [host, index.covering(host)]));
  for (const [host, rules] of coveringOf) findConflicts(host, rules, reasons);

  const left = headerRules.filter((rule) => reasons.has(rule));
  const plugin = { ...others, ...(left.length > 0 && { headerRules: left }) };
  const rest = new RuleIndex(rulesOfPlugin(plugin));
  const virtualHosts = plan.virtualHosts.map((host): PlannedVirtualHost => {
    const edits = coveringOf.get(host)!.flatMap((rule) => (reasons.has(rule) ? [] : rule.request!));
    if (edits.length === 0) return host;
    const isFiltered = rest.covering(host).length > 0;
    return {
      ...host,
      requestHeaderEdits: edits,
      ...(!isFiltered && { routes: host.routes.map((route) => ({ ...route, filtered: false })) }),
    };
  });
  const places = headerRules.map((rule): HeaderRulePlace => {
    const moduleBecause = reasons.get(rule);
    return { rule: rule.name, ...(moduleBecause !== undefined && { moduleBecause }) };
  });
  return { plan: { ...plan, plugin, virtualHosts }, places };
}

/** The edits as fields of a virtual host. */
export function nativeHeaderFields(edits: readonly HeaderEdit[] = []): JsonObject {
  const removed = edits.flatMap((edit) => (edit.edit === 'remove' ? [edit.name] : []));
  const added = edits.flatMap((edit): JsonObject[] => {
    if (!('value' in edit)) return [];
    const header = { key: edit.name, value: literalOf(edit.value)!.replaceAll('%', '%%') };
    const action = APPEND_ACTIONS[edit.edit as keyof typeof APPEND_ACTIONS];
    return [
      { header, append_action: action, ...(edit.keepEmptyValue === true && { keep_empty_value: true }) },
    ];
  });
  return {
    ...(added.length > 0 && { request_headers_to_add: added }),
    ...(removed.length > 0 && { request_headers_to_remove: removed }),
  };
}

const APPEND_ACTIONS = {
  set: 'OVERWRITE_IF_EXISTS_OR_ADD',
  overwriteIfExistsOrAdd: 'OVERWRITE_IF_EXISTS_OR_ADD',
  addIfAbsent: 'ADD_IF_ABSENT',
  overwriteIfExists: 'OVERWRITE_IF_EXISTS',
};

/** Envoy's own bound on a value, whose `%` count twice. */
const MAX_VALUE_BYTES = 16_384;

/** Why the rule, looked at alone, is none that routes can carry out. */
function whyNotNative(rule: HeaderRule): string | undefined {
  if (rule.phase !== undefined) return 'its edits come before matching';
  if (rule.response !== undefined) return 'it edits responses, those of Sluice itself too';
  if (rule.requestTrailers !== undefined || rule.responseTrailers !== undefined) return 'it edits trailers';
  if (rule.match !== undefined || rule.ports !== undefined || rule.routes !== undefined) {
    return 'it is for some requests of its hosts only';
  }
  for (const edit of rule.request ?? []) {
    const reason = whyEditNotNative(edit);
    if (reason !== undefined) return reason;
  }
  return undefined;
}

function whyEditNotNative(edit: HeaderEdit): string | undefined {
  if (edit.match !== undefined) return `the edit of ${nameOf(edit)} has conditions`;
  if (edit.edit === 'remove') return undefined;
  if (!('value' in edit)) return `routes have no ${edit.edit}`;
  if (edit.edit === 'add') return 'an add would count twice while policies change';
  const literal = literalOf(edit.value);
  if (literal === undefined) return `the value of ${edit.name} tells facts: ${edit.value}`;
  if (literal === '' && edit.keepEmptyValue !== true) return `the value of ${edit.name} is empty`;
  if (Buffer.byteLength(literal.replaceAll('%', '%%')) > MAX_VALUE_BYTES) {
    return `the value of ${edit.name} is too long for a route`;
  }
  return undefined;
}

/** The text of a template without facts; undefined for one with facts. */
function literalOf(template: string): string | undefined {
  const rest = template.replaceAll(/\{\{|\}\}/g, '');
  if (rest.includes('{')) return undefined;
  return template.replaceAll('{{', '{').replaceAll('}}', '}');
}

/** Rules of one virtual host that the routes cannot carry out beside the others. */
function findConflicts(
  { name, domains }: PlannedVirtualHost,
  rules: readonly HeaderRule[],
  reasons: Map<HeaderRule, string>,
): void {
  const touched = new Map<string, number>();
  const prefixes: string[] = [];
  for (const edit of rules.flatMap(({ request = [] }) => request)) {
    if (edit.edit === 'removePrefix') prefixes.push(edit.prefix);
    for (const header of touchedBy(edit)) touched.set(header, (touched.get(header) ?? 0) + 1);
  }
  for (const rule of rules) {
    if (reasons.has(rule)) continue;
    const hosts = rule.hosts ?? ['*'];
    if (!domains.every((domain) => hosts.some((host) => covers(host, domain)))) {
      reasons.set(rule, `it is for some hosts of virtual host ${name} only`);
      continue;
    }
    const shared = rule
      .request!.map(nameOf)
      .find((header) => touched.get(header)! > 1 || prefixes.some((prefix) => header.startsWith(prefix)));
    if (shared !== undefined) reasons.set(rule, `${shared} has another edit too, and their order counts`);
  }
}

function nameOf(edit: HeaderEdit): string {
  return edit.edit === 'removePrefix' ? edit.prefix : edit.name;
}

/** The headers that an edit changes or reads. */
function touchedBy(edit: HeaderEdit): string[] {
  if (edit.edit === 'removePrefix') return [];
  const read =
    'value' in edit
      ? [...edit.value.matchAll(/request\.header\.([^?:}]+)/g)].map(([, name]) => name!.toLowerCase())
      : [];
  return [...new Set([edit.name, ...('from' in edit ? [edit.from] : []), ...read])];
}

/** Finds the rules that cover a virtual host, in their order; there may be 10,000 of both. */
class RuleIndex<Rule extends { hosts?: string[] }> {
  readonly #exact = new Map<string, Set<number>>();
  readonly #wide: [host: string, position: number][] = [];
  readonly #rules: readonly Rule[];

  constructor(rules: readonly Rule[]) {
    this.#rules = rules;
    for (const [position, { hosts = ['*'] }] of rules.entries()) {
      for (const host of hosts) {
        if (host.startsWith('*')) this.#wide.push([host, position]);
        else this.#exact.set(host, (this.#exact.get(host) ?? new Set()).add(position));
      }
    }
  }

  /** Those that cover at least one of its domains. */
  covering({ domains }: PlannedVirtualHost): Rule[] {
    const positions = domains.flatMap((domain) => [
      ...(this.#exact.get(domain) ?? []),
      ...this.#wide.flatMap(([host, position]) => (covers(host, domain) ? [position] : [])),
    ]);
    return [...new Set(positions)]
      .sort((left, right) => left - right)
      .map((position) => this.#rules[position]!);
  }
}
