import type { CompiledPattern } from './plugin-configuration.ts';
import { encodePattern } from './regular-expression/index.ts';

/** The compiled expressions of a plan, each once. */
export class PatternTable {
  readonly patterns: CompiledPattern[] = [];
  readonly #indices = new Map<string, number>();

  /** The index of `expression`, or why it cannot be compiled. */
  indexOf(expression: string): { ok: true; index: number } | { ok: false; message: string } {
    const known = this.#indices.get(expression);
    if (known !== undefined) return { ok: true, index: known };
    const encoded = encodePattern(expression);
    if (!encoded.ok) return encoded;
    const index = this.patterns.push(encoded.pattern) - 1;
    this.#indices.set(expression, index);
    return { ok: true, index };
  }
}
