/**
 * Replaces AssemblyScript's `env.abort`, which Envoy does not offer. The module is written so that it never gets
 * here; if it does, trapping is the only honest end: Envoy's failure policy then decides what happens to traffic.
 */
export function abort(_message: string | null, _file: string | null, _line: u32, _column: u32): void {
  unreachable();
}
