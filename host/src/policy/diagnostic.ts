/** Where something stands in a policy file; line and column count from 1. */
export interface SourcePosition {
  file: string;
  line: number;
  column: number;
}

/** One problem in the user's input. Mistakes become diagnostics, never exceptions, and all are reported in one run. */
export interface Diagnostic {
  severity: 'error' | 'warning';
  position: SourcePosition;
  /** Dotted field path with indices, `spec.configs[0].limit.quota`; empty for the document as a whole. */
  path: string;
  /** A whole statement, `expected a whole number ≥ 1, got 0`. */
  message: string;
}

/** `file:line:column: error: path: message`, one line. */
export function formatDiagnostic(diagnostic: Diagnostic): string {
  const { file, line, column } = diagnostic.position;
  const path = diagnostic.path === '' ? '' : `${diagnostic.path}: `;
  return `${file}:${line}:${column}: ${diagnostic.severity}: ${path}${diagnostic.message}`;
}
