import { resolve } from 'node:path';
import { watchedFiles } from '../../envoy/files.ts';
import { withNativeHeaderEdits } from '../../envoy/native-header-edits.ts';
import type { EnvoyOptions, Upstream } from '../../envoy/options.ts';
import { translateToEnvoy, translateToOneEnvoyFile } from '../../envoy/translate.ts';
import type { Plan } from '../../plan/plan.ts';
import { plan as planPolicies } from '../../plan/plan-policies.ts';
import { printJson } from '../../print/json.ts';
import { modulePath } from '../../proxy/module-path.ts';
import { servingWarnings } from '../serving-warnings.ts';
import type { CompileOptions } from './options.ts';
import type { CompileTarget } from './target.ts';

/** A bootstrap for one Envoy. */
export const envoyTarget: CompileTarget = {
  summary: 'a bootstrap for Envoy',
  compile(policies, options) {
    const { plan, diagnostics } = planPolicies(policies);
    return {
      diagnostics,
      get notes() {
        return [...(options.explain ? explain(plan, false) : []), ...servingWarnings(plan, options)];
      },
      text: () => printJson(translateToOneEnvoyFile(plan, envoyOptions(options, resolve('.')))),
      files(folder) {
        const files = translateToEnvoy(plan, envoyOptions(options, folder));
        return new Map([
          ['bootstrap.json', printJson(files.bootstrap)],
          ...watchedFiles(files).map(({ name, response }) => [name, printJson(response)] as const),
        ]);
      },
    };
  },
};

/** What the module itself reads. */
export const pluginTarget: CompileTarget = {
  summary: 'the JSON the Wasm module reads',
  compile(policies, options) {
    const { plan, diagnostics } = planPolicies(policies);
    return {
      diagnostics,
      get notes() {
        return options.explain ? explain(plan, true) : [];
      },
      text: () => printJson(plan.plugin),
      files: () => new Map([['plugin.json', printJson(plan.plugin)]]),
    };
  },
};

/** Where each header rule went, one line each. */
function explain(plan: Plan, isPluginAlone: boolean): string[] {
  return withNativeHeaderEdits(plan).places.map(({ rule, moduleBecause }) => {
    const because = isPluginAlone ? 'a plugin configuration has no routes' : moduleBecause;
    return `header rule ${rule}: ${because === undefined ? 'Envoy’s own routes' : `module, because ${because}`}`;
  });
}

function envoyOptions(options: CompileOptions, xdsDirectory: string): EnvoyOptions {
  const defaultUpstream: Upstream = { host: '127.0.0.1', port: 8080 };
  return {
    ...(options.locality !== undefined && { locality: options.locality }),
    listen: options.listen,
    ...(options.listenLocal !== undefined && { listenLocal: options.listenLocal }),
    admin: options.admin,
    upstream: options.upstream.default ?? defaultUpstream,
    upstreamsByHost: options.upstream.byHost,
    modulePath: resolve(options.module ?? modulePath()),
    ...(options.failurePolicy !== undefined && { failurePolicy: options.failurePolicy }),
    ...(options.logLevel !== undefined && { logLevel: options.logLevel }),
    xdsDirectory,
  };
}
