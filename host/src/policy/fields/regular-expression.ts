import { z } from 'zod';
import { compileRegularExpression, type MatchExtent } from '../../plan/regular-expression/index.ts';

/** Answers are remembered, because generated policies repeat their expressions; the table itself is not kept. */
const problems = new Map<string, string | undefined>();
const MAX_REMEMBERED = 1_000;

/** Why `expression` cannot be used, as a whole statement, or undefined. */
function regularExpressionProblem(expression: string, extent: MatchExtent): string | undefined {
  const identity = `${extent} ${expression}`;
  if (problems.has(identity)) return problems.get(identity);
  const compiled = compileRegularExpression(expression, extent);
  const problem = compiled.ok ? undefined : compiled.message;
  if (problems.size >= MAX_REMEMBERED) problems.clear();
  problems.set(identity, problem);
  return problem;
}

/** A regular expression in RE2 syntax, which must match the whole value or any part of it. */
export function regularExpression(extent: MatchExtent = 'whole') {
  return z.string({ error: 'a regular expression in RE2 syntax' }).superRefine((expression, context) => {
    const statement = regularExpressionProblem(expression, extent);
    if (statement !== undefined)
      context.addIssue({ code: 'custom', message: statement, params: { statement } });
  });
}
