import { BREAKERS_PER_PAGE } from '../../core/circuit-breaker/breaker-page';
import { CircuitBreaker } from '../../core/circuit-breaker/circuit-breaker';
import {
  BreakerSettings,
  MODE_AUTOMATIC,
  MODE_DISABLED,
  MODE_FORCED_CLOSED,
  MODE_FORCED_OPEN,
  MODE_METRICS_ONLY,
  MOST_PROBES,
  MOST_WINDOW_CALLS,
  NO_MOST,
  WHOLE_RATE,
  WINDOW_OF_CALLS,
  WINDOW_OF_TIME,
} from '../../core/circuit-breaker/settings';
import { bytesOf } from '../../core/bytes';
import { hashBytes } from '../../core/hash';
import { BreakerMetrics } from '../../runtime/breakers/breaker-metrics';
import { BreakerStore } from '../../runtime/breakers/breaker-store';
import { KeyedBreakers } from '../../runtime/breakers/keyed-breakers';
import { SharedBreaker } from '../../runtime/breakers/shared-breaker';
import { JsonReader } from '../../runtime/json-reader';
import { CommonConfiguration } from '../../runtime/plugin-config';
import { Descriptor } from '../matching/descriptor';
import { readDescriptors } from '../matching/read-descriptors';
import { isHeaderValue, isWord, readChoice, readNonEmpty } from '../matching/read-text';
import { Scope } from '../matching/scope';
import { FIELD_NAME } from '../matching/value-source';
import { readResponse } from '../read-response';
import { RefusalReply } from '../refusal-reply';
import { Breaker, Breakers } from './breaker';
import { FailureConditions } from './outcome';

const MODE = bytesOf('mode');
const WINDOW = bytesOf('window');
const NANOS = bytesOf('nanos');
const CALLS = bytesOf('calls');
const MINIMUM_CALLS = bytesOf('minimumCalls');
const FAILURE_RATE = bytesOf('failureRate');
const SLOW_CALL_RATE = bytesOf('slowCallRate');
const SLOW_CALL_NANOS = bytesOf('slowCallNanos');
const MAX_SLOW_CALLS = bytesOf('maxSlowCalls');
const MAX_AVERAGE_MICROS = bytesOf('maxAverageMicros');
const CONSECUTIVE_FAILURES = bytesOf('consecutiveFailures');
const MEASURE = bytesOf('measure');
const FAILURES = bytesOf('failures');
const STATUSES = bytesOf('statuses');
const GRPC_STATUSES = bytesOf('grpcStatuses');
const CONNECT_FAILURES = bytesOf('connectFailures');
const RESETS = bytesOf('resets');
const TIMEOUTS = bytesOf('timeouts');
const OPEN = bytesOf('open');
const BACKOFF_THOUSANDTHS = bytesOf('backoffThousandths');
const MAX_NANOS = bytesOf('maxNanos');
const JITTER = bytesOf('jitter');
const HALF_OPEN = bytesOf('halfOpen');
const PROBES = bytesOf('probes');
const PROBE_NANOS = bytesOf('probeNanos');
const KEY = bytesOf('key');
const KEY_CAPACITY = bytesOf('keyCapacity');
const WHEN_KEY_MISSING = bytesOf('whenKeyMissing');
const RESPONSE = bytesOf('response');

/** With the breaker's name behind it: what access logs show as %RESPONSE_CODE_DETAILS%. */
const DETAILS_PREFIX = bytesOf('sluice_circuit_open:');
const GRPC_UNAVAILABLE: u32 = 14;

const SHORTEST_NANOS: u64 = 1_000_000;
const SHORTEST_WINDOW_NANOS: u64 = 100_000_000;
const DAY_NANOS: u64 = 24 * 3600 * 1_000_000_000;
const DEFAULT_WINDOW_NANOS: u64 = 10_000_000_000;
const DEFAULT_OPEN_NANOS: u64 = 30_000_000_000;
const DEFAULT_PROBE_NANOS: u64 = 30_000_000_000;
const DEFAULT_PROBES: u32 = 3;
const MOST_CALLS: u64 = 1_000_000_000;
const MOST_BACKOFF: u64 = 100_000;
const MOST_KEYS: u64 = 4096;
const DEFAULT_KEYS: u32 = 256;
const HIGHEST_STATUS: u64 = 599;

const NO_DESCRIPTORS: Descriptor[] = [];

/** Reads the `circuitBreakers` of a plugin configuration. The fields are documented with the host's types (plugin-configuration.ts). */
export function readCircuitBreakers(reader: JsonReader, common: CommonConfiguration): Breakers {
  const breakers = new Breakers();
  const names = new Set<u64>();
  if (!reader.enterArray()) return breakers;
  for (let index = 0; reader.nextItem(index); index++) new BreakerReader(reader, common, breakers, names).read();
  breakers.found = new StaticArray<i32>(breakers.hosts.linkCount);
  return breakers;
}

/** Reads one breaker; what depends on the whole of it is put together at its end. */
class BreakerReader {
  private name: StaticArray<u8> = new StaticArray<u8>(0);
  private readonly scope: Scope = new Scope();
  private readonly settings: BreakerSettings = new BreakerSettings();
  private failures: FailureConditions = DEFAULT_FAILURES;
  private descriptors: Descriptor[] = NO_DESCRIPTORS;
  private keyCapacity: u32 = DEFAULT_KEYS;
  private skipsMissingKey: bool = false;
  private measuresWhole: bool = false;
  private reply: RefusalReply = DEFAULT_REPLY;

  constructor(
    private readonly reader: JsonReader,
    private readonly common: CommonConfiguration,
    private readonly breakers: Breakers,
    private readonly names: Set<u64>,
  ) {
    const settings = this.settings;
    settings.windowKind = WINDOW_OF_TIME;
    settings.windowSize = DEFAULT_WINDOW_NANOS;
    settings.openNanos = DEFAULT_OPEN_NANOS;
    settings.mostOpenNanos = DAY_NANOS;
    settings.probes = DEFAULT_PROBES;
    settings.probeNanos = DEFAULT_PROBE_NANOS;
  }

  read(): void {
    const reader = this.reader;
    const settings = this.settings;
    if (!reader.enterObject()) return;
    while (reader.nextField()) {
      if (this.scope.readField(reader, this.common)) continue;
      if (reader.fieldIs(FIELD_NAME)) this.readName();
      else if (reader.fieldIs(MODE)) settings.mode = readMode(reader);
      else if (reader.fieldIs(WINDOW)) this.readWindow();
      else if (reader.fieldIs(MINIMUM_CALLS)) settings.minimumCalls = reader.readWhole(0, MOST_CALLS);
      else if (reader.fieldIs(FAILURE_RATE)) settings.failureRate = <u32>reader.readWhole(1, WHOLE_RATE);
      else if (reader.fieldIs(SLOW_CALL_RATE)) settings.slowRate = <u32>reader.readWhole(1, WHOLE_RATE);
      else if (reader.fieldIs(SLOW_CALL_NANOS)) settings.slowNanos = reader.readWhole(SHORTEST_NANOS, DAY_NANOS);
      else if (reader.fieldIs(MAX_SLOW_CALLS)) settings.mostSlow = reader.readWhole(0, MOST_CALLS);
      else if (reader.fieldIs(MAX_AVERAGE_MICROS)) settings.averageMicros = reader.readWhole(1, DAY_NANOS / 1000);
      else if (reader.fieldIs(CONSECUTIVE_FAILURES)) settings.consecutiveFailures = reader.readWhole(1, MOST_CALLS);
      else if (reader.fieldIs(MEASURE)) this.measuresWhole = readChoice(reader, 'responseHeaders', 'responseEnd');
      else if (reader.fieldIs(FAILURES)) this.failures = readFailures(reader);
      else if (reader.fieldIs(OPEN)) this.readOpen();
      else if (reader.fieldIs(HALF_OPEN)) this.readHalfOpen();
      else if (reader.fieldIs(KEY)) this.descriptors = readDescriptors(reader);
      else if (reader.fieldIs(KEY_CAPACITY)) this.keyCapacity = <u32>reader.readWhole(BREAKERS_PER_PAGE, MOST_KEYS);
      else if (reader.fieldIs(WHEN_KEY_MISSING)) this.skipsMissingKey = readChoice(reader, 'share', 'skip');
      else if (reader.fieldIs(RESPONSE)) {
        this.reply = newReply();
        readResponse(reader, this.reply, 200);
      } else reader.refuseField();
    }
    if (!reader.hasFailed) this.finish();
  }

  private finish(): void {
    const reader = this.reader;
    if (this.name.length == 0) return reader.refuse('expected a breaker with a "name", got none');
    const hash = hashBytes(0, changetype<usize>(this.name), this.name.length);
    if (this.names.has(hash)) return reader.refuse('expected a name of its own, got that of another breaker');
    this.names.add(hash);
    this.checkConditions();
    const core = new CircuitBreaker(this.settings);
    const metrics = new BreakerMetrics(this.name);
    const store: BreakerStore = this.descriptors.length == 0
      ? new SharedBreaker(this.name, core, metrics)
      : new KeyedBreakers(this.name, core, this.keyCapacity, metrics);
    const breaker = new Breaker(
      this.name,
      <u32>hash,
      this.scope,
      this.descriptors,
      this.skipsMissingKey,
      this.settings,
      this.failures,
      this.measuresWhole,
      store,
      metrics,
      this.reply,
    );
    const position = this.breakers.breakers.length;
    this.breakers.breakers.push(breaker);
    this.scope.addTo(this.breakers.hosts, position);
  }

  /** A breaker that can never open is a mistake, unless it is forced. */
  private checkConditions(): void {
    const reader = this.reader;
    const settings = this.settings;
    const hasCondition = settings.looksAtFailures || settings.looksAtSlow || settings.averageMicros > 0;
    const isForced = settings.mode == MODE_FORCED_OPEN || settings.mode == MODE_FORCED_CLOSED || settings.mode == MODE_DISABLED;
    if (!hasCondition && !isForced) {
      reader.refuse('expected at least one of failureRate, slowCallRate, maxSlowCalls, maxAverageMicros and consecutiveFailures');
    }
    if (settings.looksAtSlow != settings.slowNanos > 0) {
      reader.refuse('expected "slowCallNanos" together with "slowCallRate" or "maxSlowCalls"');
    }
    if (settings.windowKind == WINDOW_OF_CALLS) {
      const size = settings.windowSize;
      if (settings.minimumCalls > size) reader.refuse('expected at most as many "minimumCalls" as the window has');
      if (settings.mostSlow != NO_MOST && settings.mostSlow >= size) reader.refuse('expected fewer "maxSlowCalls" than the window has calls');
      if (settings.averageMicros > 0) reader.refuse('expected a window of time with "maxAverageMicros"');
    }
    if (settings.mostOpenNanos < settings.openNanos) reader.refuse('expected open.maxNanos of at least open.nanos');
  }

  private readName(): void {
    this.name = readNonEmpty(this.reader);
    if (!isHeaderValue(this.name)) this.reader.refuse('expected a name without control characters');
  }

  private readWindow(): void {
    const reader = this.reader;
    const settings = this.settings;
    let fields = 0;
    if (!reader.enterObject()) return;
    while (reader.nextField()) {
      fields++;
      if (reader.fieldIs(NANOS)) {
        settings.windowKind = WINDOW_OF_TIME;
        settings.windowSize = reader.readWhole(SHORTEST_WINDOW_NANOS, DAY_NANOS);
      } else if (reader.fieldIs(CALLS)) {
        settings.windowKind = WINDOW_OF_CALLS;
        settings.windowSize = reader.readWhole(1, MOST_WINDOW_CALLS);
      } else reader.refuseField();
    }
    if (fields != 1) reader.refuse('expected a window of either "nanos" or "calls"');
  }

  private readOpen(): void {
    const reader = this.reader;
    const settings = this.settings;
    if (!reader.enterObject()) return;
    while (reader.nextField()) {
      if (reader.fieldIs(NANOS)) settings.openNanos = reader.readWhole(SHORTEST_NANOS, DAY_NANOS);
      else if (reader.fieldIs(BACKOFF_THOUSANDTHS)) settings.backoff = <u32>reader.readWhole(1000, MOST_BACKOFF);
      else if (reader.fieldIs(MAX_NANOS)) settings.mostOpenNanos = reader.readWhole(SHORTEST_NANOS, DAY_NANOS);
      else if (reader.fieldIs(JITTER)) settings.jitter = <u32>reader.readWhole(0, WHOLE_RATE);
      else reader.refuseField();
    }
  }

  private readHalfOpen(): void {
    const reader = this.reader;
    if (!reader.enterObject()) return;
    while (reader.nextField()) {
      if (reader.fieldIs(PROBES)) this.settings.probes = <u32>reader.readWhole(1, MOST_PROBES);
      else if (reader.fieldIs(PROBE_NANOS)) this.settings.probeNanos = reader.readWhole(SHORTEST_NANOS, DAY_NANOS);
      else reader.refuseField();
    }
  }
}

const DEFAULT_FAILURES = new FailureConditions();
const DEFAULT_REPLY = newReply();

function newReply(): RefusalReply {
  return new RefusalReply(DETAILS_PREFIX, 503, GRPC_UNAVAILABLE, null);
}

function readMode(reader: JsonReader): u32 {
  const word = reader.readString();
  if (isWord(word, 'automatic')) return MODE_AUTOMATIC;
  if (isWord(word, 'forcedOpen')) return MODE_FORCED_OPEN;
  if (isWord(word, 'forcedClosed')) return MODE_FORCED_CLOSED;
  if (isWord(word, 'disabled')) return MODE_DISABLED;
  if (isWord(word, 'metricsOnly')) return MODE_METRICS_ONLY;
  reader.refuse('expected automatic, forcedOpen, forcedClosed, disabled or metricsOnly');
  return MODE_AUTOMATIC;
}

function readFailures(reader: JsonReader): FailureConditions {
  const failures = new FailureConditions();
  if (!reader.enterObject()) return failures;
  while (reader.nextField()) {
    if (reader.fieldIs(STATUSES)) failures.statuses = readStatuses(reader);
    else if (reader.fieldIs(GRPC_STATUSES)) failures.grpcStatuses = readGrpcStatuses(reader);
    else if (reader.fieldIs(CONNECT_FAILURES)) failures.connectFailures = reader.readBoolean();
    else if (reader.fieldIs(RESETS)) failures.resets = reader.readBoolean();
    else if (reader.fieldIs(TIMEOUTS)) failures.timeouts = reader.readBoolean();
    else reader.refuseField();
  }
  return failures;
}

/** A list of pairs, first and last status of each range. */
function readStatuses(reader: JsonReader): StaticArray<u8> {
  const statuses = new StaticArray<u8>(<i32>HIGHEST_STATUS + 1);
  if (!reader.enterArray()) return statuses;
  for (let index = 0; reader.nextItem(index); index++) {
    let bounds = 0;
    let first: i32 = 0;
    let last: i32 = 0;
    if (!reader.enterArray()) return statuses;
    for (; reader.nextItem(bounds); bounds++) {
      const status = <i32>reader.readWhole(200, HIGHEST_STATUS);
      if (bounds == 0) first = status;
      last = status;
    }
    if (bounds != 2 || last < first) {
      reader.refuse('expected a pair of first and last status');
      return statuses;
    }
    for (let status = first; status <= last; status++) statuses[status] = 1;
  }
  return statuses;
}

function readGrpcStatuses(reader: JsonReader): u32 {
  let statuses: u32 = 0;
  if (!reader.enterArray()) return statuses;
  for (let index = 0; reader.nextItem(index); index++) statuses |= 1 << <u32>reader.readWhole(1, 16);
  return statuses;
}
