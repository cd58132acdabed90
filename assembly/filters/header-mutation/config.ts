import { bytesOf } from '../../core/bytes';
import { hashBytes } from '../../core/hash';
import { isProtectedHeader } from '../../core/header-names';
import { TemplateText } from '../../core/template';
import { ValueTable } from '../../core/value-table';
import { JsonReader } from '../../runtime/json-reader';
import { Counter } from '../../runtime/metrics';
import { CommonConfiguration } from '../../runtime/plugin-config';
import { ON_HEADER } from '../../runtime/request';
import { Condition } from '../matching/condition';
import { readMatchers } from '../matching/read-matcher';
import { isHeaderName, isHeaderValue, isWord, lowerCase, readNonEmpty } from '../matching/read-text';
import { Scope } from '../matching/scope';
import { FIELD_NAME } from '../matching/value-source';
import { COPY, Edit, MAP, OVERWRITE_IF_EXISTS, REMOVE_PREFIX, RENAME } from './edit';
import { Fact, factNamed, RESPONSE_HEADER } from './fact';
import { HeaderSection } from './header-section';
import { HeaderRule, NO_EDITS, NO_FACTS } from './rule';
import { Template, TemplatePart } from './template';

const PHASE = bytesOf('phase');
const REQUEST = bytesOf('request');
const RESPONSE = bytesOf('response');
const REQUEST_TRAILERS = bytesOf('requestTrailers');
const RESPONSE_TRAILERS = bytesOf('responseTrailers');
const EDIT = bytesOf('edit');
const FROM = bytesOf('from');
const PREFIX = bytesOf('prefix');
const VALUE = bytesOf('value');
const KEEP_EMPTY_VALUE = bytesOf('keepEmptyValue');
const VALUES = bytesOf('values');
const DEFAULT = bytesOf('default');
const MATCH = bytesOf('match');
const STATUSES = bytesOf('statuses');
const RESPONSE_MATCH = bytesOf('responseMatch');

const STATISTICS = 'sluice.headers';
const KINDS: string[] = ['set', 'add', 'overwriteIfExistsOrAdd', 'addIfAbsent', 'overwriteIfExists', 'remove', 'removePrefix', 'rename', 'copy', 'map'];
/** One bit each in a stream's note. */
const MOST_EDITS: i32 = 64;
/** Noted for later phases, over all rules. */
const MOST_FACTS: i32 = 4096;
const MOST_VALUES: i32 = 1024;
const MOST_VALUE_BYTES: i32 = 16384;

/** Reads the `headerRules` of a plugin configuration. The fields are documented with the host's types (plugin-configuration.ts). */
export function readHeaderRules(reader: JsonReader, common: CommonConfiguration): HeaderSection {
  const section = new HeaderSection();
  const names = new Set<u64>();
  const facts: Fact[] = [];
  if (!reader.enterArray()) return section;
  for (let index = 0; reader.nextItem(index); index++) new RuleReader(reader, common, section, names, facts).read();
  section.before.finish();
  section.rules.finish();
  return section;
}

class RuleReader {
  private name: StaticArray<u8> = new StaticArray<u8>(0);
  private readonly scope: Scope = new Scope();
  private isBefore: bool = false;
  private hasVerdict: bool = false;
  private edits: i32 = 0;
  private notedFacts: Fact[] = NO_FACTS;

  constructor(
    private readonly reader: JsonReader,
    private readonly common: CommonConfiguration,
    private readonly section: HeaderSection,
    private readonly names: Set<u64>,
    /** Those of all rules that are noted, each once. */
    private readonly facts: Fact[],
  ) {}

  read(): void {
    const reader = this.reader;
    let request = NO_EDITS;
    let response = NO_EDITS;
    let requestTrailers = NO_EDITS;
    let responseTrailers = NO_EDITS;
    if (!reader.enterObject()) return;
    while (reader.nextField()) {
      if (this.scope.readField(reader, this.common)) continue;
      if (reader.fieldIs(FIELD_NAME)) this.readName();
      else if (reader.fieldIs(PHASE)) this.readPhase();
      else if (reader.fieldIs(REQUEST)) request = this.readEdits(true, false);
      else if (reader.fieldIs(RESPONSE)) response = this.readEdits(false, false);
      else if (reader.fieldIs(REQUEST_TRAILERS)) requestTrailers = this.readEdits(true, true);
      else if (reader.fieldIs(RESPONSE_TRAILERS)) responseTrailers = this.readEdits(false, true);
      else reader.refuseField();
    }
    if (reader.hasFailed) return;
    if (this.name.length == 0) return reader.refuse('expected a rule with a "name", got none');
    if (this.edits == 0) return reader.refuse('expected a rule with at least one edit, got none');
    if (this.edits > MOST_EDITS) return reader.refuse('expected at most 64 edits in one rule, got ' + this.edits.toString());
    if (this.isBefore && (request.length < this.edits || this.hasVerdict)) {
      return reader.refuse('expected only "request" edits without limiter, scheduler, workload and breaker in a rule of phase beforeMatching');
    }
    const identity = hashBytes(0, changetype<usize>(this.name), this.name.length);
    if (this.names.has(identity)) return reader.refuse('expected a name of its own, got that of another rule');
    this.names.add(identity);
    const rule = new HeaderRule(this.name, this.scope, new Counter(STATISTICS, this.name, 'overflowed'));
    rule.request = request;
    rule.response = response;
    rule.requestTrailers = requestTrailers;
    rule.responseTrailers = responseTrailers;
    rule.notedFacts = this.notedFacts;
    rule.finish();
    (this.isBefore ? this.section.before : this.section.rules).add(rule);
    if (rule.hasLaterEdits) this.section.hasLaterEdits = true;
    if (this.hasVerdict) this.section.wantsVerdict = true;
  }

  private readName(): void {
    this.name = readNonEmpty(this.reader);
    if (!isHeaderValue(this.name)) this.reader.refuse('expected a name without control characters');
  }

  private readPhase(): void {
    this.isBefore = isWord(this.reader.readString(), 'beforeMatching');
    if (!this.isBefore) this.reader.refuse('expected beforeMatching, or no phase');
  }

  private readEdits(areOfRequest: bool, areOfTrailers: bool): Edit[] {
    const reader = this.reader;
    const edits: Edit[] = [];
    if (!reader.enterArray()) return edits;
    for (let index = 0; reader.nextItem(index); index++) {
      const edit = this.readEdit(areOfRequest, areOfTrailers);
      if (edit !== null) edits.push(edit);
    }
    this.edits += edits.length;
    return edits;
  }

  /** Null after an error. */
  private readEdit(isOfRequest: bool, isOfTrailers: bool): Edit | null {
    const reader = this.reader;
    let kind = -1;
    const fields = new Edit(-1);
    let prefix: StaticArray<u8> | null = null;
    let hasKeep = false;
    if (!reader.enterObject()) return null;
    while (reader.nextField()) {
      if (reader.fieldIs(EDIT)) kind = readKind(reader);
      else if (reader.fieldIs(FIELD_NAME)) fields.name = readEditedName(reader);
      else if (reader.fieldIs(FROM)) fields.from = readEditedName(reader);
      else if (reader.fieldIs(PREFIX)) prefix = readPrefix(reader);
      else if (reader.fieldIs(VALUE)) fields.template = this.readTemplate(isOfRequest, isOfTrailers);
      else if (reader.fieldIs(KEEP_EMPTY_VALUE)) {
        fields.keepsEmpty = reader.readBoolean();
        hasKeep = true;
      } else if (reader.fieldIs(VALUES)) fields.table = readTable(reader);
      else if (reader.fieldIs(DEFAULT)) fields.fallback = readFixedValue(reader);
      else if (reader.fieldIs(MATCH)) fields.matchers = readMatchers(reader, this.common);
      else if (reader.fieldIs(STATUSES)) fields.statuses = readStatuses(reader);
      else if (reader.fieldIs(RESPONSE_MATCH)) fields.responseConditions = this.readResponseConditions();
      else reader.refuseField();
    }
    if (reader.hasFailed) return null;
    if (kind < 0) reader.refuse('expected an edit with "edit", got none');
    const writes = kind <= OVERWRITE_IF_EXISTS;
    const moves = kind == RENAME || kind == COPY;
    if ((kind == REMOVE_PREFIX) != (prefix !== null)) reader.refuse('expected "prefix" with removePrefix alone');
    if ((kind == REMOVE_PREFIX) == (fields.name.length > 0)) reader.refuse('expected "name" with every edit but removePrefix');
    if ((moves || kind == MAP) != (fields.from.length > 0)) reader.refuse('expected "from" with rename, copy and map alone');
    if (writes != (fields.template !== null)) reader.refuse('expected "value" with edits that write a value alone');
    if (hasKeep && !writes) reader.refuse('expected "keepEmptyValue" with edits that write a value alone');
    if ((kind == MAP) != (fields.table !== null)) reader.refuse('expected "values" with map alone');
    if (fields.fallback !== null && kind != MAP) reader.refuse('expected "default" with map alone');
    if (isOfRequest && fields.asksResponse) reader.refuse('expected "statuses" and "responseMatch" with edits of responses alone');
    if (moves && sameBytes(fields.from, fields.name)) reader.refuse('expected another name than that in "from"');
    if (reader.hasFailed) return null;
    const edit = new Edit(kind);
    edit.name = prefix === null ? fields.name : prefix;
    edit.from = fields.from;
    edit.template = fields.template;
    edit.keepsEmpty = fields.keepsEmpty;
    edit.table = fields.table;
    edit.fallback = fields.fallback;
    edit.matchers = fields.matchers;
    edit.statuses = fields.statuses;
    edit.responseConditions = fields.responseConditions;
    return edit;
  }

  private readTemplate(isOfRequest: bool, isOfTrailers: bool): Template | null {
    const reader = this.reader;
    const bytes = reader.readString();
    if (!isHeaderValue(bytes)) reader.refuse('expected a header value without control characters');
    if (bytes.length > MOST_VALUE_BYTES) reader.refuse('expected a header value of at most 16384 bytes');
    const text = new TemplateText(bytes);
    if (text.error.length > 0) reader.refuse(text.error);
    if (reader.hasFailed) return null;
    const parts: TemplatePart[] = [];
    for (let index = 0; index < text.segments.length; index++) {
      const segment = text.segments[index];
      const facts: Fact[] = [];
      for (let at = 0; at < segment.facts.length; at++) {
        const fact = factNamed(segment.facts[at]);
        if (fact === null || (fact.isOfResponse && (isOfRequest || (isOfTrailers && fact.kind == RESPONSE_HEADER)))) {
          const name = segment.facts[at];
          reader.refuse('expected facts that are known here, got {' + String.UTF8.decodeUnsafe(changetype<usize>(name), name.length) + '}');
          return null;
        }
        if (fact.isVerdict) this.hasVerdict = true;
        facts.push(fact.isOfResponse || (isOfRequest && !isOfTrailers) ? fact : this.noted(fact));
      }
      parts.push(new TemplatePart(segment.literal, facts, segment.mostBytes));
    }
    return new Template(parts);
  }

  /** The fact of this kind and name that all rules share. */
  private noted(fact: Fact): Fact {
    let number = 0;
    while (number < this.facts.length && !this.facts[number].equals(fact)) number++;
    if (number == this.facts.length) {
      fact.number = number;
      this.facts.push(fact);
    }
    const shared = this.facts[number];
    if (number == MOST_FACTS) this.reader.refuse('expected at most 4096 different facts of requests in edits of other phases');
    if (this.notedFacts.length == 0) this.notedFacts = [];
    if (!this.notedFacts.includes(shared)) this.notedFacts.push(shared);
    return shared;
  }

  private readResponseConditions(): Condition[] {
    const matchers = readMatchers(this.reader, this.common);
    const conditions: Condition[] = [];
    for (let index = 0; index < matchers.length; index++) {
      const matcher = matchers[index];
      if (matcher instanceof Condition && (matcher as Condition).on == ON_HEADER) conditions.push(matcher as Condition);
      else this.reader.refuse('expected conditions on headers alone');
    }
    if (conditions.length == 0) this.reader.refuse('expected at least one condition');
    return conditions;
  }
}

function readKind(reader: JsonReader): i32 {
  const word = reader.readString();
  for (let kind = 0; kind < KINDS.length; kind++) if (isWord(word, KINDS[kind])) return kind;
  reader.refuse('expected set, add, overwriteIfExistsOrAdd, addIfAbsent, overwriteIfExists, remove, removePrefix, rename, copy or map');
  return -1;
}

/** In lower case; no pseudo-header, and none about the connection or the message itself. */
function readEditedName(reader: JsonReader): StaticArray<u8> {
  const name = readNonEmpty(reader);
  lowerCase(name);
  if (reader.hasFailed) return name;
  if (isProtectedHeader(changetype<usize>(name), name.length)) {
    reader.refuse('expected a header that is not about the connection or the message itself');
  } else if (!isHeaderName(name)) reader.refuse('expected the name of a header');
  return name;
}

function readPrefix(reader: JsonReader): StaticArray<u8> {
  const prefix = readNonEmpty(reader);
  lowerCase(prefix);
  if (!isHeaderName(prefix)) reader.refuse('expected how the name of a header begins');
  return prefix;
}

/** A value of a table: no template, and not empty. */
function readFixedValue(reader: JsonReader): StaticArray<u8> {
  const value = readNonEmpty(reader);
  if (!isHeaderValue(value) || value.length > MOST_VALUE_BYTES) {
    reader.refuse('expected a header value without control characters, of at most 16384 bytes');
  }
  return value;
}

/** Pairs of a value and what it becomes. */
function readTable(reader: JsonReader): ValueTable {
  const keys: StaticArray<u8>[] = [];
  const values: StaticArray<u8>[] = [];
  if (reader.enterArray()) {
    for (let index = 0; reader.nextItem(index); index++) {
      if (!reader.enterArray()) break;
      if (reader.nextItem(0)) keys.push(reader.readString());
      if (reader.nextItem(1)) values.push(readFixedValue(reader));
      if (reader.nextItem(2) || keys.length != values.length) reader.refuse('expected a pair of a value and what it becomes');
    }
  }
  const table = new ValueTable(keys.length);
  if (reader.hasFailed) return table;
  if (keys.length == 0 || keys.length > MOST_VALUES) reader.refuse('expected 1 to 1024 values');
  for (let index = 0; index < keys.length; index++) {
    if (!table.add(keys[index], values[index])) reader.refuse('expected each value once');
  }
  return table;
}

/** Ranges: pairs of least and most. */
function readStatuses(reader: JsonReader): StaticArray<i32> {
  const bounds: i32[] = [];
  if (reader.enterArray()) {
    for (let index = 0; reader.nextItem(index); index++) {
      if (!reader.enterArray()) break;
      if (reader.nextItem(0)) bounds.push(<i32>reader.readWhole(100, 599));
      if (reader.nextItem(1)) bounds.push(<i32>reader.readWhole(100, 599));
      if (reader.nextItem(2) || bounds.length != index * 2 + 2 || bounds[index * 2] > bounds[index * 2 + 1]) {
        reader.refuse('expected a pair of the least and the most status');
      }
    }
  }
  if (!reader.hasFailed && bounds.length == 0) reader.refuse('expected at least one range of statuses');
  const fixed = new StaticArray<i32>(bounds.length);
  for (let index = 0; index < bounds.length; index++) fixed[index] = bounds[index];
  return fixed;
}

function sameBytes(left: StaticArray<u8>, right: StaticArray<u8>): bool {
  return left.length == right.length && memory.compare(changetype<usize>(left), changetype<usize>(right), left.length) == 0;
}
