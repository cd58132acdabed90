import { bytesOf } from '../core/bytes';
import { monotonicNanos } from '../runtime/clock';
import { LOG_WARN } from '../runtime/log';
import { CommonConfiguration, openConfiguration } from '../runtime/plugin-config';
import { readRateLimits } from './rate-limit/config';
import { RateLimits } from './rate-limit/rule';

const RATE_LIMITS = bytesOf('rateLimits');

/** Everything one plugin configuration asks for. */
export class Configuration {
  /** Why the configuration is refused; empty when it is not. */
  error: string = '';
  logThreshold: u32 = LOG_WARN;
  rateLimits: RateLimits = new RateLimits();

  /** Makes the shared records of every function exist. */
  createRecords(): void {
    const nowNanos = monotonicNanos();
    const rules = this.rateLimits.rules;
    for (let index = 0; index < rules.length; index++) {
      const rule = rules[index];
      rule.store.create(nowNanos);
      for (let at = 0; at < rule.overrides.length; at++) rule.overrides[at].store.create(nowNanos);
    }
  }
}

/** Reads and validates the plugin configuration that Envoy holds. */
export function readConfiguration(size: u32): Configuration {
  const configuration = new Configuration();
  const reader = openConfiguration(size);
  const common = new CommonConfiguration();
  if (reader.enterObject()) {
    while (reader.nextField()) {
      if (common.readField(reader)) continue;
      if (reader.fieldIs(RATE_LIMITS)) configuration.rateLimits = readRateLimits(reader, common);
      else reader.refuseField();
    }
  }
  common.finish(reader);
  configuration.error = reader.error;
  configuration.logThreshold = common.logThreshold;
  return configuration;
}
