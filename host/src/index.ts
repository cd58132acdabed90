/**
 * Sluice as a library. Importing it does nothing but define:
 * sources → `parse` → `validate` → `plan` → `translate` → the objects Envoy reads, each stage a pure function.
 * `loadModule` checks what `modulePath` names; `findEnvoy` and `startEnvoy` run it; `packageModules` brings it to other
 * gateways. See docs/library.md.
 */

export type { EnvoyFiles, XdsFile } from './envoy/files.ts';
export type { EnvoyOptions, FailurePolicy, SocketAddress, Upstream } from './envoy/options.ts';
export { translateToEnvoy as translate, translateToOneEnvoyFile } from './envoy/translate.ts';
export type { EnvoyGatewayOptions } from './envoy-gateway/options.ts';
export { translateToEnvoyGateway } from './envoy-gateway/translate.ts';
export type { IstioOptions, IstioResource } from './istio/options.ts';
export { translateToIstio } from './istio/translate.ts';
export type { Manifest, Translated, TranslatedManifest } from './mesh/manifest.ts';
export { type ModuleSource, parseModuleSource } from './mesh/module-source.ts';
export type { MeshOptions } from './mesh/options.ts';
export {
  type PackagedModules,
  type PackageFormat,
  packageFormats,
} from './package/package-files.ts';
export { type PackageOptions, packageModules } from './package/package-modules.ts';
export { planForEnvoyGateway } from './plan/mesh/plan-for-envoy-gateway.ts';
export { planForIstio } from './plan/mesh/plan-for-istio.ts';
export type { GroupPlan, PlannedGroups } from './plan/mesh/plan-groups.ts';
export type { DefaultGateway, ProxyGroup } from './plan/mesh/proxy-group.ts';
export type { Plan, PlannedRoute, PlannedVirtualHost } from './plan/plan.ts';
export { type Planned, plan } from './plan/plan-policies.ts';
export type {
  BreakerWindow,
  CircuitBreaker,
  CompiledPattern,
  Condition,
  Cost,
  Descriptor,
  FailureConditions,
  HeaderEdit,
  HeaderEditAction,
  HeaderRule,
  Limit,
  LimitOverride,
  Matcher,
  PluginConfiguration,
  QuotaBucket,
  QuotaScheduler,
  RateLimitRule,
  RefusalResponse,
  SlidingWindowLimit,
  TokenBucketLimit,
  ValueSource,
  Workload,
  WorkloadParameters,
} from './plan/plugin-configuration.ts';
export type {
  PlannedDestination,
  RouteMatch,
  RouteRouting,
} from './plan/routing-plan.ts';
export { type Diagnostic, formatDiagnostic, type SourcePosition } from './policy/diagnostic.ts';
export { type Parsed, parse } from './policy/parse.ts';
export type {
  HostTarget,
  Policy,
  PolicyCondition,
  PolicyHeaderEdit,
  PolicyHeaderRule,
  PolicyMatcher,
  PolicyQuotaScheduler,
  PolicyRateLimit,
  PolicyRule,
  PolicyWorkload,
} from './policy/policy.ts';
export type { PolicyDocument } from './policy/policy-document.ts';
export type { Routing } from './policy/routing.ts';
export type { Source } from './policy/source.ts';
export { type Validated, type ValidateOptions, validate } from './policy/validate.ts';
export { printJson } from './print/json.ts';
export { manifestsText } from './print/manifests.ts';
export { type FindContainerEngineOptions, findContainerEngine } from './proxy/container/container-engine.ts';
export { type EchoUpstream, startEchoUpstream } from './proxy/echo-upstream.ts';
export { EnvironmentError } from './proxy/environment-error.ts';
export type { EnvoyEngine, EnvoyExit, EnvoyLaunch, RunningEnvoy } from './proxy/envoy-engine.ts';
export { type FindEnvoyOptions, type FoundEnvoy, findEnvoy } from './proxy/find-envoy.ts';
export { type ModuleName, moduleNames, modulePath } from './proxy/module-path.ts';
export type { Verdict } from './proxy/replace-file.ts';
export {
  type EnvoyLife,
  type EnvoyPlace,
  type StartEnvoyOptions,
  type StartedEnvoy,
  startEnvoy,
} from './proxy/start-envoy.ts';
export { type LoadedModule, type LoadModuleOptions, loadModule } from './simulator/load-module.ts';
