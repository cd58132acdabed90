import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describeMachine } from '../environment/machine.ts';

/** The lines every result begins with: what was measured, how, on what, and the command that repeats it. */
export function preamble(title: string, method: string): string {
  const facts = describeMachine().map(([label, value]) => `- ${label}: ${value}`);
  const command = ['node', ...process.argv.slice(1).map(relativeToHere)].join(' ');
  return `# ${title}\n\n${method}\n\n${facts.join('\n')}\n- Command: \`${command}\`\n`;
}

export function writeResult(folder: string, name: string, content: string): void {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, name), content);
  console.error(`wrote ${join(folder, name)}`);
}

const relativeToHere = (path: string): string =>
  path.startsWith(`${process.cwd()}/`) ? path.slice(process.cwd().length + 1) : path;
