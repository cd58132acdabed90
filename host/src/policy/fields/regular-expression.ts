import { z } from 'zod';
import { compileRegularExpression } from '../../plan/regular-expression/index.ts';

/** Answers are remembered, because generated policies repeat their expressions; the table itself is not kept. */
const problems = new Map<string, string | undefined>();
const MAX_REMEMBERED = 1_000;

/** Why `expression` cannot be used, as a whole statement, or undefined. */
function regularExpressionProblem(expression: string): string | undefined {
  if (problems.has(expression)) return problems.get(expression);
  const compiled = compileRegularExpression(expression);
  const problem = compiled.ok ? undefined : compiled.message;
  if (problems.size >= MAX_REMEMBERED) problems.clear();
  problems.set(expression, problem);
  return problem;
}

/** A regular expression in RE2 syntax, which must match the whole value. */
export function regularExpression() {
  return z.string({ error: 'a regular expression in RE2 syntax' }).superRefine((expression, context) => {
    const statement = regularExpressionProblem(expression);
    if (statement !== undefined)
      context.addIssue({ code: 'custom', message: statement, params: { statement } });
  });
}
