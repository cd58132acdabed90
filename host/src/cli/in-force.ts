import type { Plan } from '../plan/plan.ts';
import { rulesOfPlugin } from '../plan/rule-lists.ts';

/** How much of what a plan has, the same words at the start and after each edit. */
export function inForce({ plugin, virtualHosts }: Plan): string {
  const rules = counted(rulesOfPlugin(plugin).length, 'rule');
  const routed = virtualHosts.filter(({ listeners }) => listeners !== undefined).length;
  return `${rules}${routed > 0 ? ` and ${counted(routed, 'routed host')}` : ''} in force`;
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`;
}
