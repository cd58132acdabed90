/** What the exit code of `sluice` says. */
export const EXIT_CODE = {
  ok: 0,
  /** The policies have mistakes. */
  policyProblems: 1,
  /** The command line, a file, Envoy or the machine is not as needed. */
  environment: 2,
} as const;
