/**
 * Regular expressions in RE2 syntax, compiled to a byte automaton that must match the whole value, so that the
 * request path costs one look-up a byte whatever the expression.
 *
 * text → program (parse-program) → automaton (determinize, over the bytes of byte-nodes) → smallest automaton
 * (minimize) → bytes (table). Every step is bounded; what goes beyond is refused with a statement for the user.
 */
import { RE2JSException, RE2JSSyntaxException } from 're2js';
import type { CompiledPattern } from '../plugin-configuration.ts';
import { determinize } from './determinize.ts';
import { estimateSize } from './estimate-size.ts';
import { explainSyntaxError } from './explain-syntax-error.ts';
import { matchingAnywhere } from './match-anywhere.ts';
import { minimize } from './minimize.ts';
import { type Program, parseProgram } from './parse-program.ts';
import { encodeTable, tableBytes } from './table.ts';

export { matchesTable } from './table.ts';

/** What an expression may cost; the longest compiles, up to a limit or beyond it, take some 70 ms. */
export const LIMITS = {
  expressionLength: 1_024,
  /** Of the program, estimated before it is built: bounds the time of the parser. */
  instructions: 10_000,
  statesBeforeMinimizing: 10_000,
  stepsOfDeterminizing: 2_000_000,
  /** Of the finished table, the dead state included. */
  states: 2_000,
  tableBytes: 256 * 1_024,
} as const;

export type CompiledExpression = { ok: true; table: Uint8Array } | { ok: false; message: string };

/** What an expression must match: the whole value, or any part of it. */
export type MatchExtent = 'whole' | 'anywhere';

/** The table of `CompiledPattern`, as bytes, or why there is none. */
export function compileRegularExpression(
  expression: string,
  extent: MatchExtent = 'whole',
): CompiledExpression {
  if (expression.length > LIMITS.expressionLength) {
    return refuse(
      `expected a regular expression of at most ${LIMITS.expressionLength} characters, got one of ${expression.length}`,
    );
  }
  if (!expression.isWellFormed()) {
    return refuse('expected a regular expression in well-formed Unicode, got a lone surrogate in it');
  }
  const size = estimateSize(expression);
  if (size > LIMITS.instructions) {
    return refuse(
      `expected a regular expression of at most ${LIMITS.instructions} instructions, got one of about ${size}: lower its repetition counts`,
    );
  }

  const program = parse(expression);
  if ('message' in program) return { ok: false, message: program.message };

  const determinized = determinize(extent === 'anywhere' ? matchingAnywhere(program) : program, {
    maxStates: LIMITS.statesBeforeMinimizing,
    maxSteps: LIMITS.stepsOfDeterminizing,
  });
  if (!determinized.ok) {
    return refuse(
      determinized.exceeded === 'maxStates'
        ? `expected a regular expression of at most ${LIMITS.statesBeforeMinimizing} states before minimizing, got one of more: lower its repetition counts`
        : `expected a regular expression that compiles in at most ${LIMITS.stepsOfDeterminizing} steps, got one that takes more: lower its repetition counts`,
    );
  }

  const automaton = minimize(determinized.automaton);
  if (automaton.stateCount > LIMITS.states) {
    return refuse(
      `expected a regular expression of at most ${LIMITS.states} states, got one of ${automaton.stateCount}`,
    );
  }
  if (tableBytes(automaton) > LIMITS.tableBytes) {
    return refuse(
      `expected a regular expression whose table has at most ${LIMITS.tableBytes} bytes, got one of ${tableBytes(automaton)}`,
    );
  }
  return { ok: true, table: encodeTable(automaton) };
}

/** The expression as it stands in the configuration of the plugin, written as one for the whole value. */
export function encodePattern(
  expression: string,
  extent: MatchExtent = 'whole',
): { ok: true; pattern: CompiledPattern } | { ok: false; message: string } {
  const compiled = compileRegularExpression(expression, extent);
  if (!compiled.ok) return compiled;
  const shown = extent === 'whole' ? expression : `(?s:.*)(?:${expression})(?s:.*)`;
  return { ok: true, pattern: { expression: shown, table: Buffer.from(compiled.table).toString('base64') } };
}

function parse(expression: string): Program | { message: string } {
  try {
    return parseProgram(expression);
  } catch (error) {
    if (!(error instanceof RE2JSException)) throw error;
    const reason =
      error instanceof RE2JSSyntaxException ? explainSyntaxError(expression, error) : error.message;
    return {
      message: `expected a regular expression in RE2 syntax, got ${JSON.stringify(expression)}: ${reason}`,
    };
  }
}

function refuse(message: string): { ok: false; message: string } {
  return { ok: false, message };
}
