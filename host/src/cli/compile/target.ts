import type { Diagnostic } from '../../policy/diagnostic.ts';
import type { Policy } from '../../policy/policy.ts';
import type { CompileOptions } from './options.ts';

/** What `sluice compile --to` writes for. */
export interface CompileTarget {
  /** For --help. */
  summary: string;
  /** Throws an EnvironmentError when options do not fit together. */
  compile(policies: readonly Policy[], options: CompileOptions): Compiled;
}

export interface Compiled {
  /** What stands against it; with an error among them nothing else is asked for. */
  diagnostics: readonly Diagnostic[];
  /** Lines for standard error. */
  notes: string[];
  /** All in one text. */
  text(): string;
  /** The same as files, which will lie in the folder. */
  files(folder: string): Map<string, string>;
}
