import type {
  CorsPolicy,
  FaultPolicy,
  HeaderEdits,
  RedirectAction,
  RetryPolicy,
} from '../plan/routing-plan.ts';
import { durationMillis } from '../policy/fields/duration.ts';
import { grpcStatusNumber } from '../policy/fields/routing.ts';
import { headerValues } from './header-edits.ts';
import type { IstioHeaders } from './istio-parts-schema.ts';
import type {
  IstioCorsPolicy,
  IstioFault,
  IstioRedirect,
  IstioRetries,
} from './istio-virtual-service-schema.ts';

/** What Istio retries on when `retryOn` is absent. */
const DEFAULT_RETRY_ON = 'connect-failure,refused-stream,unavailable,cancelled,retriable-status-codes';

/** Of a percentage with decimals. */
export function millionths(percent: number): number {
  return Math.round(percent * 10_000);
}

/** The edits of a request or a response; an authority is not among them, it is rewritten. */
export function istioEdits(operations: IstioHeaders['request']): HeaderEdits {
  const { set, add, remove = [] } = operations ?? {};
  return {
    set: headerValues(set, true).filter(({ name }) => name !== 'host' && name !== ':authority'),
    add: headerValues(add, true),
    remove: remove.map((name) => name.toLowerCase()),
  };
}

export function istioRedirect(redirect: IstioRedirect): RedirectAction {
  const { uri, authority, port, scheme, redirectCode, derivePort } = redirect;
  const prefix = /^%PREFIX\(\)%(.*)$/.exec(uri ?? '')?.[1];
  return {
    kind: 'redirect',
    ...(scheme !== undefined && { scheme }),
    ...(authority !== undefined && { host: authority }),
    ...(port !== undefined && { port }),
    ...(derivePort === 'FROM_PROTOCOL_DEFAULT' && { port: scheme === 'https' ? 443 : 80 }),
    ...(prefix !== undefined
      ? { path: { replace: 'prefix' as const, with: prefix } }
      : uri !== undefined && { path: { replace: 'full' as const, with: uri } }),
    status: redirectCode ?? 301,
  };
}

export function istioRetries(retries: IstioRetries): RetryPolicy {
  const conditions = (retries.retryOn || DEFAULT_RETRY_ON).split(',').map((each) => each.trim());
  const statuses = conditions.filter((each) => /^\d{3}$/.test(each)).map(Number);
  const words = conditions.filter((each) => !/^\d{3}$/.test(each));
  if (statuses.length > 0 && !words.includes('retriable-status-codes')) words.push('retriable-status-codes');
  return {
    attempts: retries.attempts,
    on: words.join(),
    statuses: retries.retryOn === undefined ? [503] : statuses,
    ...(retries.perTryTimeout !== undefined && {
      perTryTimeoutMillis: durationMillis(retries.perTryTimeout),
    }),
    ...(retries.backoff !== undefined && { backoffMillis: durationMillis(retries.backoff) }),
    ...(retries.retryIgnorePreviousHosts === true && { avoidPreviousHosts: true as const }),
  };
}

export function istioFault({ delay, abort }: IstioFault): FaultPolicy {
  return {
    ...(delay !== undefined && {
      delay: {
        millis: durationMillis(delay.fixedDelay),
        millionths: millionths(delay.percentage?.value ?? delay.percent ?? 100),
      },
    }),
    ...(abort !== undefined && {
      abort: {
        ...(abort.httpStatus !== undefined
          ? { status: abort.httpStatus }
          : { grpcStatus: grpcStatusNumber(abort.grpcStatus!)! }),
        millionths: millionths(abort.percentage?.value ?? 100),
      },
    }),
  };
}

export function istioCors(policy: IstioCorsPolicy): CorsPolicy {
  const origins = [
    ...(policy.allowOrigin ?? []).map((value) =>
      value === '*' ? { is: 'regex' as const, value: '.*' } : { is: 'exact' as const, value },
    ),
    ...(policy.allowOrigins ?? []).map(({ exact, prefix, regex }) =>
      exact !== undefined
        ? exact === '*'
          ? { is: 'regex' as const, value: '.*' }
          : { is: 'exact' as const, value: exact }
        : prefix !== undefined
          ? { is: 'prefix' as const, value: prefix }
          : { is: 'regex' as const, value: regex! },
    ),
  ];
  return {
    origins,
    methods: policy.allowMethods ?? [],
    headers: policy.allowHeaders ?? [],
    exposeHeaders: policy.exposeHeaders ?? [],
    ...(policy.maxAge !== undefined && { maxAgeSeconds: Math.floor(durationMillis(policy.maxAge) / 1000) }),
    ...(policy.allowCredentials !== undefined && { credentials: policy.allowCredentials }),
    // Istio's default.
    forwardUnmatchedPreflights: policy.unmatchedPreflights !== 'IGNORE',
  };
}
