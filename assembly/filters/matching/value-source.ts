import { bytesOf } from '../../core/bytes';
import { JsonReader } from '../../runtime/json-reader';
import {
  ON_CLIENT_ADDRESS,
  ON_CONNECTION,
  ON_COOKIE,
  ON_FLAVOR,
  ON_HEADER,
  ON_HOST,
  ON_METHOD,
  ON_PATH,
  ON_QUERY,
} from '../../runtime/request';
import { isWord } from './read-text';

/** Where a value of the request comes from; `name` for those that have one. */
export class ValueSource {
  constructor(readonly on: i32, readonly name: StaticArray<u8>) {}
}

/** Reads the `on` of a condition or descriptor; −1 after an error. */
export function readOn(reader: JsonReader): i32 {
  const word = reader.readString();
  if (isWord(word, 'header')) return ON_HEADER;
  if (isWord(word, 'cookie')) return ON_COOKIE;
  if (isWord(word, 'query')) return ON_QUERY;
  if (isWord(word, 'path')) return ON_PATH;
  if (isWord(word, 'method')) return ON_METHOD;
  if (isWord(word, 'host')) return ON_HOST;
  if (isWord(word, 'clientAddress')) return ON_CLIENT_ADDRESS;
  if (isWord(word, 'connection')) return ON_CONNECTION;
  if (isWord(word, 'flavor')) return ON_FLAVOR;
  reader.refuse('expected header, cookie, query, path, method, host, flavor, clientAddress or connection');
  return -1;
}

export function needsName(on: i32): bool {
  return on == ON_HEADER || on == ON_COOKIE || on == ON_QUERY;
}

export const FIELD_ON = bytesOf('on');
export const FIELD_NAME = bytesOf('name');
