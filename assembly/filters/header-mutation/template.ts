import { bytesOf, writeDecimal } from '../../core/bytes';
import { TemplateSegment } from '../../core/template';
import { headerList } from '../../runtime/message';
import { fact, factLength } from '../../runtime/request';
import { Fact, REQUEST_HEADER, RESPONSE_HEADER, RESPONSE_STATUS } from './fact';
import { findNotedFact, notedLength, notedStatus, notedValue } from './stream-notes';
import { appendCleanText, appendComma, appendText, beginValue, cutValue, valueLength, valuePointer } from './value-buffer';

/** The note of the stream whose later phase is at hand; 0 in the request's headers. */
let note: usize = 0;
/** Whether the message at hand is edited without being read. */
let isDirect: bool = false;
const decimal: usize = memory.data(24, 8);

export function templatesReadRequest(direct: bool): void {
  note = 0;
  isDirect = direct;
}

export function templatesReadNote(streamNote: usize): void {
  note = streamNote;
  isDirect = false;
}

/** Literal text, or the first of some facts that there is. */
export class TemplatePart {
  constructor(readonly literal: StaticArray<u8>, readonly facts: Fact[], readonly mostBytes: i32) {}

  append(): void {
    if (this.facts.length == 0) return appendCleanText(changetype<usize>(this.literal), this.literal.length);
    const before = valueLength();
    for (let index = 0; index < this.facts.length; index++) {
      if (!appendFact(unchecked(this.facts[index]))) continue;
      if (valueLength() - before > this.mostBytes) cutValue(before + this.mostBytes);
      return;
    }
  }
}

/** A value with facts in it, ready to be put together. */
export class Template {
  /** The whole value when there is no fact in it. */
  constant: StaticArray<u8> | null = null;

  constructor(readonly parts: TemplatePart[]) {
    if (parts.length == 0) this.constant = bytesOf('');
    else if (parts.length == 1 && parts[0].facts.length == 0) this.constant = parts[0].literal;
  }

  needsNoHeaders(isInRequest: bool): bool {
    for (let index = 0; index < this.parts.length; index++) {
      const facts = this.parts[index].facts;
      for (let at = 0; at < facts.length; at++) if (!facts[at].needsNoHeaders(isInRequest)) return false;
    }
    return true;
  }

  get tellsStatus(): bool {
    for (let index = 0; index < this.parts.length; index++) {
      const facts = this.parts[index].facts;
      for (let at = 0; at < facts.length; at++) if (facts[at].kind == RESPONSE_STATUS) return true;
    }
    return false;
  }

  /** Puts the value together; it is left in `templateValue` and `templateLength`. */
  evaluate(): void {
    beginValue();
    const constant = this.constant;
    if (constant !== null) {
      templateValue = changetype<usize>(constant);
      templateLength = constant.length;
      return;
    }
    for (let index = 0; index < this.parts.length; index++) unchecked(this.parts[index]).append();
    templateValue = valuePointer();
    templateLength = valueLength();
  }
}

export let templateValue: usize = 0;
export let templateLength: i32 = 0;

/** Appends all values of a header of the message at hand, joined by commas; false when it has none. */
export function appendHeader(name: StaticArray<u8>): bool {
  const pointer = changetype<usize>(name);
  const first = headerList.find(pointer, name.length);
  for (let at = first; at >= 0; at = headerList.find(pointer, name.length, at + 1)) {
    if (at > first) appendComma();
    appendText(headerList.valueAt(at), headerList.valueLengthAt(at));
  }
  return first >= 0;
}

function appendFact(each: Fact): bool {
  if (each.kind == RESPONSE_HEADER) return appendHeader(each.name);
  if (each.kind == RESPONSE_STATUS) {
    appendCleanText(decimal, writeDecimal(decimal, notedStatus(note)));
    return true;
  }
  if (note == 0) {
    if (each.kind == REQUEST_HEADER && !isDirect) return appendHeader(each.name);
    if (!each.read()) return false;
    appendText(fact, factLength);
    return true;
  }
  if (!findNotedFact(note, each.number)) return false;
  appendText(notedValue, notedLength);
  return true;
}
