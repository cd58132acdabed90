import { forgetStream } from './quota-scheduler/quota-scheduling';

/** Exported by modules that hold requests: a stream is over, whoever ended it. */
export function proxy_on_done(context: u32): u32 {
  forgetStream(context);
  return 1;
}
