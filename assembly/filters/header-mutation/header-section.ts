import { FILTER_CONTINUE, FILTER_STOP, HEADER_MAP_REQUEST } from '../../runtime/abi';
import { headerPairs, headerPairsBytes } from '../../runtime/headers';
import { beginDirectMessage, beginMessage, endMessage } from '../../runtime/message';
import { beginRequest, fact, factLength, needRequestHeaders, requestHeadersAreLoaded } from '../../runtime/request';
import { currentRoot } from '../../runtime/ticks';
import { beginVerdict } from '../../runtime/verdict';
import { Section } from '../section';
import { registerSection, sectionIsRegistered } from './generations';
import { HeaderRule, RuleSet } from './rule';
import { findNotedFact, noteFact, noteRule, openNote } from './stream-notes';
import { templatesReadRequest } from './template';
import { clearValues } from './value-buffer';

/** The header rules of one configuration, and what they do to a request. later-phases.ts has the rest of the stream. */
export class HeaderSection extends Section {
  /** Rules whose edits come before any other function looks at the request. */
  readonly before: RuleSet = new RuleSet();
  readonly rules: RuleSet = new RuleSet();
  wantsVerdict: bool = false;
  hasLaterEdits: bool = false;
  /** Unique in the life of the VM; 0 until it is registered. */
  generation: u32 = 0;

  get isEmpty(): bool { return this.before.rules.length + this.rules.rules.length == 0; }

  get summary(): string { return (this.before.rules.length + this.rules.rules.length).toString() + ' header rules'; }

  adopt(_nowNanos: u64): void { if (this.hasLaterEdits) registerSection(this, currentRoot); }

  decide(_context: u32): u32 { return FILTER_CONTINUE; }

  get editsMessages(): bool { return true; }

  prepare(): void {
    beginVerdict(this.wantsVerdict);
    if (this.before.rules.length == 0) return;
    const count = this.before.collect();
    if (count == 0) return;
    editRequest(this.before, count);
    // Whoever looks next sees what the edits have made of the request.
    beginRequest();
  }

  /** A request that is held gets its edits now: if it is refused later, it never reaches the upstream that could see them. */
  conclude(context: u32, action: u32): void {
    if (action == FILTER_STOP && !this.hasLaterEdits) return;
    const count = this.rules.collect();
    if (count == 0) return;
    // Before any edit, so that responses know the request as it arrived.
    if (this.hasLaterEdits) this.note(context, count);
    if (action != FILTER_STOP) editRequest(this.rules, count);
  }

  private note(context: u32, count: i32): void {
    let note: usize = 0;
    for (let index = 0; index < count; index++) {
      const position = unchecked(this.rules.applying[index]);
      const rule = unchecked(this.rules.rules[position]);
      if (!rule.hasLaterEdits) continue;
      const edits = rule.allowedLaterEdits();
      if (edits == 0) continue;
      if (note == 0) {
        if (!sectionIsRegistered(this)) registerSection(this, context);
        note = openNote(context, this.generation);
      }
      if (!noteRule(note, position, edits)) break;
    }
    if (note == 0) return;
    for (let index = 0; index < count; index++) this.noteFacts(note, unchecked(this.rules.rules[this.rules.applying[index]]));
  }

  private noteFacts(note: usize, rule: HeaderRule): void {
    const facts = rule.notedFacts;
    for (let index = 0; index < facts.length; index++) {
      const each = unchecked(facts[index]);
      if (!findNotedFact(note, each.number) && each.read()) noteFact(note, each.number, fact, factLength);
    }
  }
}

function editRequest(set: RuleSet, count: i32): void {
  let edits = 0;
  let isDirect = !requestHeadersAreLoaded();
  for (let index = 0; index < count; index++) {
    const rule = unchecked(set.rules[set.applying[index]]);
    edits += rule.request.length;
    if (!rule.requestIsDirect) isDirect = false;
  }
  if (edits == 0) return;
  if (isDirect) beginDirectMessage(HEADER_MAP_REQUEST);
  else {
    needRequestHeaders();
    beginMessage(HEADER_MAP_REQUEST, headerPairs(), headerPairsBytes());
  }
  clearValues();
  templatesReadRequest(isDirect);
  for (let index = 0; index < count; index++) unchecked(set.rules[set.applying[index]]).applyToRequest(isDirect);
  endMessage();
}
