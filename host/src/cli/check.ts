import type { Command } from 'commander';
import { writeStandardOutput } from '../print/standard-output.ts';
import { EXIT_CODE } from './exit-code.ts';
import { loadPlan } from './load-plan.ts';
import { addPolicyOptions, type PolicyOptions } from './policy-options.ts';
import { reportDiagnostics } from './report-diagnostics.ts';

/** `sluice check`: says everything that is wrong with policies, and writes nothing. */
export function registerCheck(program: Command): void {
  const command = program
    .command('check')
    .summary('report every problem in policy files')
    .description(
      'Report every problem in policy files as file:line:column, all at once. Nothing is written.',
    );
  addPolicyOptions(command)
    .addHelpText(
      'after',
      `
Examples:
  sluice check -f limits.yaml
  sluice check -f policies/ -f extra.yaml --strict
  kubectl get asmlocalratelimiters -A -o yaml | sluice check -f -`,
    )
    .action(check);
}

async function check({ file, strict }: PolicyOptions): Promise<void> {
  const { plan, diagnostics, policyCount } = await loadPlan(file, { strict });
  reportDiagnostics(diagnostics);
  if (plan === undefined) {
    const errors = diagnostics.filter(({ severity }) => severity === 'error').length;
    process.stderr.write(`${errors} ${errors === 1 ? 'error' : 'errors'}\n`);
    process.exitCode = EXIT_CODE.policyProblems;
    return;
  }
  await writeStandardOutput(`${policyCount} ${policyCount === 1 ? 'policy' : 'policies'} ok\n`);
}
