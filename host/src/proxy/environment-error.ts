/** Something outside the policies is not as needed: a missing program, a busy port, a broken file. Exit code 2. */
export class EnvironmentError extends Error {
  override name = 'EnvironmentError';
}
