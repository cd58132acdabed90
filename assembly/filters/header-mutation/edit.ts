import { isCleanText } from '../../core/clean-text';
import { ValueTable } from '../../core/value-table';
import { addHeader, headerList, removeHeader, setHeader } from '../../runtime/message';
import { showFact } from '../../runtime/request';
import { Condition } from '../matching/condition';
import { allHold, Matcher } from '../matching/matcher';
import { appendHeader, Template, templateLength, templateValue } from './template';
import { appendText, beginValue, dropValue, valueHasFit, valueLength, valuePointer } from './value-buffer';

export const SET: i32 = 0;
export const ADD: i32 = 1;
export const OVERWRITE_IF_EXISTS_OR_ADD: i32 = 2;
export const ADD_IF_ABSENT: i32 = 3;
export const OVERWRITE_IF_EXISTS: i32 = 4;
export const REMOVE: i32 = 5;
export const REMOVE_PREFIX: i32 = 6;
export const RENAME: i32 = 7;
export const COPY: i32 = 8;
export const MAP: i32 = 9;

const NO_NAME = new StaticArray<u8>(0);
export const NO_MATCHERS: Matcher[] = [];
export const NO_CONDITIONS: Condition[] = [];

/** One change of a message's headers. */
export class Edit {
  /** The header that is changed; for REMOVE_PREFIX how its name begins. */
  name: StaticArray<u8> = NO_NAME;
  from: StaticArray<u8> = NO_NAME;
  template: Template | null = null;
  keepsEmpty: bool = false;
  table: ValueTable | null = null;
  fallback: StaticArray<u8> | null = null;

  /** Of the request, as it arrived. */
  matchers: Matcher[] = NO_MATCHERS;
  /** Pairs of least and most; empty: any status. */
  statuses: StaticArray<i32> = new StaticArray<i32>(0);
  /** Of the response's headers, as they arrived. */
  responseConditions: Condition[] = NO_CONDITIONS;

  constructor(readonly kind: i32) {}

  /** Whether it needs to know nothing of the message. */
  isDirect(isInRequest: bool): bool {
    if (isInRequest && this.matchers.length > 0) return false;
    const template = this.template;
    return this.kind == REMOVE || (this.kind <= OVERWRITE_IF_EXISTS_OR_ADD && template !== null && template.needsNoHeaders(isInRequest));
  }

  /** Whether a condition is about the response. */
  get asksResponse(): bool { return this.statuses.length > 0 || this.responseConditions.length > 0; }

  get tellsStatus(): bool {
    const template = this.template;
    return template !== null && template.tellsStatus;
  }

  requestAllows(): bool {
    return this.matchers.length == 0 || allHold(this.matchers);
  }

  /** While the message at hand is the response, read and not yet edited. */
  responseAllows(status: i32): bool {
    const statuses = this.statuses;
    let isAmong = statuses.length == 0;
    for (let index = 0; index < statuses.length && !isAmong; index += 2) {
      isAmong = unchecked(statuses[index]) <= status && status <= unchecked(statuses[index + 1]);
    }
    if (!isAmong) return false;
    for (let index = 0; index < this.responseConditions.length; index++) {
      const condition = unchecked(this.responseConditions[index]);
      beginValue();
      const isThere = appendHeader(condition.name);
      showFact(valuePointer(), valueLength());
      const holds = condition.holdsFor(isThere && valueHasFit());
      dropValue();
      if (!holds) return false;
    }
    return true;
  }

  /** Changes the message at hand; false when a value did not fit. */
  apply(): bool {
    switch (this.kind) {
      case REMOVE:
        removeHeader(this.name);
        return true;
      case REMOVE_PREFIX:
        headerList.removePrefix(changetype<usize>(this.name), this.name.length);
        return true;
      case RENAME:
      case COPY:
        return this.move();
      case MAP:
        return this.translate();
      default:
        return this.write();
    }
  }

  /**
   * An empty value that is not to be kept is not written: SET then removes the header, for what was there must not
   * survive, and the others change nothing, as in Envoy. Nothing is written of a value that does not fit either, and
   * nothing survives that it would have overwritten.
   */
  private write(): bool {
    const kind = this.kind;
    if (kind == ADD_IF_ABSENT && this.isThere(this.name)) return true;
    if (kind == OVERWRITE_IF_EXISTS && !this.isThere(this.name)) return true;
    const template = this.template!;
    template.evaluate();
    if (!valueHasFit()) {
      dropValue();
      if (kind != ADD && kind != ADD_IF_ABSENT) removeHeader(this.name);
      return false;
    }
    if (templateLength == 0 && !this.keepsEmpty) {
      if (kind == SET) removeHeader(this.name);
      return true;
    }
    if (kind == ADD || kind == ADD_IF_ABSENT) addHeader(this.name, templateValue, templateLength);
    else setHeader(this.name, templateValue, templateLength);
    return true;
  }

  /** The values of `from`, if there are any, take the place of those under `name`. */
  private move(): bool {
    const from = changetype<usize>(this.from);
    const fromLength = this.from.length;
    const name = changetype<usize>(this.name);
    let at = headerList.find(from, fromLength);
    if (at < 0) return true;
    let hasFit = true;
    headerList.remove(name, this.name.length);
    for (; at >= 0; at = headerList.find(from, fromLength, at + 1)) {
      const value = headerList.valueAt(at);
      const length = headerList.valueLengthAt(at);
      if (isCleanText(value, length)) {
        headerList.add(name, this.name.length, value, length);
        continue;
      }
      beginValue();
      appendText(value, length);
      if (valueHasFit()) headerList.add(name, this.name.length, valuePointer(), valueLength());
      else hasFit = false;
    }
    if (this.kind == RENAME) headerList.remove(from, fromLength);
    return hasFit;
  }

  /** What the table has for the value of `from`, else the fallback, else nothing. */
  private translate(): bool {
    beginValue();
    const isThere = appendHeader(this.from) && valueHasFit();
    let value = isThere ? this.table!.find(valuePointer(), valueLength()) : null;
    dropValue();
    if (value === null) value = this.fallback;
    if (value !== null) setHeader(this.name, changetype<usize>(value), value.length);
    return true;
  }

  private isThere(name: StaticArray<u8>): bool {
    return headerList.find(changetype<usize>(name), name.length) >= 0;
  }
}
