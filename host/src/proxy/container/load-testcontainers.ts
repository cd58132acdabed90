import { EnvironmentError } from '../environment-error.ts';

export type Testcontainers = typeof import('testcontainers');

/** The library that speaks to the container engine: only those who ask for a container need it, so only they install it. */
export async function loadTestcontainers(): Promise<Testcontainers> {
  try {
    return await import('testcontainers');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_MODULE_NOT_FOUND') throw error;
    throw new EnvironmentError(
      'expected the package testcontainers beside sluice, which --engine container needs, found none; `npm install testcontainers@12` gets it, and --engine local needs none',
    );
  }
}
