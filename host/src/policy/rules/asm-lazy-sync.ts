import { fieldOf, fieldPattern, findFields } from '../field-path.ts';
import { type Rule, warning } from '../rule.ts';

const LAZY_SYNC = fieldPattern('spec.quota_scheduler.rate_limiter.lazy_sync');

/** Lazy synchronisation lets agents count by themselves for a while. Here there is one count, so nothing is synchronised. */
export const asmLazySync: Rule = (value) =>
  findFields(value, LAZY_SYNC).flatMap(({ path, value: lazySync }) => {
    if (fieldOf(lazySync, 'enabled') !== true) return [];
    const message =
      'expected false, got true: Sluice counts exactly over all workers of a proxy and has nothing to synchronise; it has no effect';
    return [warning([...path, 'enabled'], message)];
  });
