import type { CompiledPattern } from './plugin-configuration.ts';
import { encodePattern, type MatchExtent } from './regular-expression/index.ts';

/** The compiled expressions of a plan, each once. */
export class PatternTable {
  readonly patterns: CompiledPattern[] = [];
  readonly #indices = new Map<string, number>();

  /** The index of `expression`, or why it cannot be compiled. */
  indexOf(
    expression: string,
    extent: MatchExtent = 'whole',
  ): { ok: true; index: number } | { ok: false; message: string } {
    const identity = `${extent} ${expression}`;
    const known = this.#indices.get(identity);
    if (known !== undefined) return { ok: true, index: known };
    const encoded = encodePattern(expression, extent);
    if (!encoded.ok) return encoded;
    const index = this.patterns.push(encoded.pattern) - 1;
    this.#indices.set(identity, index);
    return { ok: true, index };
  }
}
