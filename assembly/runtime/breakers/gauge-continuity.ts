import { random_get } from '../abi';
import { AtomicGauge } from '../atomic-gauge';
import { bytesOf } from '../../core/bytes';
import { commitRecord, createRecord, forgetRecord, MOST_COMMIT_ATTEMPTS, readRecord, record } from '../ledger';
import { resultNumber } from '../memory';

/**
 * Whether gauges count on from where they were. In a hot restart the gauges of the new process read old + own for as
 * long as the old one drains, and then lose the old part. So this process keeps one gauge at a number nobody else
 * has, and writes down what it reads: when that changes, all gauges have jumped, and what they say of the past is void.
 *
 * Record: u64 jumps so far, u64 what the gauge reads.
 */
const KEY = bytesOf('sluice/1/gauge-continuity');
const RECORD_BYTES: i32 = 16;
const gauge = new AtomicGauge('sluice.gauge_continuity');
let isDefined: bool = false;

/** From on_configure. */
export function watchGauges(): void {
  if (isDefined) return;
  isDefined = true;
  gauge.define();
  createRecord(KEY, RECORD_BYTES);
  if (!readRecord(KEY, RECORD_BYTES)) return;
  const isNew = load<u64>(record, 8) == 0;
  forgetRecord();
  if (!isNew) return;
  random_get(resultNumber, 4);
  gauge.add(<i64>load<u32>(resultNumber) + 1);
  gaugeJumps();
}

/** How often the gauges have jumped; another number than at a former moment says that what they told then is void. */
export function gaugeJumps(): u64 {
  let jumps: u64 = 0;
  for (let attempt = 0; attempt < MOST_COMMIT_ATTEMPTS; attempt++) {
    const value = gauge.value;
    if (!readRecord(KEY, RECORD_BYTES)) break;
    jumps = load<u64>(record);
    const isSteady = load<u64>(record, 8) == value;
    if (!isSteady) {
      store<u64>(record, ++jumps);
      store<u64>(record, value, 8);
    }
    const isSettled = isSteady || commitRecord(KEY);
    forgetRecord();
    if (isSettled) return jumps;
  }
  forgetRecord();
  return jumps;
}
