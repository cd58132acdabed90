import { expect, test } from 'vitest';
import { exitOf } from './container-exit.ts';

test.each([
  [0, { code: 0, signal: null }],
  [1, { code: 1, signal: null }],
  [128, { code: 128, signal: null }],
  [137, { code: null, signal: 'SIGKILL' }],
  [143, { code: null, signal: 'SIGTERM' }],
  [255, { code: 255, signal: null }],
])('a container that ended with status %s', (status, exit) => {
  expect(exitOf(status)).toEqual(exit);
});
