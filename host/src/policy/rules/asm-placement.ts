import { type FieldPath, fieldOf, fieldPattern, findFields } from '../field-path.ts';
import { error, type Finding, type Rule } from '../rule.ts';

const CONFIGS = fieldPattern('spec.configs[]');
const LABELS = fieldPattern('workloadSelector.labels');

/** A policy is for one set of proxies: what `spec` and its configs say of them must be one thing. */
export const asmPlacement: Rule = (value) => {
  const spec = { path: ['spec'] as FieldPath, value: fieldOf(value, 'spec') };
  const places = [spec, ...findFields(value, CONFIGS)];
  return [...oneSelector(places), ...oneTraffic(spec.value, places)];
};

interface Place {
  path: FieldPath;
  value: unknown;
}

function oneSelector(places: readonly Place[]): Finding[] {
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

function oneTraffic(spec: unknown, places: readonly Place[]): Finding[] {
  const said = places.flatMap(({ path, value }) => {
    const isGateway = fieldOf(value, 'isGateway');
    return typeof isGateway === 'boolean' ? [{ path: [...path, 'isGateway'], isGateway }] : [];
  });
  const others = said
    .filter(({ isGateway }) => isGateway !== said[0]!.isGateway)
    .map(({ path, isGateway }) =>
      error(path, `expected one isGateway for all of a policy, got ${isGateway}; make it two policies`),
    );
  const traffic = fieldOf(spec, 'applyToTraffic');
  const isOther = traffic !== undefined && traffic !== 'gateway';
  if (!isOther || !said.some(({ isGateway }) => isGateway)) return others;
  const message = `expected \`gateway\` beside isGateway: true, got ${String(traffic)}`;
  return [...others, error(['spec', 'applyToTraffic'], message)];
}
