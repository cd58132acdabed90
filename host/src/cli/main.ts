import { runCommandLine } from './command-line.ts';

// The entry of bin/sluice.
await runCommandLine(process.argv.slice(2));
