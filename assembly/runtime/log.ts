import { proxy_log } from './abi';
import { bytesOf } from '../core/bytes';

/** proxy-wasm log levels. */
export const LOG_DEBUG: u32 = 1;
export const LOG_INFO: u32 = 2;
export const LOG_WARN: u32 = 3;
export const LOG_ERROR: u32 = 4;
/** Above every level: logs nothing. */
export const LOG_OFF: u32 = 6;

let threshold: u32 = LOG_WARN;

export function setLogThreshold(level: u32): void {
  threshold = level;
}

/** Guard every message with this, so that a level that is off builds no string. Nothing is logged per request. */
export function isLogged(level: u32): bool {
  return level >= threshold;
}

export function log(level: u32, message: string): void {
  if (isLogged(level)) logAlways(level, message);
}

/** Whatever the level: for what the operator must see, such as why a configuration was refused. */
export function logAlways(level: u32, message: string): void {
  const bytes = bytesOf(message);
  proxy_log(level, changetype<usize>(bytes), bytes.length);
}
