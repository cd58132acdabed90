import { setTimeout as sleep } from 'node:timers/promises';
import type { Plan } from '../../host/src/plan/plan.ts';
import { findEnvoy } from '../../host/src/proxy/find-envoy.ts';
import { servePlan } from '../../host/src/proxy/serve-plan.ts';
import { sluiceModule } from '../module/modules.ts';
import type { Answer, BehaviourProxy, SentRequest } from './behaviour-case.ts';
import { createClient } from './client.ts';
import { RECEIVED, startRecordingUpstream } from './recording-upstream.ts';

/** The module in real Envoy. */
export async function envoyProxy(plan: Plan, concurrency: number): Promise<BehaviourProxy> {
  const any = { host: '127.0.0.1', port: 0 };
  const envoy = await findEnvoy();
  const { upstream, stop } = await startRecordingUpstream();
  const served = await servePlan(plan, {
    envoyPath: envoy.path,
    modulePath: sluiceModule,
    listen: any,
    admin: any,
    concurrency,
    upstream,
  });
  const client = createClient(served.envoy.listenAddress);
  const send = async (request: SentRequest): Promise<Answer> => {
    const sentAt = performance.now();
    const { status, headers, body } = await client.send(request);
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
    async stop() {
      client.close();
      await served.stop();
      await stop();
    },
  };
}
