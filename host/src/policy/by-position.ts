import type { Diagnostic } from './diagnostic.ts';

/** Orders the diagnostics of one file by line, then by column. */
export function byPosition({ position: left }: Diagnostic, { position: right }: Diagnostic): number {
  return left.line - right.line || left.column - right.column;
}
