import { ADDRESS_BYTES, parseAddress } from '../../core/address';
import { bytesOf, concatenateBytes, indexOfByte, lowerCaseByte } from '../../core/bytes';
import { IS_CONTAINS, IS_EXACT, IS_PREFIX, IS_SUFFIX } from '../../core/compare';
import { hashBytes } from '../../core/hash';
import { LONGEST_NAME } from '../../core/host-table';
import { Limit } from '../../core/limit';
import { SlidingWindow } from '../../core/sliding-window';
import { TokenBucket } from '../../core/token-bucket';
import { BUCKETS_PER_PAGE } from '../../core/bucket-page';
import { BucketStore } from '../../runtime/buckets/bucket-store';
import { KeyedBuckets } from '../../runtime/buckets/keyed-buckets';
import { SharedBucket } from '../../runtime/buckets/shared-bucket';
import { JsonReader } from '../../runtime/json-reader';
import { MOST_HEADER_BYTES } from '../../runtime/local-reply';
import { BatchedCounter, Counter } from '../../runtime/metrics';
import { CommonConfiguration } from '../../runtime/plugin-config';
import { ON_CLIENT_ADDRESS, ON_CONNECTION, ON_HEADER } from '../../runtime/request';
import { AddressRange, Condition, IS_PRESENT, IS_REGEX } from './condition';
import { Descriptor } from './descriptor';
import { RefusalReply, ReplyHeader } from './refusal-reply';
import { LimitOverride, NO_CONDITIONS, NO_DESCRIPTORS, NO_NAMES, RateLimits, Rule } from './rule';
import { FIELD_NAME, FIELD_ON, isWord, needsName, readOn } from './value-source';

const HOSTS = bytesOf('hosts');
const PORTS = bytesOf('ports');
const ROUTES = bytesOf('routes');
const MATCH = bytesOf('match');
const LIMIT = bytesOf('limit');
const OVERRIDES = bytesOf('overrides');
const KEY = bytesOf('key');
const KEY_CAPACITY = bytesOf('keyCapacity');
const WHEN_KEY_MISSING = bytesOf('whenKeyMissing');
const COST = bytesOf('cost');
const SHADOW_MODE = bytesOf('shadowMode');
const RESPONSE = bytesOf('response');
const IS = bytesOf('is');
const VALUE = bytesOf('value');
const PATTERN = bytesOf('pattern');
const IGNORE_CASE = bytesOf('ignoreCase');
const INVERT = bytesOf('invert');
const RANGES = bytesOf('ranges');
const IPV4_PREFIX_LENGTH = bytesOf('ipv4PrefixLength');
const IPV6_PREFIX_LENGTH = bytesOf('ipv6PrefixLength');
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
const STATUS = bytesOf('status');
const BODY = bytesOf('body');
const HEADERS = bytesOf('headers');
const GRPC_STATUS = bytesOf('grpcStatus');
const RATE_LIMIT_HEADERS = bytesOf('rateLimitHeaders');
const FOR_ALL_HOSTS = bytesOf('*');

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
  conditions: Condition[] = [];
  limit: LimitSpan = new LimitSpan();
}

const NO_OVERRIDE_SPANS: OverrideSpan[] = [];
const DEFAULT_REPLY = new RefusalReply();

/** Reads one rule; what depends on the whole rule is put together at its end. */
class RuleReader {
  private name: StaticArray<u8> = new StaticArray<u8>(0);
  private hosts: StaticArray<u8>[] = NO_NAMES;
  private hasHosts: bool = false;
  private ports: StaticArray<i32> | null = null;
  private routes: StaticArray<u8>[] = NO_NAMES;
  private conditions: Condition[] = NO_CONDITIONS;
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
      if (reader.fieldIs(FIELD_NAME)) this.readName();
      else if (reader.fieldIs(HOSTS)) this.readHosts();
      else if (reader.fieldIs(PORTS)) this.readPorts();
      else if (reader.fieldIs(ROUTES)) this.readRoutes();
      else if (reader.fieldIs(MATCH)) this.conditions = this.readConditions();
      else if (reader.fieldIs(LIMIT)) this.limit = readLimit(reader);
      else if (reader.fieldIs(OVERRIDES)) this.readOverrides();
      else if (reader.fieldIs(KEY)) this.readKey();
      else if (reader.fieldIs(KEY_CAPACITY)) this.keyCapacity = <u32>reader.readWhole(BUCKETS_PER_PAGE, MOST_KEYS);
      else if (reader.fieldIs(WHEN_KEY_MISSING)) this.skipsMissingKey = readChoice(reader, 'share', 'skip');
      else if (reader.fieldIs(COST)) this.readCost();
      else if (reader.fieldIs(SHADOW_MODE)) this.isShadow = reader.readBoolean();
      else if (reader.fieldIs(RESPONSE)) this.readResponse();
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
          replacement.conditions,
          this.storeOf(replacement.limit, bytesOf('\0' + index.toString()), admitted),
          replacement.limit.maxTokens,
        ),
      );
    }
    rule.ports = this.ports;
    rule.routes = this.routes;
    rule.conditions = this.conditions;
    rule.descriptors = this.descriptors;
    rule.skipsMissingKey = this.skipsMissingKey;
    rule.costHeader = this.costHeader;
    rule.cost = this.cost;
    rule.maxCost = this.maxCost;
    rule.isShadow = this.isShadow;
    if (this.reply.tellsLimit) this.limits.marksResponses = true;
    const position = this.limits.rules.length;
    this.limits.rules.push(rule);
    if (!this.hasHosts) this.limits.hosts.add(FOR_ALL_HOSTS, position);
    for (let index = 0; index < this.hosts.length; index++) this.limits.hosts.add(this.hosts[index], position);
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

  private readHosts(): void {
    this.hosts = readStrings(this.reader);
    this.hasHosts = true;
    if (this.hosts.length == 0) this.reader.refuse('expected at least one host');
    for (let index = 0; index < this.hosts.length; index++) {
      lowerCase(this.hosts[index]);
      if (!isHostPattern(this.hosts[index])) {
        this.reader.refuse('expected hosts such as a.example, *.example or *, without a port and of at most 255 bytes');
      }
    }
  }

  private readPorts(): void {
    const ports: i32[] = [];
    if (!this.reader.enterArray()) return;
    for (let index = 0; this.reader.nextItem(index); index++) ports.push(<i32>this.reader.readWhole(1, 65535));
    if (ports.length == 0) this.reader.refuse('expected at least one port');
    const fixed = new StaticArray<i32>(ports.length);
    for (let index = 0; index < ports.length; index++) fixed[index] = ports[index];
    this.ports = fixed;
  }

  private readRoutes(): void {
    this.routes = readStrings(this.reader);
    if (this.routes.length == 0) this.reader.refuse('expected at least one route');
  }

  private readOverrides(): void {
    const reader = this.reader;
    this.overrides = [];
    if (!reader.enterArray()) return;
    for (let index = 0; reader.nextItem(index); index++) {
      const replacement = new OverrideSpan();
      if (!reader.enterObject()) return;
      while (reader.nextField()) {
        if (reader.fieldIs(MATCH)) replacement.conditions = this.readConditions();
        else if (reader.fieldIs(LIMIT)) replacement.limit = readLimit(reader);
        else reader.refuseField();
      }
      if (replacement.conditions.length == 0) reader.refuse('expected an override with at least one condition in "match"');
      if (replacement.limit.limit === null) reader.refuse('expected an override with a "limit", got none');
      this.overrides.push(replacement);
    }
  }

  private readConditions(): Condition[] {
    const conditions: Condition[] = [];
    if (!this.reader.enterArray()) return conditions;
    for (let index = 0; this.reader.nextItem(index); index++) conditions.push(this.readCondition());
    return conditions;
  }

  private readCondition(): Condition {
    const reader = this.reader;
    const condition = new Condition();
    condition.on = -1;
    let comparison = -1;
    let hasValue = false;
    if (!reader.enterObject()) return condition;
    while (reader.nextField()) {
      if (reader.fieldIs(FIELD_ON)) condition.on = readOn(reader);
      else if (reader.fieldIs(FIELD_NAME)) condition.name = readNonEmpty(reader);
      else if (reader.fieldIs(IS)) comparison = readComparison(reader);
      else if (reader.fieldIs(VALUE)) {
        condition.value = reader.readString();
        hasValue = true;
      } else if (reader.fieldIs(IGNORE_CASE)) condition.ignoresCase = reader.readBoolean();
      else if (reader.fieldIs(INVERT)) condition.isInverted = reader.readBoolean();
      else if (reader.fieldIs(RANGES)) condition.ranges = readRanges(reader);
      else if (reader.fieldIs(PATTERN)) {
        const pattern = <i32>reader.readWhole(0, i32.MAX_VALUE);
        if (pattern < this.common.patterns.length) condition.automaton = this.common.patterns[pattern];
        else reader.refuse('expected the index of one of the patterns, which stand before the rules');
      } else reader.refuseField();
    }
    if (reader.hasFailed) return condition;
    if (condition.on == ON_HEADER) condition.name = headerName(condition.name);
    if (condition.on < 0) reader.refuse('expected a condition with "on", got none');
    if (condition.on == ON_CONNECTION) reader.refuse('expected a value to compare, got "connection"');
    if (needsName(condition.on) != condition.name.length > 0) reader.refuse('expected "name" with header, cookie and query alone');
    if (condition.on == ON_CLIENT_ADDRESS) {
      if (condition.ranges.length == 0 || comparison >= 0 || hasValue || condition.ignoresCase) {
        reader.refuse('expected "ranges" with clientAddress, and "invert" at most');
      }
      return condition;
    }
    if (comparison < 0) reader.refuse('expected a condition with "is", got none');
    if (condition.ranges.length > 0) reader.refuse('expected "ranges" with clientAddress alone');
    if (hasValue != comparison < IS_PRESENT) reader.refuse('expected "value" with exact, prefix, suffix and contains alone');
    if ((condition.automaton !== null) != (comparison == IS_REGEX)) reader.refuse('expected "pattern" with regex alone');
    condition.comparison = comparison;
    return condition;
  }

  private readKey(): void {
    const reader = this.reader;
    this.descriptors = [];
    if (!reader.enterArray()) return;
    for (let index = 0; reader.nextItem(index); index++) {
      const descriptor = new Descriptor();
      descriptor.on = -1;
      if (!reader.enterObject()) return;
      while (reader.nextField()) {
        if (reader.fieldIs(FIELD_ON)) descriptor.on = readOn(reader);
        else if (reader.fieldIs(FIELD_NAME)) descriptor.name = readNonEmpty(reader);
        else if (reader.fieldIs(IPV4_PREFIX_LENGTH)) descriptor.ipv4PrefixLength = <i32>reader.readWhole(0, 32);
        else if (reader.fieldIs(IPV6_PREFIX_LENGTH)) descriptor.ipv6PrefixLength = <i32>reader.readWhole(0, 128);
        else reader.refuseField();
      }
      if (descriptor.on == ON_HEADER) descriptor.name = headerName(descriptor.name);
      if (descriptor.on < 0) reader.refuse('expected a descriptor with "on", got none');
      if (needsName(descriptor.on) != descriptor.name.length > 0) reader.refuse('expected "name" with header, cookie and query alone');
      const hasPrefix = descriptor.ipv4PrefixLength != 32 || descriptor.ipv6PrefixLength != 128;
      if (hasPrefix && descriptor.on != ON_CLIENT_ADDRESS) reader.refuse('expected prefix lengths with clientAddress alone');
      this.descriptors.push(descriptor);
    }
    if (this.descriptors.length == 0) reader.refuse('expected at least one descriptor');
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

  private readResponse(): void {
    const reader = this.reader;
    const reply = new RefusalReply();
    this.reply = reply;
    if (!reader.enterObject()) return;
    while (reader.nextField()) {
      if (reader.fieldIs(STATUS)) reply.status = <u32>reader.readWhole(400, 599);
      else if (reader.fieldIs(BODY)) reply.body = reader.readString();
      else if (reader.fieldIs(HEADERS)) reply.headers = readReplyHeaders(reader);
      else if (reader.fieldIs(GRPC_STATUS)) reply.grpcStatus = <u32>reader.readWhole(1, 16);
      else if (reader.fieldIs(RATE_LIMIT_HEADERS)) reply.tellsLimit = reader.readBoolean();
      else reader.refuseField();
    }
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

function readComparison(reader: JsonReader): i32 {
  const word = reader.readString();
  if (isWord(word, 'exact')) return IS_EXACT;
  if (isWord(word, 'prefix')) return IS_PREFIX;
  if (isWord(word, 'suffix')) return IS_SUFFIX;
  if (isWord(word, 'contains')) return IS_CONTAINS;
  if (isWord(word, 'present')) return IS_PRESENT;
  if (isWord(word, 'regex')) return IS_REGEX;
  reader.refuse('expected exact, prefix, suffix, contains, present or regex');
  return -1;
}

/** Reads CIDR ranges, `10.0.0.0/8`, or single addresses. */
function readRanges(reader: JsonReader): AddressRange[] {
  const ranges: AddressRange[] = [];
  const texts = readStrings(reader);
  for (let index = 0; index < texts.length; index++) {
    const text = changetype<usize>(texts[index]);
    const length = texts[index].length;
    const slash = indexOfByte(text, length, 47);
    const network = new StaticArray<u8>(ADDRESS_BYTES);
    const family = parseAddress(text, slash < 0 ? length : slash, changetype<usize>(network));
    const widest = family == 4 ? 32 : 128;
    let prefixLength = slash < 0 ? widest : slash + 1 < length ? 0 : -1;
    for (let at = slash + 1; slash >= 0 && at < length && prefixLength >= 0; at++) {
      const digit = <i32>load<u8>(text + at) - 48;
      prefixLength = digit < 0 || digit > 9 || prefixLength > 128 ? -1 : prefixLength * 10 + digit;
    }
    if (family == 0 || prefixLength < 0 || prefixLength > widest) {
      reader.refuse('expected address ranges such as 10.0.0.0/8 or 2001:db8::/32');
      return ranges;
    }
    ranges.push(new AddressRange(family, network, family == 4 ? prefixLength + 96 : prefixLength));
  }
  return ranges;
}

/** Pairs of name and value; what could break out of a header is refused here too (RFC 9110 §5). */
function readReplyHeaders(reader: JsonReader): ReplyHeader[] {
  const headers: ReplyHeader[] = [];
  let bytes = 0;
  if (!reader.enterArray()) return headers;
  for (let index = 0; reader.nextItem(index); index++) {
    const pair = readStrings(reader);
    if (pair.length != 2 || !isHeaderName(pair[0]) || !isHeaderValue(pair[1])) {
      reader.refuse('expected a pair of header name and value, without control characters');
      return headers;
    }
    bytes += pair[0].length + pair[1].length + 2;
    headers.push(new ReplyHeader(pair[0], pair[1]));
  }
  if (headers.length > 48 || bytes > MOST_HEADER_BYTES - 512) reader.refuse('expected at most 48 headers of 15 KiB together');
  return headers;
}

function isHeaderName(name: StaticArray<u8>): bool {
  if (name.length == 0) return false;
  for (let index = 0; index < name.length; index++) {
    const byte = name[index];
    const isLetter = byte >= 97 && byte <= 122;
    const isDigit = byte >= 48 && byte <= 57;
    if (!isLetter && !isDigit && indexOfByte(changetype<usize>(TOKEN_MARKS), TOKEN_MARKS.length, byte) < 0) return false;
  }
  return true;
}

const TOKEN_MARKS = bytesOf("!#$%&'*+-.^_`|~");

function isHeaderValue(value: StaticArray<u8>): bool {
  for (let index = 0; index < value.length; index++) {
    const byte = value[index];
    if ((byte < 32 && byte != 9) || byte == 127) return false;
  }
  return true;
}

/** In lower case, as Envoy hands names over; `host` is what `:authority` was called before HTTP/2. */
function headerName(name: StaticArray<u8>): StaticArray<u8> {
  lowerCase(name);
  return isWord(name, 'host') ? bytesOf(':authority') : name;
}

function lowerCase(text: StaticArray<u8>): void {
  for (let at = 0; at < text.length; at++) text[at] = lowerCaseByte(text[at]);
}

/** `*`, `*.suffix`, or a name or address without star and port; an IPv6 address stands in brackets. */
function isHostPattern(host: StaticArray<u8>): bool {
  if (host.length == 0 || host.length > LONGEST_NAME) return false;
  if (host[0] == 42 /* * */ && host.length > 1 && (host[1] != 46 || host.length == 2)) return false;
  const isBracketed = host[0] == 91 /* [ */;
  for (let at = 0; at < host.length; at++) {
    const byte = host[at];
    if (byte <= 32 || byte == 127 || (byte == 42 && at > 0) || (byte == 58 /* : */ && !isBracketed)) return false;
  }
  return true;
}

function readStrings(reader: JsonReader): StaticArray<u8>[] {
  const strings: StaticArray<u8>[] = [];
  if (!reader.enterArray()) return strings;
  for (let index = 0; reader.nextItem(index); index++) strings.push(reader.readString());
  return strings;
}

function readNonEmpty(reader: JsonReader): StaticArray<u8> {
  const text = reader.readString();
  if (text.length == 0) reader.refuse('expected a text that is not empty');
  return text;
}

/** False for the first word, true for the second. */
function readChoice(reader: JsonReader, first: string, second: string): bool {
  const word = reader.readString();
  if (isWord(word, second)) return true;
  if (!isWord(word, first)) reader.refuse('expected ' + first + ' or ' + second);
  return false;
}
