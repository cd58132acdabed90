import { execFileSync } from 'node:child_process';
import { arch, cpus, release, totalmem, type } from 'node:os';
import { envoy, findFortio, repository } from './tools.ts';

/** What a result must name to be repeatable: one `label: value` pair a line. */
export function describeMachine(): [label: string, value: string][] {
  return [
    ['Date', new Date().toISOString().slice(0, 10)],
    [
      'Machine',
      `${cpus().length} cores ${cpus()[0]?.model ?? 'unknown'}, ${Math.round(totalmem() / 2 ** 30)} GiB`,
    ],
    ['System', `${type()} ${release()} ${arch()}`],
    ['Envoy', envoy.version],
    ['fortio', output(findFortio(), ['version']).trim()],
    ['Node', process.version],
    ['Sluice', output('git', ['-C', repository, 'describe', '--always', '--dirty']).trim()],
  ];
}

const output = (program: string, parameters: string[]): string =>
  execFileSync(program, parameters, { encoding: 'utf8' });
