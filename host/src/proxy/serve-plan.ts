import type { EnvoyFiles } from '../envoy/files.ts';
import type { EnvoyOptions, SocketAddress, Upstream } from '../envoy/options.ts';
import { translateToEnvoy } from '../envoy/translate.ts';
import type { Plan } from '../plan/plan.ts';
import { type EchoUpstream, startEchoUpstream } from './echo-upstream.ts';
import type { Verdict } from './replace-file.ts';
import { expectFree } from './socket-address.ts';
import { type EnvoyLife, type EnvoyPlace, type StartedEnvoy, startEnvoy } from './start-envoy.ts';

export type ServeOptions = EnvoyPlace & ServedLife;

export interface ServedLife
  extends Omit<EnvoyOptions, 'upstream' | 'xdsDirectory' | 'logLevel' | 'leaveHostsToRoutes'>,
    Omit<EnvoyLife, 'translate' | 'logLevel'> {
  /** Absent: requests for all other hosts go to an echo server started for them. */
  upstream?: Upstream | undefined;
  logLevel?: EnvoyOptions['logLevel'] | undefined;
}

/** A plan in force in a running Envoy. */
export interface ServedPlan {
  readonly envoy: StartedEnvoy;
  /** Set when the echo server answers. */
  readonly echoAddress: SocketAddress | undefined;
  update(plan: Plan): Promise<Verdict>;
  stop(): Promise<void>;
}

export async function servePlan(plan: Plan, options: ServeOptions): Promise<ServedPlan> {
  await expectFree(options.listen, '--listen');
  if (options.listenLocal !== undefined) await expectFree(options.listenLocal, '--listen-local');
  await expectFree(options.admin, '--admin');
  const echo = options.upstream === undefined ? await startEchoUpstream() : undefined;
  try {
    return await served(plan, options, echo);
  } catch (error) {
    await echo?.stop();
    throw error;
  }
}

async function served(
  plan: Plan,
  options: ServeOptions,
  echo: EchoUpstream | undefined,
): Promise<ServedPlan> {
  const upstream = options.upstream ?? echo!.address;
  const translate = (
    each: Plan,
    place: Pick<EnvoyOptions, 'xdsDirectory'> & Partial<EnvoyOptions>,
  ): EnvoyFiles => {
    const { logLevel, ...rest } = options;
    return translateToEnvoy(each, {
      ...rest,
      ...(logLevel !== undefined && { logLevel }),
      upstream,
      leaveHostsToRoutes: true,
      ...place,
    });
  };
  const envoy = await startEnvoy({
    ...options,
    logLevel: envoyLogLevel(options.logLevel),
    translate: (xdsDirectory) => translate(plan, { xdsDirectory }),
  });
  const place = {
    xdsDirectory: envoy.xdsDirectory,
    listen: envoy.listenAddress,
    ...(envoy.listenLocalAddress !== undefined && { listenLocal: envoy.listenLocalAddress }),
  };
  // A port that Envoy chose is known only now, and rules that name ports must name it too.
  if (options.listen.port === 0 || options.listenLocal?.port === 0) {
    await envoy.update(translate(plan, place)).catch(async (error) => {
      await envoy.stop();
      throw error;
    });
  }
  return {
    envoy,
    echoAddress: echo?.address,
    update: (next) => envoy.update(translate(next, place)),
    async stop() {
      await envoy.stop();
      await echo?.stop();
    },
  };
}

/** Never quieter than warnings: they carry the reason when Envoy refuses something. */
function envoyLogLevel(level: EnvoyOptions['logLevel'] | undefined): 'warning' | 'info' | 'debug' {
  return level === 'info' || level === 'debug' ? level : 'warning';
}
