/** A JSON object on its way into an Envoy file. Envoy checks the field names itself when it loads the file. */
export type JsonObject = { [field: string]: unknown };

/** The `@type` of an Envoy message inside an `Any`. */
export function typeUrl(message: string): string {
  return `type.googleapis.com/${message}`;
}
