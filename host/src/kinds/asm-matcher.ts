import type { PolicyCondition, TextComparison } from '../policy/policy.ts';
import type { AsmMatcher } from './asm-local-rate-limiter-schema.ts';

/** A HeaderMatcher (Envoy's, in ASM's spelling) on a header, or the same on a query parameter. */
export function asmCondition(on: 'header' | 'query', matcher: AsmMatcher): PolicyCondition {
  const name = on === 'header' ? matcher.name.toLowerCase() : matcher.name;
  return { on, name, ...comparison(matcher) };
}

function comparison(matcher: AsmMatcher): TextComparison {
  const invert = matcher.invert_match === true ? { invert: true } : {};
  if (matcher.prefix_match !== undefined) return { is: 'prefix', value: matcher.prefix_match, ...invert };
  if (matcher.suffix_match !== undefined) return { is: 'suffix', value: matcher.suffix_match, ...invert };
  if (matcher.regex_match !== undefined) return { is: 'regex', expression: matcher.regex_match, ...invert };
  if (matcher.present_match !== undefined) {
    // `present_match: false` asks for a header that is absent.
    return matcher.present_match === (matcher.invert_match === true)
      ? { is: 'present', invert: true }
      : { is: 'present' };
  }
  return { is: 'exact', value: matcher.exact_match ?? '', ...invert };
}
