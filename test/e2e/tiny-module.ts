import { writeFile } from 'node:fs/promises';
import wabt from 'wabt';

/**
 * The least module Envoy accepts, for tests of everything around a module: it refuses a configuration that contains
 * `BAD!`, answers 429 while the newest configuration contains `DENY`, and lets pass otherwise.
 */
const text = `(module
  (import "env" "proxy_get_buffer_bytes" (func $bufferBytes (param i32 i32 i32 i32 i32) (result i32)))
  (import "env" "proxy_log" (func $log (param i32 i32 i32) (result i32)))
  (import "env" "proxy_send_local_response"
    (func $respond (param i32 i32 i32 i32 i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 2)
  (data (i32.const 16) "expected no BAD! in the configuration")
  (global $deny (mut i32) (i32.const 0))
  (func (export "_initialize"))
  (func (export "proxy_abi_version_0_2_1"))
  (func (export "sluice_configuration_version") (result i32) (i32.const 1))
  ;; One allocation is in use at a time, so all lie in the same place.
  (func (export "proxy_on_memory_allocate") (param $size i32) (result i32)
    (local $missing i32)
    (local.set $missing (i32.sub
      (i32.add (i32.const 2) (i32.shr_u (local.get $size) (i32.const 16))) (memory.size)))
    (if (i32.gt_s (local.get $missing) (i32.const 0)) (then (drop (memory.grow (local.get $missing)))))
    (i32.const 65536))
  (func $contains (param $from i32) (param $length i32) (param $word i32) (result i32)
    (local $end i32)
    (local.set $end (i32.sub (i32.add (local.get $from) (local.get $length)) (i32.const 4)))
    (loop $next
      (if (i32.gt_u (local.get $from) (local.get $end)) (then (return (i32.const 0))))
      (if (i32.eq (i32.load align=1 (local.get $from)) (local.get $word)) (then (return (i32.const 1))))
      (local.set $from (i32.add (local.get $from) (i32.const 1)))
      (br $next))
    unreachable)
  (func (export "proxy_on_context_create") (param i32 i32))
  (func (export "proxy_on_vm_start") (param i32 i32) (result i32) (i32.const 1))
  (func (export "proxy_on_configure") (param $context i32) (param $size i32) (result i32)
    (if (i32.eqz (local.get $size)) (then (return (i32.const 1))))
    (drop (call $bufferBytes (i32.const 7) (i32.const 0) (local.get $size) (i32.const 0) (i32.const 4)))
    (if (call $contains (i32.load (i32.const 0)) (i32.load (i32.const 4)) (i32.const 0x21444142))
      (then
        (drop (call $log (i32.const 4) (i32.const 16) (i32.const 37)))
        (return (i32.const 0))))
    (global.set $deny
      (call $contains (i32.load (i32.const 0)) (i32.load (i32.const 4)) (i32.const 0x594e4544)))
    (i32.const 1))
  (func (export "proxy_on_request_headers") (param i32 i32 i32) (result i32)
    (if (i32.eqz (global.get $deny)) (then (return (i32.const 0))))
    (drop (call $respond (i32.const 429) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0)
      (i32.const 0) (i32.const 0) (i32.const -1)))
    (i32.const 1)))`;

export async function writeTinyModule(path: string): Promise<void> {
  const { parseWat } = await wabt();
  const module = parseWat('tiny.wat', text);
  await writeFile(path, module.toBinary({}).buffer);
  module.destroy();
}
