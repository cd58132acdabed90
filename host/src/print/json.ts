/** The text of a configuration: two spaces, one newline at the end. Equal input gives equal text. */
export function printJson(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}
