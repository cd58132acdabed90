import { HostTable } from '../../core/host-table';
import { Counter } from '../../runtime/metrics';
import { findByHost } from '../matching/find-by-host';
import { Scope } from '../matching/scope';
import { Edit } from './edit';
import { Fact } from './fact';
import { clearValues } from './value-buffer';

export const NO_EDITS: Edit[] = [];
export const NO_FACTS: Fact[] = [];

/** Edits for some requests and their responses. */
export class HeaderRule {
  request: Edit[] = NO_EDITS;
  response: Edit[] = NO_EDITS;
  requestTrailers: Edit[] = NO_EDITS;
  responseTrailers: Edit[] = NO_EDITS;
  /** What the later phases want to know of the request. */
  notedFacts: Fact[] = NO_FACTS;
  requestIsDirect: bool = true;
  responseIsDirect: bool = true;
  /** The response's headers are read: some edit asks what it is like, or tells its status in the trailers. */
  asksResponse: bool = false;

  /** Of the request that looked at the rule last. */
  serial: u64 = 0;

  constructor(readonly name: StaticArray<u8>, readonly scope: Scope, private readonly overflowed: Counter) {}

  /** To be called when all edits are there. */
  finish(): void {
    this.requestIsDirect = allAreDirect(this.request, true);
    this.responseIsDirect = allAreDirect(this.response, false);
    this.asksResponse = someAskResponse(this.response, false) || someAskResponse(this.responseTrailers, true);
  }

  get hasLaterEdits(): bool { return this.response.length + this.requestTrailers.length + this.responseTrailers.length > 0; }

  /** One bit for each later edit that the request at hand allows: response, then request trailers, then response trailers. */
  allowedLaterEdits(): u64 {
    const response = allowed(this.response);
    const requestTrailers = allowed(this.requestTrailers) << this.response.length;
    return response | requestTrailers | (allowed(this.responseTrailers) << (this.response.length + this.requestTrailers.length));
  }

  /** Applies those of `edits` whose bit, from bit `first` on, is set. */
  apply(edits: Edit[], bits: u64, first: i32): void {
    let haveFit = true;
    for (let index = 0; index < edits.length; index++) {
      if (((bits >> (first + index)) & 1) != 0 && !unchecked(edits[index]).apply()) haveFit = false;
    }
    if (!haveFit) this.overflowed.add(1);
  }

  /** Applies the edits of the request's headers; what each asks of it is asked first. */
  applyToRequest(isDirect: bool): void {
    const edits = this.request;
    let haveFit = true;
    for (let index = 0; index < edits.length; index++) {
      const edit = unchecked(edits[index]);
      if (edit.requestAllows() && !edit.apply()) haveFit = false;
      if (isDirect) clearValues();
    }
    if (!haveFit) this.overflowed.add(1);
  }
}

function allAreDirect(edits: Edit[], isInRequest: bool): bool {
  for (let index = 0; index < edits.length; index++) if (!edits[index].isDirect(isInRequest)) return false;
  return true;
}

function someAskResponse(edits: Edit[], areOfTrailers: bool): bool {
  for (let index = 0; index < edits.length; index++) {
    if (edits[index].asksResponse || (areOfTrailers && edits[index].tellsStatus)) return true;
  }
  return false;
}

function allowed(edits: Edit[]): u64 {
  let bits: u64 = 0;
  for (let index = 0; index < edits.length; index++) if (unchecked(edits[index]).requestAllows()) bits |= (<u64>1) << index;
  return bits;
}

let serial: u64 = 0;

/** Rules found by host. */
export class RuleSet {
  readonly rules: HeaderRule[] = [];
  readonly hosts: HostTable = new HostTable();
  private found: StaticArray<i32> = new StaticArray<i32>(0);
  /** Positions of the rules for the request at hand, in the order of the configuration; as many as `collect` says. */
  applying: StaticArray<i32> = new StaticArray<i32>(0);

  add(rule: HeaderRule): void {
    rule.scope.addTo(this.hosts, this.rules.length);
    this.rules.push(rule);
  }

  finish(): void {
    this.found = new StaticArray<i32>(this.hosts.linkCount);
    this.applying = new StaticArray<i32>(this.rules.length);
  }

  /** Fills `applying`. */
  collect(): i32 {
    serial++;
    const found = findByHost(this.hosts, this.found);
    let count = 0;
    for (let index = 0; index < found; index++) {
      const position = unchecked(this.found[index]);
      const rule = unchecked(this.rules[position]);
      if (rule.serial == serial) continue; // covered by two of its hosts
      rule.serial = serial;
      if (!rule.scope.holds()) continue;
      let place = count++;
      for (; place > 0 && unchecked(this.applying[place - 1]) > position; place--) {
        unchecked((this.applying[place] = this.applying[place - 1]));
      }
      unchecked((this.applying[place] = position));
    }
    return count;
  }
}
