import wabt from 'wabt';

/** Puts a text into the guest's memory and gives the two numbers that name it: address and size. */
export type PutText = (text: string) => string;

const { parseWat } = await wabt();

/** Compiles WebAssembly text. */
export function compile(source: string): Uint8Array {
  const module = parseWat('guest.wat', source);
  try {
    return module.toBinary({}).buffer;
  } finally {
    module.destroy();
  }
}

const imports = `
(import "env" "proxy_log" (func $log (param i32 i32 i32) (result i32)))
(import "env" "proxy_set_tick_period_milliseconds" (func $tick_period (param i32) (result i32)))
(import "env" "proxy_set_effective_context" (func $effective (param i32) (result i32)))
(import "env" "proxy_continue_stream" (func $continue (param i32) (result i32)))
(import "env" "proxy_close_stream" (func $close (param i32) (result i32)))
(import "env" "proxy_done" (func $done (result i32)))
(import "env" "proxy_send_local_response" (func $reply (param i32 i32 i32 i32 i32 i32 i32 i32) (result i32)))
(import "env" "proxy_get_shared_data" (func $get_shared (param i32 i32 i32 i32 i32) (result i32)))
(import "env" "proxy_set_shared_data" (func $set_shared (param i32 i32 i32 i32 i32) (result i32)))
(import "env" "proxy_register_shared_queue" (func $register_queue (param i32 i32 i32) (result i32)))
(import "env" "proxy_resolve_shared_queue" (func $resolve_queue (param i32 i32 i32 i32 i32) (result i32)))
(import "env" "proxy_enqueue_shared_queue" (func $enqueue (param i32 i32 i32) (result i32)))
(import "env" "proxy_dequeue_shared_queue" (func $dequeue (param i32 i32 i32) (result i32)))
(import "env" "proxy_define_metric" (func $define_metric (param i32 i32 i32 i32) (result i32)))
(import "env" "proxy_increment_metric" (func $increment_metric (param i32 i64) (result i32)))
(import "env" "proxy_record_metric" (func $record_metric (param i32 i64) (result i32)))
(import "env" "proxy_get_metric" (func $get_metric (param i32 i32) (result i32)))
(import "env" "proxy_get_header_map_value" (func $get_header (param i32 i32 i32 i32 i32) (result i32)))
(import "env" "proxy_get_header_map_pairs" (func $get_pairs (param i32 i32 i32) (result i32)))
(import "env" "proxy_set_header_map_pairs" (func $set_pairs (param i32 i32 i32) (result i32)))
(import "env" "proxy_get_header_map_size" (func $get_size (param i32 i32) (result i32)))
(import "env" "proxy_add_header_map_value" (func $add_header (param i32 i32 i32 i32 i32) (result i32)))
(import "env" "proxy_replace_header_map_value" (func $replace_header (param i32 i32 i32 i32 i32) (result i32)))
(import "env" "proxy_remove_header_map_value" (func $remove_header (param i32 i32 i32) (result i32)))
(import "env" "proxy_get_buffer_bytes" (func $get_buffer (param i32 i32 i32 i32 i32) (result i32)))
(import "env" "proxy_set_buffer_bytes" (func $set_buffer (param i32 i32 i32 i32 i32) (result i32)))
(import "env" "proxy_get_property" (func $get_property (param i32 i32 i32 i32) (result i32)))
(import "env" "proxy_set_property" (func $set_property (param i32 i32 i32 i32) (result i32)))
(import "env" "proxy_call_foreign_function" (func $foreign (param i32 i32 i32 i32 i32 i32) (result i32)))
(import "env" "proxy_get_current_time_nanoseconds" (func $time (param i32) (result i32)))
(import "wasi_snapshot_preview1" "clock_time_get" (func $clock (param i32 i64 i32) (result i32)))
(import "wasi_snapshot_preview1" "random_get" (func $random (param i32 i32) (result i32)))
`;

/**
 * A guest with every import named, a memory of one page (0…1,023 scratch, texts from 1,024, heap from 16,384), an
 * allocator that goes round the heap, and these helpers:
 *
 * - `$say pointer size`: logs at info; `$say_scratch out`: logs what a host call stored at `out` and `out + 4`;
 * - `$say_number n`: logs a number in decimal;
 * - `$say_result n`: logs a result number as one digit or letter (`0`…`9`, `a`, …).
 */
export function guestModule(build: (text: PutText) => string): Uint8Array {
  let next = 1024;
  const data: string[] = [];
  const put: PutText = (text) => {
    const bytes = Buffer.from(text);
    const escaped = [...bytes].map((byte) => `\\${byte.toString(16).padStart(2, '0')}`).join('');
    data.push(`(data (i32.const ${next}) "${escaped}")`);
    const result = `(i32.const ${next}) (i32.const ${bytes.length})`;
    next += bytes.length;
    return result;
  };
  const body = build(put);
  return compile(`(module
    ${imports}
    (memory (export "memory") 1)
    (global $heap (mut i32) (i32.const 16384))
    ${data.join('\n')}
    (func (export "proxy_abi_version_0_2_1"))
    (func (export "proxy_on_memory_allocate") (param $size i32) (result i32)
      (local $pointer i32)
      (if (i32.gt_u (i32.add (global.get $heap) (local.get $size)) (i32.const 65000))
        (then (global.set $heap (i32.const 16384))))
      (local.set $pointer (global.get $heap))
      (global.set $heap (i32.add (global.get $heap) (local.get $size)))
      (local.get $pointer))
    (func $say (param $pointer i32) (param $size i32)
      (drop (call $log (i32.const 2) (local.get $pointer) (local.get $size))))
    (func $say_scratch (param $out i32)
      (call $say (i32.load (local.get $out)) (i32.load offset=4 (local.get $out))))
    (func $say_result (param $result i32)
      (i32.store8 (i32.const 900) (i32.add (local.get $result)
        (select (i32.const 87) (i32.const 48) (i32.gt_u (local.get $result) (i32.const 9)))))
      (call $say (i32.const 900) (i32.const 1)))
    (func $say_number (param $number i64)
      (local $at i32)
      (local.set $at (i32.const 940))
      (loop $digits
        (local.set $at (i32.sub (local.get $at) (i32.const 1)))
        (i32.store8 (local.get $at) (i32.add (i32.const 48) (i32.wrap_i64 (i64.rem_u (local.get $number) (i64.const 10)))))
        (local.set $number (i64.div_u (local.get $number) (i64.const 10)))
        (br_if $digits (i64.ne (local.get $number) (i64.const 0))))
      (call $say (local.get $at) (i32.sub (i32.const 940) (local.get $at))))
    ${body})`);
}
