import { bytesOf } from '../../core/bytes';
import { HEADER_MAP_REQUEST_TRAILERS, HEADER_MAP_RESPONSE, HEADER_MAP_RESPONSE_TRAILERS } from '../../runtime/abi';
import { beginDirectMessage, endMessage, headerList, readMessage } from '../../runtime/message';
import { sectionOfGeneration } from './generations';
import { HeaderSection } from './header-section';
import { HeaderRule } from './rule';
import {
  closeNote,
  findNote,
  narrowEdits,
  notedEdits,
  notedRule,
  notedRules,
  noteGeneration,
  noteStatus,
} from './stream-notes';
import { templatesReadNote } from './template';
import { clearValues } from './value-buffer';

const STATUS = bytesOf(':status');

/** Edits a response's headers, local replies included, by the rules that its request met. */
export function editResponseHeaders(context: u32): void {
  const note = findNote(context);
  if (note == 0) return;
  const section = sectionOfGeneration(noteGeneration(note));
  if (section === null) return closeNote(note);
  const count = notedRules(note);
  let edits = 0;
  let trailerEdits = 0;
  let isDirect = true;
  let asksResponse = false;
  for (let index = 0; index < count; index++) {
    const rule = ruleOf(section, note, index);
    edits += rule.response.length;
    trailerEdits += rule.responseTrailers.length + rule.requestTrailers.length;
    if (!rule.responseIsDirect) isDirect = false;
    if (rule.asksResponse) asksResponse = true;
  }
  clearValues();
  templatesReadNote(note);
  if (isDirect && !asksResponse) beginDirectMessage(HEADER_MAP_RESPONSE);
  else {
    readMessage(HEADER_MAP_RESPONSE);
    const status = statusOfMessage();
    noteStatus(note, status);
    // All conditions are asked before the first edit changes anything.
    if (asksResponse) for (let index = 0; index < count; index++) narrow(ruleOf(section, note, index), note, index, status);
  }
  for (let index = 0; index < count; index++) {
    const rule = ruleOf(section, note, index);
    rule.apply(rule.response, notedEdits(note, index), 0);
  }
  endMessage();
  if (trailerEdits == 0) closeNote(note);
}

/** Edits a request's trailers. */
export function editRequestTrailers(context: u32): void {
  const note = findNote(context);
  if (note == 0) return;
  const section = sectionOfGeneration(noteGeneration(note));
  if (section === null) return;
  beginTrailers(note, HEADER_MAP_REQUEST_TRAILERS);
  for (let index = 0; index < notedRules(note); index++) {
    const rule = ruleOf(section, note, index);
    rule.apply(rule.requestTrailers, notedEdits(note, index), rule.response.length);
  }
  endMessage();
}

/** Edits a response's trailers, with which its stream is over. */
export function editResponseTrailers(context: u32): void {
  const note = findNote(context);
  if (note == 0) return;
  const section = sectionOfGeneration(noteGeneration(note));
  if (section === null) return;
  beginTrailers(note, HEADER_MAP_RESPONSE_TRAILERS);
  for (let index = 0; index < notedRules(note); index++) {
    const rule = ruleOf(section, note, index);
    rule.apply(rule.responseTrailers, notedEdits(note, index), rule.response.length + rule.requestTrailers.length);
  }
  endMessage();
  closeNote(note);
}

function beginTrailers(note: usize, headerMap: i32): void {
  clearValues();
  templatesReadNote(note);
  readMessage(headerMap);
}

function ruleOf(section: HeaderSection, note: usize, index: i32): HeaderRule {
  return unchecked(section.rules.rules[notedRule(note, index)]);
}

/** Takes out the edits that ask for another response. */
function narrow(rule: HeaderRule, note: usize, index: i32, status: i32): void {
  if (!rule.asksResponse) return;
  let bits = notedEdits(note, index);
  for (let at = 0; at < rule.response.length; at++) {
    if (!unchecked(rule.response[at]).responseAllows(status)) bits &= ~((<u64>1) << at);
  }
  const first = rule.response.length + rule.requestTrailers.length;
  for (let at = 0; at < rule.responseTrailers.length; at++) {
    if (!unchecked(rule.responseTrailers[at]).responseAllows(status)) bits &= ~((<u64>1) << (first + at));
  }
  narrowEdits(note, index, bits);
}

function statusOfMessage(): i32 {
  const at = headerList.find(changetype<usize>(STATUS), STATUS.length);
  if (at < 0) return 0;
  const value = headerList.valueAt(at);
  let status = 0;
  for (let offset = 0; offset < min(headerList.valueLengthAt(at), 3); offset++) status = status * 10 + <i32>load<u8>(value + offset) - 48;
  return status;
}
