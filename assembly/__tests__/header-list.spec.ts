import { bytesOf } from '../core/bytes';
import { HeaderList, HeaderWriter } from '../core/header-list';
import { isProtectedHeader } from '../core/header-names';

function text(pointer: usize, length: i32): string {
  return String.UTF8.decodeUnsafe(pointer, length);
}

class Recorder extends HeaderWriter {
  calls: string = '';

  replace(name: usize, nameLength: i32, value: usize, valueLength: i32): void {
    this.calls += 'replace ' + text(name, nameLength) + '=' + text(value, valueLength) + ';';
  }

  add(name: usize, nameLength: i32, value: usize, valueLength: i32): void {
    this.calls += 'add ' + text(name, nameLength) + '=' + text(value, valueLength) + ';';
  }

  remove(name: usize, nameLength: i32): void {
    this.calls += 'remove ' + text(name, nameLength) + ';';
  }
}

const pairs: usize = memory.data(65536, 8);
const kept: StaticArray<u8>[] = [];

/** Bytes that stay where they are. */
function keep(value: string): StaticArray<u8> {
  const bytes = bytesOf(value);
  kept.push(bytes);
  return bytes;
}

/** A list of `name=value` texts, in the host's format. */
function listOf(headers: string[]): HeaderList {
  store<u32>(pairs, headers.length);
  let data = pairs + 4 + headers.length * 8;
  for (let index = 0; index < headers.length; index++) {
    const parts = headers[index].split('=');
    store<u32>(pairs + 4 + index * 8, parts[0].length);
    store<u32>(pairs + 8 + index * 8, parts[1].length);
    for (let part = 0; part < 2; part++) {
      const bytes = bytesOf(parts[part]);
      memory.copy(data, changetype<usize>(bytes), bytes.length);
      store<u8>(data + bytes.length, 0);
      data += bytes.length + 1;
    }
  }
  const list = new HeaderList();
  list.load(pairs, <i32>(data - pairs));
  return list;
}

function set(list: HeaderList, name: string, value: string): void {
  const nameBytes = keep(name);
  const valueBytes = keep(value);
  list.set(changetype<usize>(nameBytes), nameBytes.length, changetype<usize>(valueBytes), valueBytes.length);
}

function add(list: HeaderList, name: string, value: string): void {
  const nameBytes = keep(name);
  const valueBytes = keep(value);
  list.add(changetype<usize>(nameBytes), nameBytes.length, changetype<usize>(valueBytes), valueBytes.length);
}

function remove(list: HeaderList, name: string): void {
  const bytes = keep(name);
  list.remove(changetype<usize>(bytes), bytes.length);
}

function removePrefix(list: HeaderList, name: string): void {
  const bytes = keep(name);
  list.removePrefix(changetype<usize>(bytes), bytes.length);
}

function callsOf(list: HeaderList): string {
  const recorder = new Recorder();
  list.write(recorder);
  return recorder.calls;
}

describe('header list', () => {
  it('tells nothing for headers that are as they came', () => {
    const list = listOf(['a=1', 'b=2']);
    expect(callsOf(list)).toBe('');
    set(list, 'a', '1');
    remove(list, 'c');
    add(list, 'd', '1');
    remove(list, 'd');
    expect(callsOf(list)).toBe('');
  });

  it('replaces in one call what has one value in the end', () => {
    const list = listOf(['a=1', 'a=2', 'b=3']);
    set(list, 'a', '4');
    set(list, 'a', '5');
    expect(callsOf(list)).toBe('replace a=5;');
  });

  it('drops other values of a name that is set to its first', () => {
    const list = listOf(['a=1', 'a=2']);
    set(list, 'a', '1');
    expect(callsOf(list)).toBe('replace a=1;');
  });

  it('adds to what is there, in order', () => {
    const list = listOf(['a=1']);
    add(list, 'a', '2');
    add(list, 'b', '3');
    add(list, 'a', '4');
    expect(callsOf(list)).toBe('add a=2;add a=4;add b=3;');
  });

  it('replaces with the first and adds the others when a name was emptied before', () => {
    const list = listOf(['a=1', 'a=2']);
    remove(list, 'a');
    add(list, 'a', '3');
    add(list, 'a', '4');
    expect(callsOf(list)).toBe('replace a=3;add a=4;');
  });

  it('removes a name once', () => {
    const list = listOf(['a=1', 'b=2', 'a=3']);
    remove(list, 'a');
    expect(callsOf(list)).toBe('remove a;');
  });

  it('finds what edits have left', () => {
    const list = listOf(['a=1', 'a=2']);
    const name = keep('a');
    expect(list.find(changetype<usize>(name), 1)).toBe(0);
    expect(list.find(changetype<usize>(name), 1, 1)).toBe(1);
    remove(list, 'a');
    expect(list.find(changetype<usize>(name), 1)).toBe(-1);
    add(list, 'a', 'new');
    const at = list.find(changetype<usize>(name), 1);
    expect(text(list.valueAt(at), list.valueLengthAt(at))).toBe('new');
  });

  it('removes by prefix all but what no policy may touch', () => {
    const list = listOf([':path=/', 'content-length=3', 'content-type=a', 'cookie=b', 'x-a=1', 'x-b=2']);
    removePrefix(list, 'c');
    removePrefix(list, 'x-');
    removePrefix(list, ':');
    expect(callsOf(list)).toBe('remove content-type;remove cookie;remove x-a;remove x-b;');
  });

  it('holds more headers than it had room for', () => {
    const headers: string[] = [];
    for (let index = 0; index < 300; index++) headers.push('a=' + index.toString());
    const list = listOf(headers);
    for (let index = 0; index < 300; index++) add(list, 'b', index.toString());
    const name = keep('a');
    expect(list.find(changetype<usize>(name), 1, 299)).toBe(299);
    remove(list, 'b');
    expect(callsOf(list)).toBe('');
  });

  it('is empty for a message without headers', () => {
    const list = new HeaderList();
    list.load(pairs, 0);
    add(list, 'a', '1');
    expect(callsOf(list)).toBe('add a=1;');
  });
});

describe('protected headers', () => {
  it('are pseudo-headers and those about the connection and the message', () => {
    const names = [':path', ':status', 'host', 'connection', 'content-length', 'te', 'upgrade', ''];
    for (let index = 0; index < names.length; index++) {
      const name = bytesOf(names[index]);
      expect(isProtectedHeader(changetype<usize>(name), name.length)).toBe(true, names[index]);
    }
    const free = bytesOf('content-type');
    expect(isProtectedHeader(changetype<usize>(free), free.length)).toBe(false);
  });
});
