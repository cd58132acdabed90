import { bytesOf } from '../../core/bytes';
import { JsonReader } from '../../runtime/json-reader';
import { CommonConfiguration } from '../../runtime/plugin-config';
import { Section, TrafficFunction } from '../section';
import { readRateLimits } from './config';
import { limitRequest, refundRequest } from './filter';
import { RateLimits } from './rule';

const RATE_LIMITS = bytesOf('rateLimits');

export class RateLimiting extends TrafficFunction {
  owns(reader: JsonReader): bool { return reader.fieldIs(RATE_LIMITS); }

  read(reader: JsonReader, common: CommonConfiguration): Section {
    return new RateLimitSection(readRateLimits(reader, common));
  }
}

class RateLimitSection extends Section {
  constructor(private readonly limits: RateLimits) { super(); }

  get isEmpty(): bool { return this.limits.rules.length == 0; }

  get summary(): string { return this.limits.rules.length.toString() + ' rate-limit rules'; }

  adopt(nowNanos: u64): void {
    const rules = this.limits.rules;
    for (let index = 0; index < rules.length; index++) {
      const rule = rules[index];
      rule.store.create(nowNanos);
      for (let at = 0; at < rule.overrides.length; at++) rule.overrides[at].store.create(nowNanos);
    }
  }

  decide(context: u32): u32 { return limitRequest(this.limits, context); }

  giveBack(): void { refundRequest(this.limits); }
}
