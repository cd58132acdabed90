/** One text with policies in it: a file, or what came in on standard input. */
export interface Source {
  /** What diagnostics call it: the path as the user gave it, or `<stdin>`. */
  name: string;
  text: string;
}

/**
 * Longest source that is read, in bytes. 10,000 policies in one file take about 4 MiB; what is longer is more likely
 * a mistake than a policy file, and would take the parser seconds.
 */
export const MAX_SOURCE_BYTES = 8 * 1024 * 1024;

/** The message for a source of `bytes` bytes, or nothing when it may be read. */
export function sourceTooLong(bytes: number): string | undefined {
  if (bytes <= MAX_SOURCE_BYTES) return undefined;
  return `expected a file of at most ${MAX_SOURCE_BYTES} bytes (8 MiB), got ${bytes}; split it into several files`;
}
