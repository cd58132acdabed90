import { describe, expect, test } from 'vitest';
import { loadModule } from './load-module.ts';
import { compile, guestModule } from './testing/guest-module.ts';

const needed = `(memory (export "memory") 1) (func (export "proxy_abi_version_0_2_1"))
  (func (export "malloc") (param i32) (result i32) (i32.const 8))`;
const problemsOf = (source: string | Uint8Array, requireSluice = false) => {
  const loaded = loadModule(typeof source === 'string' ? compile(`(module ${source})`) : source, {
    requireSluice,
  });
  return loaded.accepted ? [] : loaded.problems;
};

describe('loadModule', () => {
  test('accepts a module that has what Envoy needs', () => {
    expect(problemsOf(needed)).toEqual([]);
    expect(problemsOf(guestModule(() => ''))).toEqual([]);
  });

  test('a file that is missing, empty, text, of another version or cut off', () => {
    expect(loadModule('/does/not/exist.wasm')).toMatchObject({
      accepted: false,
      problems: [expect.stringContaining('cannot be read')],
    });
    expect(problemsOf(new Uint8Array(0))[0]).toContain('does not begin with');
    expect(problemsOf(Buffer.from('#!/bin/sh\necho'))[0]).toContain('does not begin with');
    expect(problemsOf(Uint8Array.of(0, 0x61, 0x73, 0x6d, 2, 0, 0, 0))[0]).toContain('version 1, got 2');
    const whole = compile(`(module ${needed})`);
    expect(problemsOf(whole.slice(0, -5))[0]).toContain('broken');
  });

  test('a start section', () => {
    expect(problemsOf(`${needed} (func $begin) (start $begin)`)).toEqual([
      expect.stringContaining('start section'),
    ]);
  });

  test('a missing ABI version, allocator and memory are all named', () => {
    expect(problemsOf('(func (export "proxy_abi_version_0_1_0"))')).toEqual([
      expect.stringContaining('got `proxy_abi_version_0_1_0`'),
      expect.stringContaining('`malloc`'),
      expect.stringContaining('`memory`'),
    ]);
  });

  test('an import Envoy does not offer, and one of the wrong type', () => {
    const imports = `(import "env" "abort" (func (param i32 i32 i32 i32)))
      (import "env" "proxy_clear_route_cache" (func (result i32)))
      (import "env" "proxy_increment_metric" (func (param i32 i32) (result i32)))
      (import "wasi_snapshot_preview1" "fd_write" (func (param i32 i32 i32 i32) (result i32)))
      (import "env" "toString" (func))`;
    expect(problemsOf(`${imports} ${needed}`)).toEqual([
      'import `env.abort`: Envoy offers no such function',
      'import `env.proxy_clear_route_cache`: Envoy offers no such function',
      'import `env.proxy_increment_metric`: expected type (i32, i64) → i32, got (i32, i32) → i32',
      'import `env.toString`: Envoy offers no such function',
    ]);
  });

  test('a callback of the wrong type', () => {
    const callback = '(func (export "proxy_on_request_headers") (param i32 i32) (result i32) (i32.const 0))';
    expect(problemsOf(`${needed} ${callback}`)).toEqual([
      'export `proxy_on_request_headers`: expected type (i32, i32, i32) → i32, got (i32, i32) → i32',
    ]);
  });

  test('a foreign module, only when a Sluice module is required', () => {
    expect(problemsOf(needed, true)).toEqual([expect.stringContaining('foreign')]);
    expect(
      problemsOf(`${needed} (func (export "sluice_configuration_version") (result i32) (i32.const 1))`, true),
    ).toEqual([]);
  });
});
