import pico from 'picocolors';
import { type Diagnostic, formatDiagnostic } from '../policy/diagnostic.ts';

/** Writes diagnostics to standard error, one a line; the severity in colour on a terminal. */
export function reportDiagnostics(diagnostics: readonly Diagnostic[]): void {
  if (diagnostics.length === 0) return;
  const { red, yellow } = pico.createColors(process.stderr.isTTY === true && !process.env.NO_COLOR);
  const lines = diagnostics.map((diagnostic) => {
    const paint = diagnostic.severity === 'error' ? red : yellow;
    return formatDiagnostic(diagnostic).replace(
      `: ${diagnostic.severity}: `,
      `: ${paint(diagnostic.severity)}: `,
    );
  });
  process.stderr.write(`${lines.join('\n')}\n`);
}
