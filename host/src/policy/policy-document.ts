import { isMap, isScalar, isSeq, type Node, type Pair, parseDocument, type YAMLMap } from 'yaml';
import type { Diagnostic, SourcePosition } from './diagnostic.ts';
import { type FieldPath, formatFieldPath } from './field-path.ts';
import type { LineIndex } from './line-index.ts';

/** The text of one YAML document inside its file; shared by the items of a `kind: List`. */
export class DocumentText {
  readonly file: string;
  readonly #text: string;
  readonly #start: number;
  readonly #end: number;
  readonly #lines: LineIndex;
  #tree: Node | null | undefined;
  readonly #pairsOf = new Map<YAMLMap, Map<string, Pair>>();

  constructor(file: string, text: string, start: number, end: number, lines: LineIndex) {
    this.file = file;
    this.#text = text;
    this.#start = start;
    this.#end = end;
    this.#lines = lines;
  }

  /** What the user wrote at `path`, when it is a number or a word; undefined for lists, maps and what is absent. */
  sourceOf(path: FieldPath): string | undefined {
    const node = this.#find(path).node;
    return isScalar(node) ? node.source : undefined;
  }

  /**
   * Where `path` stands: its value, or its key when `at` is `key`. Where nothing stands, the nearest enclosing value.
   * The document is parsed again, with positions, by the first call.
   */
  locate(path: FieldPath, at: 'value' | 'key' = 'value'): SourcePosition {
    const { node, key } = this.#find(path);
    const range = (at === 'key' ? key : undefined)?.range ?? node?.range ?? key?.range;
    return { file: this.file, ...this.#lines.locate(this.#start + (range?.[0] ?? 0)) };
  }

  #find(path: FieldPath): { node: Node | null; key: Node | undefined } {
    this.#tree ??= parseDocument(this.#text.slice(this.#start, this.#end), { uniqueKeys: false }).contents;
    let node: Node | null = this.#tree;
    let key: Node | undefined;
    for (const part of path) {
      if (isMap(node)) {
        const pair = this.#pairs(node).get(String(part));
        if (pair === undefined) return { node, key: undefined };
        key = pair.key as Node;
        if (pair.value === null) return { node: null, key };
        node = pair.value as Node;
      } else if (isSeq(node) && typeof part === 'number' && part < node.items.length) {
        node = node.items[part] as Node;
        key = undefined;
      } else {
        return { node, key: undefined };
      }
    }
    return { node, key };
  }

  /** A map's pairs by name; of a name that stands there twice, the first. Kept, since one map may have many mistakes. */
  #pairs(map: YAMLMap): Map<string, Pair> {
    const known = this.#pairsOf.get(map);
    if (known !== undefined) return known;
    const pairs = new Map<string, Pair>();
    for (const pair of map.items) {
      const name = isScalar(pair.key) ? String(pair.key.value) : undefined;
      if (name !== undefined && !pairs.has(name)) pairs.set(name, pair);
    }
    this.#pairsOf.set(map, pairs);
    return pairs;
  }
}

/** One object of the user's: a YAML document, or one item of a `kind: List`. Its value is not checked yet. */
export class PolicyDocument {
  readonly value: unknown;
  readonly #text: DocumentText;
  readonly #base: FieldPath;

  /** `base` leads from the root of the YAML document to `value`: empty, or `items[3]`. */
  constructor(value: unknown, text: DocumentText, base: FieldPath) {
    this.value = value;
    this.#text = text;
    this.#base = base;
  }

  /** A diagnostic about `path`, placed at its value, or at its key for a field that should not be there. */
  diagnostic(
    severity: Diagnostic['severity'],
    path: FieldPath,
    message: string,
    at: 'value' | 'key' = 'value',
  ): Diagnostic {
    const full = [...this.#base, ...path];
    return { severity, position: this.#text.locate(full, at), path: formatFieldPath(full), message };
  }

  /** What the user wrote at `path`, when it is a number or a word. */
  sourceOf(path: FieldPath): string | undefined {
    return this.#text.sourceOf([...this.#base, ...path]);
  }
}
