import { setTimeout as sleep } from 'node:timers/promises';
import type { SocketAddress } from '../../host/src/envoy/options.ts';
import type { Answer, BehaviourProxy, SentRequest } from './behaviour-case.ts';
import { createClient } from './client.ts';
import { RECEIVED, SCRIPT } from './scripted-upstream.ts';

/** Requests of cases through a real proxy to scripted upstreams. */
export function createExchange(
  proxy: SocketAddress,
): Pick<BehaviourProxy, 'exchange' | 'wait'> & { close(): void } {
  const client = createClient(proxy);
  const send = async (request: SentRequest): Promise<Answer> => {
    const sentAt = performance.now();
    const { status, headers, body } = await client.send({
      ...request,
      headers: { ...request.headers, [SCRIPT]: request.upstream },
    });
    const waitedMillis = performance.now() - sentAt;
    const { [RECEIVED]: received, ...others } = headers;
    return {
      status,
      headers: others,
      body,
      waitedMillis,
      ...(received !== undefined && { received: JSON.parse(received) }),
    };
  };
  return {
    async exchange(requests) {
      const answers: Promise<Answer>[] = [];
      for (const request of requests) {
        if (request.afterMillis > 0) await sleep(request.afterMillis);
        answers.push(send(request));
      }
      return Promise.all(answers);
    },
    wait: (millis) => sleep(millis),
    close: () => client.close(),
  };
}
