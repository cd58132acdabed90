import { AtomicGauge } from '../atomic-gauge';
import { CLOSED, HALF_OPEN, OPEN } from '../../core/circuit-breaker/layout';
import { WHOLE_RATE } from '../../core/circuit-breaker/settings';
import { Counter, uniqueStatisticName } from '../metrics';

const STATISTICS = 'sluice.circuit_breaker';

/** What operators see of one policy's breakers, beside the tallies (tallies.ts). */
export class BreakerMetrics {
  readonly refused: Counter;
  readonly shadowRefused: Counter;
  readonly ignored: Counter;
  readonly late: Counter;
  readonly unwatched: Counter;
  private readonly probesSucceeded: Counter;
  private readonly probesFailed: Counter;
  private readonly opened: Counter;
  private readonly halfOpened: Counter;
  private readonly closed: Counter;
  private state: AtomicGauge | null = null;
  private failureRate: AtomicGauge | null = null;
  private slowRate: AtomicGauge | null = null;

  constructor(private readonly name: StaticArray<u8>) {
    this.refused = new Counter(STATISTICS, name, 'refused');
    this.shadowRefused = new Counter(STATISTICS, name, 'shadow_refused');
    this.ignored = new Counter(STATISTICS, name, 'calls_ignored');
    this.late = new Counter(STATISTICS, name, 'calls_late');
    this.unwatched = new Counter(STATISTICS, name, 'calls_unwatched');
    this.probesSucceeded = new Counter(STATISTICS, name, 'probes_succeeded');
    this.probesFailed = new Counter(STATISTICS, name, 'probes_failed');
    this.opened = new Counter(STATISTICS, name, 'opened');
    this.halfOpened = new Counter(STATISTICS, name, 'half_opened');
    this.closed = new Counter(STATISTICS, name, 'closed');
  }

  countProbe(isFailure: bool): void {
    if (isFailure) this.probesFailed.add(1);
    else this.probesSucceeded.add(1);
  }

  countTransition(status: u32): void {
    if (status == OPEN) this.opened.add(1);
    else if (status == HALF_OPEN) this.halfOpened.add(1);
    else this.closed.add(1);
  }

  /** 0 closed, 1 open, 2 half-open: of a policy with one breaker. Allocates, once in the life of a configuration. */
  showState(status: u32): void {
    let gauge = this.state;
    if (gauge === null) {
      gauge = this.gauge('state');
      this.state = gauge;
    }
    gauge.set(status == CLOSED ? 0 : status == OPEN ? 1 : 2);
  }

  /** Hundredths of a percent of the calls in the window. */
  showRates(calls: u64, failures: u64, slow: u64): void {
    let failureRate = this.failureRate;
    let slowRate = this.slowRate;
    if (failureRate === null || slowRate === null) {
      failureRate = this.gauge('failure_rate');
      slowRate = this.gauge('slow_rate');
      this.failureRate = failureRate;
      this.slowRate = slowRate;
    }
    failureRate.set(calls == 0 ? 0 : (failures * WHOLE_RATE) / calls);
    slowRate.set(calls == 0 ? 0 : (slow * WHOLE_RATE) / calls);
  }

  private gauge(suffix: string): AtomicGauge {
    const gauge = new AtomicGauge(STATISTICS + '.' + uniqueStatisticName(this.name) + '.' + suffix);
    gauge.define();
    return gauge;
  }
}
