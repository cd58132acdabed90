import type { Command } from 'commander';

/** What every command that reads policies takes. */
export interface PolicyOptions {
  file: string[];
  strict: boolean;
}

export function addPolicyOptions(command: Command): Command {
  return command
    .requiredOption('-f, --file <path...>', 'policy files, folders, or - for standard input')
    .option('--strict', 'treat kinds that Sluice does not read as errors', false);
}
