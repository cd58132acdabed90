/**
 * Runs every test suite and adds up what they report; the last line is `N passed, N failed`.
 * A suite that ends badly without a failed test counts as one failure.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

interface Tally {
  passed: number;
  failed: number;
}

const reports = mkdtempSync(join(tmpdir(), 'sluice-tests-'));
const tallies: Tally[] = [];
try {
  tallies.push(await runSpecs());
  tallies.push(await runVitest());
} finally {
  rmSync(reports, { recursive: true });
}

const passed = tallies.reduce((sum, tally) => sum + tally.passed, 0);
const failed = tallies.reduce((sum, tally) => sum + tally.failed, 0);
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 && passed > 0 ? 0 : 1;

/** The as-pect specs of assembly/core. */
async function runSpecs(): Promise<Tally> {
  let output = '';
  const code = await run('asp', ['--no-logo'], (text) => {
    output += text;
  });
  // biome-ignore lint/suspicious/noControlCharactersInRegex: as-pect colours its summary
  const summary = /\[Tests\]:\s*(\d+) \/ (\d+)/.exec(output.replace(/\u001b\[\d+m/g, ''));
  return counted(Number(summary?.[1] ?? 0), Number(summary?.[2] ?? 0) - Number(summary?.[1] ?? 0), code);
}

/** All that vitest.config.ts includes: a suite that has to be named here would one day be forgotten. */
async function runVitest(): Promise<Tally> {
  const report = join(reports, 'vitest.json');
  const code = await run('vitest', [
    'run',
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${report}`,
  ]);
  try {
    const { numPassedTests, numFailedTests } = JSON.parse(readFileSync(report, 'utf8'));
    return counted(numPassedTests, numFailedTests, code);
  } catch {
    return { passed: 0, failed: 1 };
  }
}

function counted(passed: number, failed: number, code: number): Tally {
  return { passed, failed: failed === 0 && (code !== 0 || passed === 0) ? 1 : failed };
}

function run(command: string, commandArguments: string[], listen?: (text: string) => void): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, commandArguments, {
      stdio: ['ignore', listen ? 'pipe' : 'inherit', 'inherit'],
    });
    child.stdout?.on('data', (chunk: Buffer) => {
      process.stdout.write(chunk);
      listen?.(chunk.toString());
    });
    child.on('error', reject);
    child.on('close', (code) => resolve(code ?? 1));
  });
}
