import { type FieldPath, type FieldPattern, fieldOf, findFields } from '../field-path.ts';
import { parseDuration } from '../fields/duration.ts';
import { error, type Finding, type Rule } from '../rule.ts';

/** A breaker's thresholds can be reached in its window, and its times fit each other. */
export function breakerWindows(breakers: FieldPattern): Rule {
  return (value) =>
    findFields(value, breakers).flatMap(({ path, value: breaker }) => [
      ...windowForm(path, breaker),
      ...reachableCounts(path, breaker),
      ...openTimes(path, breaker),
    ]);
}

function windowForm(path: FieldPath, breaker: unknown): Finding[] {
  const window = fieldOf(breaker, 'window');
  if (window === undefined) return [];
  const forms = ['time', 'calls'].filter((name) => fieldOf(window, name) !== undefined);
  if (forms.length === 1) return [];
  const got = forms.length === 0 ? 'none' : 'time and calls';
  return [error([...path, 'window'], `expected exactly one of time, calls, got ${got}`)];
}

function reachableCounts(path: FieldPath, breaker: unknown): Finding[] {
  const calls = fieldOf(fieldOf(breaker, 'window'), 'calls');
  if (typeof calls !== 'number') return [];
  const findings: Finding[] = [];
  const minimumCalls = fieldOf(breaker, 'minimumCalls');
  if (typeof minimumCalls === 'number' && minimumCalls > calls) {
    const message = `expected at most ${calls}, the calls of the window, got ${minimumCalls}: it could never open`;
    findings.push(error([...path, 'minimumCalls'], message));
  }
  const maxSlowCalls = fieldOf(breaker, 'maxSlowCalls');
  if (typeof maxSlowCalls === 'number' && maxSlowCalls >= calls) {
    const message = `expected fewer than ${calls}, the calls of the window, got ${maxSlowCalls}: there could never be more slow ones`;
    findings.push(error([...path, 'maxSlowCalls'], message));
  }
  if (fieldOf(breaker, 'maxAverageDuration') !== undefined) {
    findings.push(
      error(
        [...path, 'maxAverageDuration'],
        'expected a window of time beside maxAverageDuration, got one of calls',
      ),
    );
  }
  return findings;
}

function openTimes(path: FieldPath, breaker: unknown): Finding[] {
  const open = fieldOf(breaker, 'open');
  const longest = nanosOf(fieldOf(open, 'maxDuration'));
  const duration = nanosOf(fieldOf(open, 'duration') ?? '30s');
  if (longest === undefined || duration === undefined || longest >= duration) return [];
  const message = `expected at least open.duration (${fieldOf(open, 'duration') ?? '30s'}), got ${fieldOf(open, 'maxDuration')}`;
  return [error([...path, 'open', 'maxDuration'], message)];
}

function nanosOf(value: unknown): number | undefined {
  return typeof value === 'string' ? parseDuration(value) : undefined;
}
