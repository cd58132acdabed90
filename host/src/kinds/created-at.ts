/** When the API server made an object, for sources in which the oldest wins; the empty text when it does not say. */
export function createdAt({ creationTimestamp }: { creationTimestamp?: unknown }): string {
  return typeof creationTimestamp === 'string' ? creationTimestamp : '';
}
