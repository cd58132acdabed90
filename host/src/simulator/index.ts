/**
 * A proxy-wasm host under a virtual clock: runs the very module Envoy runs, as Envoy 1.40 would, in one JavaScript
 * thread and repeatably. Feeds exact tests and `sluice simulate`; `loadModule` also guards the start of a real Envoy.
 */
export { type CallbackName, HeadersStatus, LogLevel, type LogLevelName, MetricType, Result } from './abi.ts';
export type { HeaderPair, HeadersInput } from './header-map.ts';
export { type LoadedModule, type LoadModuleOptions, loadModule, sluiceMarkerExport } from './load-module.ts';
export type { ForeignFunction, LogEntry } from './process.ts';
export type { PropertyValue } from './properties.ts';
export {
  type ConfigurationResult,
  createSimulator,
  type RaceEntry,
  type RaceOptions,
  type SharedDataReader,
  type Simulator,
  type SimulatorOptions,
  StartRefused,
} from './simulator.ts';
export type {
  LocalReplyOutcome,
  Outcome,
  RequestOptions,
  ResponseOptions,
  ResponseResult,
  Stream,
} from './stream.ts';
export type { UpstreamFailure } from './upstream-failure.ts';
export type { FailurePolicy } from './worker.ts';
