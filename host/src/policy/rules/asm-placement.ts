import { type FieldPath, fieldOf, fieldPattern, findFields } from '../field-path.ts';
import { error, type Finding, type Rule } from '../rule.ts';

const CONFIGS = fieldPattern('spec.configs[]');
const LABELS = fieldPattern('workloadSelector.labels');

/** A policy is for one set of proxies: what `spec` and its configs say of them must be one thing. */
export const asmPlacement: Rule = (value) => {
  const spec = { path: ['spec'] as FieldPath, value: fieldOf(value, 'spec') };
  return [...oneSelector([spec, ...findFields(value, CONFIGS)]), ...oneTraffic(spec.value)];
};

function oneSelector(places: readonly { path: FieldPath; value: unknown }[]): Finding[] {
  const selectors = places.flatMap((place) =>
    findFields(place.value, LABELS).map(({ path, value }) => ({
      path: [...place.path, ...path],
      text: JSON.stringify(Object.entries(value ?? {}).sort()),
    })),
  );
  return selectors
    .filter(({ text }) => text !== selectors[0]!.text)
    .map(({ path }) =>
      error(
        path,
        'expected one workloadSelector for all configs of a policy, got another; make it two policies',
      ),
    );
}

function oneTraffic(spec: unknown): Finding[] {
  const traffic = fieldOf(spec, 'applyToTraffic');
  if (fieldOf(spec, 'isGateway') !== true || traffic === undefined || traffic === 'gateway') return [];
  const message = `expected \`gateway\` beside isGateway: true, got ${String(traffic)}`;
  return [error(['spec', 'applyToTraffic'], message)];
}
