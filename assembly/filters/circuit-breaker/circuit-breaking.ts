import { bytesOf } from '../../core/bytes';
import { watchGauges } from '../../runtime/breakers/gauge-continuity';
import { createCallNotes } from '../../runtime/call-notes';
import { JsonReader } from '../../runtime/json-reader';
import { CommonConfiguration } from '../../runtime/plugin-config';
import { Section, TrafficFunction } from '../section';
import { Breakers } from './breaker';
import { readCircuitBreakers } from './config';
import { beginCall, forgetCall } from './filter';

const CIRCUIT_BREAKERS = bytesOf('circuitBreakers');

/** Its place is before every other function: nothing is spent on a request that an open breaker refuses. */
export class CircuitBreaking extends TrafficFunction {
  owns(reader: JsonReader): bool { return reader.fieldIs(CIRCUIT_BREAKERS); }

  read(reader: JsonReader, common: CommonConfiguration): Section {
    return new CircuitBreakerSection(readCircuitBreakers(reader, common));
  }
}

export class CircuitBreakerSection extends Section {
  constructor(readonly breakers: Breakers) { super(); }

  get isEmpty(): bool { return this.breakers.breakers.length == 0; }

  get summary(): string { return this.breakers.breakers.length.toString() + ' circuit breakers'; }

  adopt(nowNanos: u64): void {
    createCallNotes();
    watchGauges();
    const breakers = this.breakers.breakers;
    for (let index = 0; index < breakers.length; index++) breakers[index].store.create(nowNanos);
  }

  decide(context: u32): u32 { return beginCall(this.breakers, context); }

  giveBack(): void { forgetCall(this.breakers); }
}
