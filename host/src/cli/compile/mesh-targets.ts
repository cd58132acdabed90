import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { translateToEnvoyGateway } from '../../envoy-gateway/translate.ts';
import type { IstioOptions } from '../../istio/options.ts';
import { translateToIstio } from '../../istio/translate.ts';
import type { Translated } from '../../mesh/manifest.ts';
import {
  MODULE_MOUNT_PATH,
  MODULE_SOURCE_FORMS,
  type ModuleSource,
  parseModuleSource,
} from '../../mesh/module-source.ts';
import { planForEnvoyGateway } from '../../plan/mesh/plan-for-envoy-gateway.ts';
import { planForIstio } from '../../plan/mesh/plan-for-istio.ts';
import type { PlannedGroups } from '../../plan/mesh/plan-groups.ts';
import type { DefaultGateway } from '../../plan/mesh/proxy-group.ts';
import { manifestFiles, manifestsText } from '../../print/manifests.ts';
import { EnvironmentError } from '../../proxy/environment-error.ts';
import { modulePath } from '../../proxy/module-path.ts';
import { type CompileOptions, parseGateway } from './options.ts';
import type { Compiled, CompileTarget } from './target.ts';

/** Istio's own ingress gateway, as its charts install it. */
const ISTIO_INGRESS_GATEWAY: DefaultGateway = {
  namespace: 'istio-system',
  labels: { istio: 'ingressgateway' },
};
/** The Gateway of Envoy Gateway's quickstart. */
const QUICKSTART_GATEWAY: DefaultGateway = parseGateway('default/eg');

const DEFAULT_MODULE_SOURCE = `file:${MODULE_MOUNT_PATH}/sluice.wasm`;

export const istioTarget: CompileTarget = {
  summary: 'objects of Istio (see --resource)',
  compile(policies, options) {
    const istioOptions = checkedIstioOptions(options);
    const planned = planForIstio(policies, options.gateway ?? ISTIO_INGRESS_GATEWAY);
    return compiled(planned, () => translateToIstio(planned.groups, istioOptions));
  },
};

export const envoyGatewayTarget: CompileTarget = {
  summary: 'EnvoyExtensionPolicies of Envoy Gateway',
  compile(policies, options) {
    const { moduleSource, failurePolicy = 'FAIL_CLOSED', logLevel } = options;
    const source = moduleSourceOf(moduleSource ?? '', options.module);
    refuseOptions(options, 'envoy-gateway', [
      'filterPosition',
      'bypass',
      'reloadBackoff',
      'phase',
      'priority',
    ]);
    if (source.from === 'file' || source.from === 'configMap') {
      throw new EnvironmentError(
        `expected --module-source https://URL or oci://REFERENCE, got ${moduleSource}: Envoy Gateway reads no files; \`--to istio\` can carry it`,
      );
    }
    if (failurePolicy === 'FAIL_RELOAD') {
      throw new EnvironmentError(
        'expected --failure-policy FAIL_CLOSED or FAIL_OPEN, got FAIL_RELOAD, which an EnvoyExtensionPolicy cannot ask for; `--to istio` and `--to envoy` can carry it',
      );
    }
    const planned = planForEnvoyGateway(policies, options.gateway ?? QUICKSTART_GATEWAY);
    return compiled(planned, () =>
      translateToEnvoyGateway(planned.groups, {
        moduleSource: source,
        failurePolicy,
        ...(logLevel !== undefined && { logLevel }),
      }),
    );
  },
};

function compiled({ diagnostics }: PlannedGroups, translate: () => Translated): Compiled {
  const translated: Translated = diagnostics.some(({ severity }) => severity === 'error')
    ? { manifests: [], diagnostics: [] }
    : translate();
  return {
    diagnostics: [...diagnostics, ...translated.diagnostics],
    notes:
      translated.manifests.length === 0
        ? ['warning: expected at least one policy, got none: nothing to apply']
        : [],
    text: () => manifestsText(translated.manifests),
    files: () => manifestFiles(translated.manifests),
  };
}

function checkedIstioOptions(options: CompileOptions): IstioOptions {
  const { resource, moduleSource, filterPosition, bypass, reloadBackoff, phase, priority, logLevel } =
    options;
  if (resource === 'EnvoyFilter') refuseOptions(options, '--resource EnvoyFilter', ['phase', 'priority']);
  else refuseOptions(options, `--resource ${resource}`, ['filterPosition', 'bypass', 'reloadBackoff']);
  const source = moduleSourceOf(moduleSource ?? DEFAULT_MODULE_SOURCE, options.module);
  if (resource === 'EnvoyFilter' && source.from === 'image') {
    throw new EnvironmentError(
      `expected --module-source file:, configmap: or https: beside --resource EnvoyFilter, got ${moduleSource}: Envoy fetches no images; \`--resource WasmPlugin\` and \`--resource TrafficExtension\` can carry it`,
    );
  }
  const { failurePolicy = 'FAIL_RELOAD' } = options;
  if (reloadBackoff !== undefined && failurePolicy !== 'FAIL_RELOAD') {
    throw new EnvironmentError(`expected --reload-backoff with FAIL_RELOAD alone, got ${failurePolicy}`);
  }
  return {
    resource,
    moduleSource: source,
    failurePolicy,
    bypass,
    ...(filterPosition !== undefined && { position: filterPosition }),
    ...(reloadBackoff !== undefined && { reloadBackoff }),
    ...(phase !== undefined && { phase }),
    ...(priority !== undefined && { priority }),
    ...(logLevel !== undefined && { logLevel }),
  };
}

function moduleSourceOf(text: string, module: string | undefined): ModuleSource {
  const source = parseModuleSource(text, () => sha256OfFile(module ?? modulePath()));
  if (source !== undefined) return source;
  const got = text === '' ? 'none' : text;
  throw new EnvironmentError(`expected --module-source ${MODULE_SOURCE_FORMS}, got ${got}`);
}

function sha256OfFile(path: string): string {
  return createHash('sha256').update(readFileSync(path)).digest('hex');
}

const OPTION_WORDS = {
  filterPosition: '--filter-position',
  bypass: '--bypass',
  reloadBackoff: '--reload-backoff',
  phase: '--phase',
  priority: '--priority',
} as const;

/** What a target cannot carry is refused, never left out. */
function refuseOptions(options: CompileOptions, beside: string, names: (keyof typeof OPTION_WORDS)[]): void {
  for (const name of names) {
    const value = options[name];
    if (value === undefined || (Array.isArray(value) && value.length === 0)) continue;
    const isOfEnvoyFilter = name !== 'phase' && name !== 'priority';
    const carrier = isOfEnvoyFilter
      ? '`--to istio --resource EnvoyFilter` can carry it'
      : '`--to istio --resource WasmPlugin` and `TrafficExtension` can carry it';
    throw new EnvironmentError(
      `expected no ${OPTION_WORDS[name]} beside ${beside}, which cannot carry it; ${carrier}`,
    );
  }
}
