import { JsonReader } from '../runtime/json-reader';
import { CommonConfiguration } from '../runtime/plugin-config';

/** What one function makes of a plugin configuration, and its part in the pass over a request. */
export abstract class Section {
  /** Nothing to do for any request. */
  abstract get isEmpty(): bool;
  /** For the log. */
  abstract get summary(): string;
  /** The configuration is accepted: makes shared records exist and takes over from the one before. */
  abstract adopt(nowNanos: u64): void;
  /** Decides about the request at hand: FILTER_CONTINUE; FILTER_STOP, answered; FILTER_STOP_ALL_AND_WATERMARK, held. */
  abstract decide(context: u32): u32;
  /** A later function has refused the request that `decide` has just let through: what it took goes back. */
  giveBack(): void {}
  /** Whether it edits messages: then it decides nothing, and has these two parts in the pass instead. */
  get editsMessages(): bool { return false; }
  /** Before any function looks at the request at hand. */
  prepare(): void {}
  /** After all have decided: `action` is what Envoy will be told. */
  conclude(_context: u32, _action: u32): void {}
}

/** A kind of traffic control. An entry file names those that its module has, in the order of the pass. */
export abstract class TrafficFunction {
  /** Whether the field at hand is the function's, which `read` then reads. */
  abstract owns(reader: JsonReader): bool;
  abstract read(reader: JsonReader, common: CommonConfiguration): Section;
  /** Its part of a tick; returns within how many milliseconds it needs the next one, 0 for none. */
  tick(_nowNanos: u64): u32 { return 0; }
  /** Whether something waits for a tick whose root context may be going. */
  get needsTicks(): bool { return false; }
}

/** The functions of this module, in the order in which they see a request. */
export const functions: TrafficFunction[] = [];
