import { bytesOf, concatenateBytes } from '../../core/bytes';
import { hashBytes } from '../../core/hash';
import { Limit } from '../../core/limit';
import { SlidingWindow } from '../../core/sliding-window';
import { TokenBucket } from '../../core/token-bucket';
import { BUCKETS_PER_PAGE } from '../../core/bucket-page';
import { BucketStore } from '../../runtime/buckets/bucket-store';
import { KeyedBuckets } from '../../runtime/buckets/keyed-buckets';
import { SharedBucket } from '../../runtime/buckets/shared-bucket';
import { JsonReader } from '../../runtime/json-reader';
import { BatchedCounter, Counter } from '../../runtime/metrics';
import { CommonConfiguration } from '../../runtime/plugin-config';
import { Descriptor } from '../matching/descriptor';
import { Matcher } from '../matching/matcher';
import { readDescriptors } from '../matching/read-descriptors';
import { readMatchers } from '../matching/read-matcher';
import { headerName, isHeaderValue, readChoice, readNonEmpty } from '../matching/read-text';
import { Scope } from '../matching/scope';
import { FIELD_NAME } from '../matching/value-source';
import { readResponse } from '../read-response';
import { RefusalReply } from '../refusal-reply';
import { LimitOverride, NO_DESCRIPTORS, RateLimits, Rule } from './rule';

const MATCH = bytesOf('match');
const LIMIT = bytesOf('limit');
const OVERRIDES = bytesOf('overrides');
const KEY = bytesOf('key');
const KEY_CAPACITY = bytesOf('keyCapacity');
const WHEN_KEY_MISSING = bytesOf('whenKeyMissing');
const COST = bytesOf('cost');
const SHADOW_MODE = bytesOf('shadowMode');
const RESPONSE = bytesOf('response');
const ALGORITHM = bytesOf('algorithm');
const MAX_TOKENS = bytesOf('maxTokens');
const TOKENS_PER_FILL = bytesOf('tokensPerFill');
const FILL_INTERVAL_NANOS = bytesOf('fillIntervalNanos');
const MAX_REQUESTS = bytesOf('maxRequests');
const WINDOW_NANOS = bytesOf('windowNanos');
const FIXED = bytesOf('fixed');
const HEADER = bytesOf('header');
const DEFAULT = bytesOf('default');
const MAX = bytesOf('max');

/** With the rule's name behind it: what access logs show as %RESPONSE_CODE_DETAILS%. */
const DETAILS_PREFIX = bytesOf('sluice_rate_limited:');
const X_LOCAL_RATE_LIMIT = bytesOf('x-local-rate-limit');
const GRPC_RESOURCE_EXHAUSTED: u32 = 8;

const STATISTICS = 'sluice.rate_limit';
const LEDGER_PREFIX = bytesOf('rate-limit/');
const NO_BYTES = bytesOf('');

const MOST_SAFE_WHOLE: u64 = (1 << 53) - 1;
const LONGEST_NANOS: u64 = 366 * 24 * 3600 * 1_000_000_000;
const MOST_KEYS: u64 = 1 << 20;
const DEFAULT_KEYS: u64 = 16384;

/** Reads the `rateLimits` of a plugin configuration. The fields are documented with the host's types (plugin-configuration.ts). */
export function readRateLimits(reader: JsonReader, common: CommonConfiguration): RateLimits {
  const limits = new RateLimits();
  const names = new Set<u64>();
  if (!reader.enterArray()) return limits;
  for (let index = 0; reader.nextItem(index); index++) new RuleReader(reader, common, limits, names).read();
  limits.found = new StaticArray<i32>(limits.hosts.linkCount);
  limits.applying = new StaticArray<i32>(limits.rules.length);
  return limits;
}

class LimitSpan {
  limit: Limit | null = null;
  maxTokens: u64 = 0;
}

class OverrideSpan {
  matchers: Matcher[] = [];
  limit: LimitSpan = new LimitSpan();
}

const NO_OVERRIDE_SPANS: OverrideSpan[] = [];
const DEFAULT_REPLY = newReply();

function newReply(): RefusalReply {
  return new RefusalReply(DETAILS_PREFIX, 429, GRPC_RESOURCE_EXHAUSTED, X_LOCAL_RATE_LIMIT);
}

/** Reads one rule; what depends on the whole rule is put together at its end. */
class RuleReader {
  private name: StaticArray<u8> = new StaticArray<u8>(0);
  private readonly scope: Scope = new Scope();
  private limit: LimitSpan = new LimitSpan();
  private overrides: OverrideSpan[] = NO_OVERRIDE_SPANS;
  private descriptors: Descriptor[] = NO_DESCRIPTORS;
  private keyCapacity: u32 = <u32>DEFAULT_KEYS;
  private skipsMissingKey: bool = false;
  private costHeader: StaticArray<u8> | null = null;
  private cost: u64 = 1;
  private maxCost: u64 = 1;
  private isShadow: bool = false;
  private reply: RefusalReply = DEFAULT_REPLY;

  constructor(
    private readonly reader: JsonReader,
    private readonly common: CommonConfiguration,
    private readonly limits: RateLimits,
    private readonly names: Set<u64>,
  ) {}

  read(): void {
    const reader = this.reader;
    if (!reader.enterObject()) return;
    while (reader.nextField()) {
      if (this.scope.readField(reader, this.common)) continue;
      if (reader.fieldIs(FIELD_NAME)) this.readName();
      else if (reader.fieldIs(LIMIT)) this.limit = readLimit(reader);
      else if (reader.fieldIs(OVERRIDES)) this.readOverrides();
      else if (reader.fieldIs(KEY)) this.descriptors = readDescriptors(reader);
      else if (reader.fieldIs(KEY_CAPACITY)) this.keyCapacity = <u32>reader.readWhole(BUCKETS_PER_PAGE, MOST_KEYS);
      else if (reader.fieldIs(WHEN_KEY_MISSING)) this.skipsMissingKey = readChoice(reader, 'share', 'skip');
      else if (reader.fieldIs(COST)) this.readCost();
      else if (reader.fieldIs(SHADOW_MODE)) this.isShadow = reader.readBoolean();
      else if (reader.fieldIs(RESPONSE)) {
        this.reply = newReply();
        readResponse(reader, this.reply);
      }
      else reader.refuseField();
    }
    if (!reader.hasFailed) this.finish();
  }

  private finish(): void {
    if (this.name.length == 0) return this.reader.refuse('expected a rule with a "name", got none');
    if (this.limit.limit === null) return this.reader.refuse('expected a rule with a "limit", got none');
    const identity = hashBytes(0, changetype<usize>(this.name), this.name.length);
    if (this.names.has(identity)) return this.reader.refuse('expected a name of its own, got that of another rule');
    this.names.add(identity);
    const admitted = new BatchedCounter(STATISTICS, this.name, 'admitted');
    const rule = new Rule(
      this.name,
      this.storeOf(this.limit, NO_BYTES, admitted),
      this.limit.maxTokens,
      this.reply,
      admitted,
      new Counter(STATISTICS, this.name, 'refused'),
      new Counter(STATISTICS, this.name, 'shadow_refused'),
    );
    this.checkCost(this.limit);
    if (this.overrides.length > 0) rule.overrides = [];
    for (let index = 0; index < this.overrides.length; index++) {
      const replacement = this.overrides[index];
      this.checkCost(replacement.limit);
      rule.overrides.push(
        new LimitOverride(
          replacement.matchers,
          this.storeOf(replacement.limit, bytesOf('\0' + index.toString()), admitted),
          replacement.limit.maxTokens,
        ),
      );
    }
    rule.scope = this.scope;
    rule.descriptors = this.descriptors;
    rule.skipsMissingKey = this.skipsMissingKey;
    rule.costHeader = this.costHeader;
    rule.cost = this.cost;
    rule.maxCost = this.maxCost;
    rule.isShadow = this.isShadow;
    if (this.reply.tellsLimit) this.limits.marksResponses = true;
    const position = this.limits.rules.length;
    this.limits.rules.push(rule);
    this.scope.addTo(this.limits.hosts, position);
  }

  private checkCost(limit: LimitSpan): void {
    if (max(this.cost, this.maxCost) > limit.maxTokens) {
      this.reader.refuse('expected a cost of at most ' + limit.maxTokens.toString() + ', the size of the bucket');
    }
  }

  /** The store is named by rule, so that its level outlives every configuration that keeps the name. */
  private storeOf(span: LimitSpan, suffix: StaticArray<u8>, admitted: BatchedCounter): BucketStore {
    const name = concatenateBytes(concatenateBytes(LEDGER_PREFIX, this.name), suffix);
    const limit = span.limit!;
    if (this.descriptors.length == 0) return new SharedBucket(name, limit, admitted, this.reply.tellsLimit);
    return new KeyedBuckets(name, limit, this.keyCapacity, this.reply.tellsLimit);
  }

  private readName(): void {
    this.name = readNonEmpty(this.reader);
    if (!isHeaderValue(this.name)) this.reader.refuse('expected a name without control characters');
  }

  private readOverrides(): void {
    const reader = this.reader;
    this.overrides = [];
    if (!reader.enterArray()) return;
    for (let index = 0; reader.nextItem(index); index++) {
      const replacement = new OverrideSpan();
      if (!reader.enterObject()) return;
      while (reader.nextField()) {
        if (reader.fieldIs(MATCH)) replacement.matchers = readMatchers(reader, this.common);
        else if (reader.fieldIs(LIMIT)) replacement.limit = readLimit(reader);
        else reader.refuseField();
      }
      if (replacement.matchers.length == 0) reader.refuse('expected an override with at least one condition in "match"');
      if (replacement.limit.limit === null) reader.refuse('expected an override with a "limit", got none');
      this.overrides.push(replacement);
    }
  }

  private readCost(): void {
    const reader = this.reader;
    let hasFixed = false;
    let hasDefault = false;
    let hasMax = false;
    if (!reader.enterObject()) return;
    while (reader.nextField()) {
      if (reader.fieldIs(FIXED)) {
        this.cost = reader.readWhole(1, MOST_SAFE_WHOLE);
        hasFixed = true;
      } else if (reader.fieldIs(HEADER)) this.costHeader = headerName(readNonEmpty(reader));
      else if (reader.fieldIs(DEFAULT)) {
        this.cost = reader.readWhole(1, MOST_SAFE_WHOLE);
        hasDefault = true;
      }
      else if (reader.fieldIs(MAX)) {
        this.maxCost = reader.readWhole(1, MOST_SAFE_WHOLE);
        hasMax = true;
      } else reader.refuseField();
    }
    const hasHeader = this.costHeader !== null;
    if (hasHeader && hasMax && this.cost > this.maxCost) reader.refuse('expected a "default" of at most "max"');
    if (hasFixed == hasHeader || hasHeader != hasMax || (hasFixed && hasDefault)) reader.refuse('expected either "fixed" alone, or "header" with "max"');
  }

}

function readLimit(reader: JsonReader): LimitSpan {
  const span = new LimitSpan();
  let algorithm = -1;
  let maxTokens: u64 = 0;
  let tokensPerFill: u64 = 0;
  let fillIntervalNanos: u64 = 0;
  let maxRequests: u64 = 0;
  let windowNanos: u64 = 0;
  if (!reader.enterObject()) return span;
  while (reader.nextField()) {
    if (reader.fieldIs(ALGORITHM)) algorithm = <i32>readChoice(reader, 'tokenBucket', 'slidingWindow');
    else if (reader.fieldIs(MAX_TOKENS)) maxTokens = reader.readWhole(1, MOST_SAFE_WHOLE);
    else if (reader.fieldIs(TOKENS_PER_FILL)) tokensPerFill = reader.readWhole(1, MOST_SAFE_WHOLE);
    else if (reader.fieldIs(FILL_INTERVAL_NANOS)) fillIntervalNanos = reader.readWhole(1_000_000, LONGEST_NANOS);
    else if (reader.fieldIs(MAX_REQUESTS)) maxRequests = reader.readWhole(1, u32.MAX_VALUE);
    else if (reader.fieldIs(WINDOW_NANOS)) windowNanos = reader.readWhole(16_000_000, LONGEST_NANOS);
    else reader.refuseField();
  }
  if (reader.hasFailed) return span;
  const hasBucket = maxTokens > 0 && tokensPerFill > 0 && fillIntervalNanos > 0;
  const hasWindow = maxRequests > 0 && windowNanos > 0;
  if (algorithm == 0 && hasBucket && maxRequests == 0 && windowNanos == 0) {
    span.limit = new TokenBucket(maxTokens, tokensPerFill, fillIntervalNanos);
    span.maxTokens = maxTokens;
  } else if (algorithm == 1 && hasWindow && maxTokens == 0 && tokensPerFill == 0 && fillIntervalNanos == 0) {
    span.limit = new SlidingWindow(maxRequests, windowNanos);
    span.maxTokens = maxRequests;
  } else {
    reader.refuse(
      'expected "algorithm" tokenBucket with maxTokens, tokensPerFill and fillIntervalNanos, or slidingWindow with maxRequests and windowNanos',
    );
  }
  return span;
}
