import type { AdminClient } from './admin-client.ts';
import { poll } from './poll.ts';

/** How long a client on a quiet keep-alive connection gets to see `connection: close` on one more answer. */
const quietMillis = 300;

/** Lets requests that have begun come to their end, and takes no new connections. */
export async function drainEnvoy(admin: AdminClient, withinMillis: number): Promise<void> {
  await admin.announceDrain();
  await admin.stopListening();
  const start = performance.now();
  await poll(
    async () => {
      const stats = await admin.stats('^http\\.(ingress|local)\\.downstream_(cx|rq)_active$');
      const sum = (kind: string) =>
        [...stats]
          .filter(([name]) => name.endsWith(kind))
          .reduce((total, [, value]) => total + Number(value), 0);
      if (sum('cx_active') === 0) return true;
      return sum('rq_active') === 0 && performance.now() - start >= quietMillis ? true : undefined;
    },
    { withinMillis, everyMillis: 20 },
  );
}
