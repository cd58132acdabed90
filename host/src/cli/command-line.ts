import { Command, CommanderError } from 'commander';
import { EnvironmentError } from '../proxy/environment-error.ts';
import { packageVersion } from '../proxy/package-version.ts';
import { registerCheck } from './check.ts';
import { registerCompile } from './compile/compile.ts';
import { EXIT_CODE } from './exit-code.ts';
import { registerPackage } from './package.ts';
import { registerRun } from './run.ts';

/**
 * Runs `sluice` with the words after its name, and sets the exit code of the process. Mistakes in the policies and in
 * the environment are reported on standard error; anything else that throws is a bug, and passes through.
 */
export async function runCommandLine(words: readonly string[]): Promise<void> {
  try {
    await createProgram().parseAsync(words, { from: 'user' });
  } catch (error) {
    if (error instanceof CommanderError) {
      process.exitCode = error.exitCode === 0 ? EXIT_CODE.ok : EXIT_CODE.environment;
    } else if (error instanceof EnvironmentError || isSystemError(error)) {
      process.stderr.write(`sluice: ${error.message}\n`);
      process.exitCode = EXIT_CODE.environment;
    } else {
      throw error;
    }
  }
}

function createProgram(): Command {
  const program = new Command('sluice')
    .description('Traffic control for Envoy and Istio gateways.')
    .version(packageVersion())
    .exitOverride()
    .configureHelp({ showGlobalOptions: false })
    .showSuggestionAfterError()
    .showHelpAfterError('(add --help for usage)')
    .addHelpText(
      'after',
      `
Examples:
  sluice check -f limits.yaml
  sluice run -f limits.yaml
  sluice compile -f limits.yaml --to envoy
  sluice package -o out --module sluice --format artifact

Exit codes: ${EXIT_CODE.ok} ok, ${EXIT_CODE.policyProblems} the policies have mistakes, ${EXIT_CODE.environment} something else is not as needed.`,
    );
  registerCheck(program);
  registerCompile(program);
  registerRun(program);
  registerPackage(program);
  return program;
}

/** A file system that is full or read-only is the environment's fault. */
function isSystemError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && 'code' in error && 'syscall' in error;
}
