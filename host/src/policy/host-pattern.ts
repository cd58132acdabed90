/** True when every host that `narrow` stands for is also one of `wide`: `*` ⊇ `*.example` ⊇ `a.example`. */
export function covers(wide: string, narrow: string): boolean {
  if (wide === '*' || wide === narrow) return true;
  return wide.startsWith('*.') && narrow.endsWith(wide.slice(1)) && narrow !== '*';
}

/** The patterns for the hosts that both lists stand for. */
export function intersectHosts(left: readonly string[], right: readonly string[]): string[] {
  const both = new Set<string>();
  for (const a of left) {
    for (const b of right) {
      if (covers(a, b)) both.add(b);
      else if (covers(b, a)) both.add(a);
    }
  }
  return [...both];
}
