import { closest, distance } from 'fastest-levenshtein';

/** Longest name that is compared; a longer one is no misspelt field. */
const MAX_COMPARED = 100;

/** The one of `candidates` that `name` probably stands for: equal but for case, `-` and `_`, or few letters away. */
export function nearestName(name: string, candidates: readonly string[]): string | undefined {
  if (candidates.length === 0 || name.length > MAX_COMPARED) return undefined;
  const respelt = candidates.find((candidate) => plain(candidate) === plain(name));
  if (respelt !== undefined) return respelt;
  const nearest = closest(name, candidates);
  return distance(name, nearest) <= Math.max(1, Math.floor(name.length / 3)) ? nearest : undefined;
}

/** `; did you mean \`quota\`?` when one of `candidates` is near `name`, else the empty text. */
export function didYouMean(name: string, candidates: readonly string[]): string {
  const nearest = nearestName(name, candidates);
  return nearest === undefined ? '' : `; did you mean \`${nearest}\`?`;
}

function plain(name: string): string {
  return name.toLowerCase().replaceAll(/[_-]/g, '');
}
