import type { Diagnostic } from './diagnostic.ts';
import { fieldOf } from './field-path.ts';
import { LineIndex } from './line-index.ts';
import { DocumentText, PolicyDocument } from './policy-document.ts';
import { type Source, sourceTooLong } from './source.ts';
import { readYamlStream } from './yaml-stream.ts';

export interface Parsed {
  /** In the order of the sources; empty documents are left out, lists are taken apart. */
  documents: PolicyDocument[];
  diagnostics: Diagnostic[];
}

/** Reads YAML or JSON sources into documents. Syntax errors become diagnostics; the other documents are still read. */
export function parse(sources: readonly Source[]): Parsed {
  const parsed: Parsed = { documents: [], diagnostics: [] };
  for (const source of sources) parseSource(source, parsed);
  return parsed;
}

function parseSource({ name, text }: Source, parsed: Parsed): void {
  const tooLong = sourceTooLong(Buffer.byteLength(text));
  if (tooLong !== undefined) {
    parsed.diagnostics.push({
      severity: 'error',
      position: { file: name, line: 1, column: 1 },
      path: '',
      message: tooLong,
    });
    return;
  }
  const lines = new LineIndex(text);
  const { documents, problems } = readYamlStream(text);
  for (const { offset, message } of problems) {
    parsed.diagnostics.push({
      severity: 'error',
      position: { file: name, ...lines.locate(offset) },
      path: '',
      message,
    });
  }
  for (const { value, start, end } of documents) {
    if (value === null) continue;
    const documentText = new DocumentText(name, text, start, end, lines);
    const items = itemsOf(value);
    if (items === undefined) parsed.documents.push(new PolicyDocument(value, documentText, []));
    else
      items.forEach((item, index) => {
        parsed.documents.push(new PolicyDocument(item, documentText, ['items', index]));
      });
  }
}

/** The items of a Kubernetes `List`, as `kubectl get -o yaml` prints it; undefined for any other object. */
function itemsOf(value: unknown): unknown[] | undefined {
  if (fieldOf(value, 'kind') !== 'List') return undefined;
  const items = fieldOf(value, 'items');
  return Array.isArray(items) ? items : undefined;
}
