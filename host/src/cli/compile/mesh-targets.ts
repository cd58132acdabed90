import { readFileSync } from 'node:fs';
import { translateToEnvoyGateway } from '../../envoy-gateway/translate.ts';
import type { IstioOptions } from '../../istio/options.ts';
import { translateToIstio } from '../../istio/translate.ts';
import type { Translated, TranslatedManifest } from '../../mesh/manifest.ts';
import {
  FETCHED_MODULE_SOURCE_FORMS,
  MODULE_MOUNT_PATH,
  MODULE_SOURCE_FORMS,
  type ModuleSource,
  parseModuleSource,
} from '../../mesh/module-source.ts';
import { sha256 } from '../../package/digest.ts';
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
    const { moduleSource = DEFAULT_MODULE_SOURCE } = options;
    const istioOptions = checkedIstioOptions(options, moduleSource);
    const planned = planForIstio(policies, options.gateway ?? ISTIO_INGRESS_GATEWAY);
    return compiled(planned, moduleSource, () => translateToIstio(planned.groups, istioOptions));
  },
};

export const envoyGatewayTarget: CompileTarget = {
  summary: 'EnvoyExtensionPolicies of Envoy Gateway',
  compile(policies, options) {
    const { moduleSource = '', failurePolicy = 'FAIL_CLOSED', logLevel } = options;
    const source = moduleSourceOf(moduleSource, options.module, FETCHED_MODULE_SOURCE_FORMS);
    refuseOptions(options, 'envoy-gateway', Object.keys(PARTIAL_OPTIONS) as PartialOption[]);
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
    return compiled(planned, moduleSource, () =>
      translateToEnvoyGateway(planned.groups, {
        moduleSource: source,
        failurePolicy,
        ...(logLevel !== undefined && { logLevel }),
      }),
    );
  },
};

function compiled({ diagnostics }: PlannedGroups, place: string, translate: () => Translated): Compiled {
  const translated: Translated = diagnostics.some(({ severity }) => severity === 'error')
    ? { manifests: [], diagnostics: [] }
    : translate();
  for (const each of translated.manifests) refuseTooLarge(each);
  return {
    diagnostics: [...diagnostics, ...translated.diagnostics],
    notes:
      translated.manifests.length === 0
        ? ['warning: expected at least one policy, got none: nothing to apply']
        : translated.manifests.map((each) => replacement(each, place)),
    text: () => manifestsText(translated.manifests),
    files: () => manifestFiles(translated.manifests),
  };
}

/** etcd takes 1.5 MiB a request, and Kubernetes adds whose field is whose. */
const LARGEST_OBJECT_BYTES = 1024 * 1024;

function refuseTooLarge({ manifest, rules }: TranslatedManifest): void {
  const bytes = Buffer.byteLength(JSON.stringify(manifest));
  if (bytes <= LARGEST_OBJECT_BYTES) return;
  const { kind, metadata } = manifest;
  throw new EnvironmentError(
    `expected objects of at most ${LARGEST_OBJECT_BYTES} bytes (1 MiB), which Kubernetes can store, got ${bytes} for the ${rules.length} rules of ${kind} ${metadata.namespace}/${metadata.name}; compile them in parts, each with a --set of its own`,
  );
}

/** Said each time, because policies that are not among the files end without another word. */
function replacement({ manifest, rules }: TranslatedManifest, place: string): string {
  const { kind, metadata } = manifest;
  const count = `${rules.length} ${rules.length === 1 ? 'rule' : 'rules'}`;
  return `${kind} ${metadata.namespace}/${metadata.name}: ${count}, in the place of all that was applied under this name; module from ${place}`;
}

function checkedIstioOptions(options: CompileOptions, moduleSource: string): IstioOptions {
  const { resource, filterPosition, bypass, reloadBackoff, phase, priority, logLevel, set } = options;
  if (resource === 'EnvoyFilter') refuseOptions(options, '--resource EnvoyFilter', ['phase', 'priority']);
  else refuseOptions(options, `--resource ${resource}`, ['filterPosition', 'bypass', 'reloadBackoff']);
  const source = moduleSourceOf(moduleSource, options.module);
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
    ...(set !== undefined && { set }),
    ...(filterPosition !== undefined && { position: filterPosition }),
    ...(reloadBackoff !== undefined && { reloadBackoff }),
    ...(phase !== undefined && { phase }),
    ...(priority !== undefined && { priority }),
    ...(logLevel !== undefined && { logLevel }),
  };
}

function moduleSourceOf(text: string, module: string | undefined, forms = MODULE_SOURCE_FORMS): ModuleSource {
  const source = parseModuleSource(text, () => sha256(readFileSync(module ?? modulePath())));
  if (source !== undefined) return source;
  const got = text === '' ? 'none' : text;
  const why = text.includes('#sha256=') ? '; HEX is 64 digits, 0-9 and a-f' : '';
  throw new EnvironmentError(`expected --module-source ${forms}, got ${got}${why}`);
}

const OF_ENVOY_FILTERS = '`--to istio --resource EnvoyFilter` can carry it';
const OF_EXTENSIONS = '`--to istio --resource WasmPlugin` and `TrafficExtension` can carry it';

/** Options that not every target can carry, with those that can. */
const PARTIAL_OPTIONS = {
  set: { word: '--set', carriers: '`--to istio` can carry it' },
  filterPosition: { word: '--filter-position', carriers: OF_ENVOY_FILTERS },
  bypass: { word: '--bypass', carriers: OF_ENVOY_FILTERS },
  reloadBackoff: { word: '--reload-backoff', carriers: OF_ENVOY_FILTERS },
  phase: { word: '--phase', carriers: OF_EXTENSIONS },
  priority: { word: '--priority', carriers: OF_EXTENSIONS },
} as const;
type PartialOption = keyof typeof PARTIAL_OPTIONS;

/** What a target cannot carry is refused, never left out. */
function refuseOptions(options: CompileOptions, beside: string, names: readonly PartialOption[]): void {
  for (const name of names) {
    const value = options[name];
    if (value === undefined || (Array.isArray(value) && value.length === 0)) continue;
    const { word, carriers } = PARTIAL_OPTIONS[name];
    throw new EnvironmentError(`expected no ${word} beside ${beside}, which cannot carry it; ${carriers}`);
  }
}
