import { closeSync, fstatSync, openSync, readFileSync, readSync, statSync } from 'node:fs';

/** The file Envoy's log goes to. */
export class EnvoyLog {
  readonly path: string;

  constructor(path: string) {
    this.path = path;
  }

  /** A position to read on from. */
  get end(): number {
    return statSync(this.path).size;
  }

  /** What went wrong since a position, one statement a line: what the module says first, then Envoy. */
  problemsSince(position: number): string[] {
    const lines = readFileSync(this.path).subarray(position).toString().split('\n');
    const module: string[] = [];
    const envoy: string[] = [];
    let continued = false;
    for (const line of lines) {
      const entry = /^\[[^\]]*\]\[\d+\]\[(\w+)\]\[(\w+)\] (?:\[[^\]]*\] )?(.*)$/.exec(line);
      if (entry === null) {
        if (continued && line.trim() !== '') envoy.push(`${envoy.pop() ?? ''} ${line.trim()}`.trim());
        continue;
      }
      const [, level, component, message] = entry as unknown as [string, string, string, string];
      const fromModule = /^wasm log(?: sluice)*: (.*)$/.exec(message);
      const rejected = /^Filesystem config update (?:rejected|failure): (.*)$/.exec(message);
      continued = rejected !== null;
      if (fromModule !== null && /warn|error|critical/.test(level)) module.push(fromModule[1]!);
      else if (rejected !== null) envoy.push(rejected[1]!);
      else if (component !== 'wasm' && /error|critical/.test(level)) envoy.push(message);
    }
    return [...new Set([...module, ...envoy])];
  }

  lastLines(count = 15): string[] {
    const file = openSync(this.path, 'r');
    try {
      const { size } = fstatSync(file);
      const buffer = Buffer.alloc(Math.min(size, 64 * 1024));
      readSync(file, buffer, 0, buffer.length, size - buffer.length);
      return buffer
        .toString()
        .split('\n')
        .filter((line) => line.trim() !== '')
        .slice(-count);
    } finally {
      closeSync(file);
    }
  }
}
