import { BUFFER_PLUGIN_CONFIGURATION, proxy_get_buffer_bytes, RESULT_OK } from './abi';
import { bytesOf } from '../core/bytes';
import { ByteAutomaton, validateAutomaton } from '../core/byte-automaton';
import { decodeBase64 } from './base64';
import { JsonReader } from './json-reader';
import { LOG_DEBUG, LOG_ERROR, LOG_INFO, LOG_OFF, LOG_WARN } from './log';
import { resultPointer, resultSize } from './memory';

/** The version of the plugin configuration this module reads. */
export const CONFIGURATION_VERSION: u32 = 1;

const VERSION = bytesOf('version');
const LOG_LEVEL = bytesOf('logLevel');
const PATTERNS = bytesOf('patterns');
const PORTS_FROM = bytesOf('portsFrom');
const EXPRESSION = bytesOf('expression');
const TABLE = bytesOf('table');
const AUTHORITY = bytesOf('authority');
const VIRTUAL_HOST = bytesOf('virtualHost');
const LEVELS: StaticArray<u8>[] = [bytesOf('debug'), bytesOf('info'), bytesOf('warn'), bytesOf('error'), bytesOf('off')];
const LEVEL_NUMBERS: u32[] = [LOG_DEBUG, LOG_INFO, LOG_WARN, LOG_ERROR, LOG_OFF];

/** A reader over the plugin configuration that Envoy holds; empty input reads as the end of the document. */
export function openConfiguration(size: u32): JsonReader {
  if (size == 0 || proxy_get_buffer_bytes(BUFFER_PLUGIN_CONFIGURATION, 0, size, resultPointer, resultSize) != RESULT_OK) {
    return new JsonReader(0, 0);
  }
  const reader = new JsonReader(load<usize>(resultPointer), load<i32>(resultSize));
  if (size >= 4 && isBinaryStruct(load<usize>(resultPointer))) {
    reader.refuse('expected JSON text in a google.protobuf.StringValue, got a google.protobuf.Struct');
  }
  return reader;
}

/** Envoy 1.40 hands a Struct over in its binary form: a map entry (tag, length) that begins with a key (tag, length). */
function isBinaryStruct(pointer: usize): bool {
  const keyLength = load<u8>(pointer, 3);
  return load<u8>(pointer) == 0x0a && load<u8>(pointer, 2) == 0x0a && keyLength < 32 && keyLength != 9 && keyLength != 10 && keyLength != 13;
}

/** What every function shares. A function's own section is read by the function (`isCommonField` returns false). */
export class CommonConfiguration {
  patterns: ByteAutomaton[] = [];
  logThreshold: u32 = LOG_WARN;
  /** `ports` of rules are those that virtual hosts are named after, not those of authorities. */
  portsAreOfVirtualHosts: bool = false;
  private hasVersion: bool = false;

  /** Reads the field at hand if it is a common one. */
  readField(reader: JsonReader): bool {
    if (reader.fieldIs(VERSION)) {
      reader.readWhole(CONFIGURATION_VERSION, CONFIGURATION_VERSION);
      this.hasVersion = true;
    } else if (reader.fieldIs(LOG_LEVEL)) {
      this.logThreshold = readLevel(reader);
    } else if (reader.fieldIs(PATTERNS)) {
      this.readPatterns(reader);
    } else if (reader.fieldIs(PORTS_FROM)) {
      this.portsAreOfVirtualHosts = readPortsFrom(reader);
    } else {
      return false;
    }
    return true;
  }

  finish(reader: JsonReader): void {
    if (!this.hasVersion) reader.refuse('expected "version": 1, got none');
    reader.finish();
  }

  private readPatterns(reader: JsonReader): void {
    if (!reader.enterArray()) return;
    for (let index = 0; reader.nextItem(index); index++) {
      let table: StaticArray<u8> | null = null;
      if (!reader.enterObject()) return;
      while (reader.nextField()) {
        if (reader.fieldIs(EXPRESSION)) reader.readString();
        else if (reader.fieldIs(TABLE)) table = decodeBase64(reader.readString());
        else reader.refuseField();
      }
      if (table === null || !validateAutomaton(table)) {
        reader.refuse('expected a pattern with a complete "table" in Base64');
        return;
      }
      this.patterns.push(new ByteAutomaton(table));
    }
  }
}

function readPortsFrom(reader: JsonReader): bool {
  const word = reader.readString();
  if (isText(word, VIRTUAL_HOST)) return true;
  if (!isText(word, AUTHORITY)) reader.refuse('expected authority or virtualHost');
  return false;
}

function isText(word: StaticArray<u8>, text: StaticArray<u8>): bool {
  return text.length == word.length && memory.compare(changetype<usize>(text), changetype<usize>(word), word.length) == 0;
}

function readLevel(reader: JsonReader): u32 {
  const word = reader.readString();
  for (let index = 0; index < LEVELS.length; index++) {
    if (isText(word, LEVELS[index])) return LEVEL_NUMBERS[index];
  }
  reader.refuse('expected off, error, warn, info or debug');
  return LOG_WARN;
}
