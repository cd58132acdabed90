import { ADDRESS_BYTES, parseAddress } from '../../core/address';
import { bytesOf, indexOfByte } from '../../core/bytes';
import { IS_CONTAINS, IS_EXACT, IS_PREFIX, IS_SUFFIX } from '../../core/compare';
import { JsonReader } from '../../runtime/json-reader';
import { CommonConfiguration } from '../../runtime/plugin-config';
import { ON_CLIENT_ADDRESS, ON_CONNECTION, ON_HEADER } from '../../runtime/request';
import { AddressRange, Condition, IS_PRESENT, IS_REGEX } from './condition';
import { AllOf, AnyOf, Matcher, Not } from './matcher';
import { headerName, isWord, readNonEmpty, readStrings } from './read-text';
import { FIELD_NAME, FIELD_ON, needsName, readOn } from './value-source';

const IS = bytesOf('is');
const VALUE = bytesOf('value');
const PATTERN = bytesOf('pattern');
const IGNORE_CASE = bytesOf('ignoreCase');
const INVERT = bytesOf('invert');
const RANGES = bytesOf('ranges');
const ALL = bytesOf('all');
const ANY = bytesOf('any');
const NOT = bytesOf('not');

const DEEPEST: i32 = 32;

/** Reads a list of matchers, `depth` levels down: conditions, and trees of them. */
export function readMatchers(reader: JsonReader, common: CommonConfiguration, depth: i32 = 0): Matcher[] {
  const matchers: Matcher[] = [];
  if (depth > DEEPEST) {
    reader.refuse('expected matchers at most 32 deep');
    return matchers;
  }
  if (!reader.enterArray()) return matchers;
  for (let index = 0; reader.nextItem(index); index++) matchers.push(readMatcher(reader, common, depth));
  return matchers;
}

function readMatcher(reader: JsonReader, common: CommonConfiguration, depth: i32): Matcher {
  if (!reader.enterObject() || !reader.nextField()) {
    reader.refuse('expected a matcher with fields');
    return NONE;
  }
  let matcher: Matcher;
  if (reader.fieldIs(ALL)) matcher = new AllOf(readMatchers(reader, common, depth + 1));
  else if (reader.fieldIs(ANY)) matcher = new AnyOf(readMatchers(reader, common, depth + 1));
  else if (reader.fieldIs(NOT)) {
    if (depth == DEEPEST) {
      reader.refuse('expected matchers at most 32 deep');
      return NONE;
    }
    matcher = new Not(readMatcher(reader, common, depth + 1));
  } else return readCondition(reader, common);
  if (reader.nextField()) reader.refuse('expected "all", "any" or "not" alone');
  return matcher;
}

const NONE: Matcher = new AnyOf([]);

/** Reads a comparison whose object is open and whose first field is at hand. */
function readCondition(reader: JsonReader, common: CommonConfiguration): Condition {
  const condition = new Condition();
  condition.on = -1;
  let comparison = -1;
  let hasValue = false;
  do {
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
      if (pattern < common.patterns.length) condition.automaton = common.patterns[pattern];
      else reader.refuse('expected the index of one of the patterns, which stand before the rules');
    } else reader.refuseField();
  } while (reader.nextField());
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
