import type { Upstream } from '../../host/src/envoy/options.ts';
import type { UpstreamOfItsOwn } from './behaviour-case.ts';
import { type ScriptedUpstream, startScriptedUpstream } from './scripted-upstream.ts';

/** A port below 1024 that nobody listens on. */
const NOBODY: Upstream = { host: '127.0.0.1', port: 1 };

/** The servers behind a proxy. */
export interface Upstreams {
  /** For every host that has none of its own. */
  shared: Upstream;
  byHost: Map<string, Upstream>;
  stop(): Promise<void>;
}

export async function startUpstreams(
  upstreamsOfTheirOwn: ReadonlyMap<string, UpstreamOfItsOwn>,
): Promise<Upstreams> {
  const started: ScriptedUpstream[] = [];
  const start = async (): Promise<Upstream> => {
    const upstream = await startScriptedUpstream();
    started.push(upstream);
    return upstream.address;
  };
  const shared = await start();
  const byHost = new Map<string, Upstream>();
  for (const [host, kind] of upstreamsOfTheirOwn) byHost.set(host, kind === 'own' ? await start() : NOBODY);
  return {
    shared,
    byHost,
    async stop() {
      await Promise.all(started.map((each) => each.stop()));
    },
  };
}
