import { Composer, type Document, Lexer, Parser } from 'yaml';
import { toPlainValue, type YamlProblem } from './yaml-value.ts';

/** One document of a YAML stream, as a plain value. */
export interface YamlDocument {
  value: unknown;
  /** Offsets of its text in the source, from its `---` up to the next document's. */
  start: number;
  end: number;
}

export interface YamlStream {
  /** The documents without syntax errors, in order; empty ones have the value null. */
  documents: YamlDocument[];
  problems: YamlProblem[];
}

/** Deepest nesting of lists and maps. Policies need about 15; the composer recurses, so depth must be bounded. */
const MAX_DEPTH = 100;

/** Most documents in one source; a bound on the time an 8 MiB file of `---` lines can take. */
const MAX_DOCUMENTS = 20_000;

/** Most YAML tokens (words, marks and the space between) in one source. 10,000 policies have 1.3 million. */
const MAX_TOKENS = 3_000_000;

/** Most stray tokens in one source: the composer's time is quadratic in them. */
const MAX_STRAY_TOKENS = 20;

const COMPOSER_OPTIONS = { version: '1.2', schema: 'core', uniqueKeys: false, prettyErrors: false } as const;

/**
 * Reads a YAML 1.2 stream (JSON is YAML) document by document, keeping only plain values: syntax trees of 10,000
 * documents would cost more time to collect as garbage than to make. Positions are found later, for the few
 * documents that need them (policy-document.ts). Never throws. What would take too long to read is given up with a
 * problem, and the documents before it are kept.
 */
export function readYamlStream(text: string): YamlStream {
  const stream: YamlStream = { documents: [], problems: [] };
  const parser = new Parser();
  const composer = new Composer(COMPOSER_OPTIONS);
  let tokens = 0;
  let strayTokens = 0;
  for (const lexeme of new Lexer().lex(text)) {
    tokens += 1;
    for (const token of parser.next(lexeme)) {
      if (token.type === 'error') strayTokens += 1;
      for (const document of composer.next(token)) addDocument(document, stream);
    }
    const excess = excessOf({ parser, tokens, strayTokens, documents: stream.documents.length });
    if (excess !== undefined) {
      stream.problems.push({ offset: parser.offset, message: `${excess}; the rest of the file is not read` });
      return stream;
    }
  }
  for (const token of parser.end()) {
    for (const document of composer.next(token)) addDocument(document, stream);
  }
  for (const document of composer.end()) addDocument(document, stream);
  return stream;
}

function excessOf(read: {
  parser: Parser;
  tokens: number;
  strayTokens: number;
  documents: number;
}): string | undefined {
  if (isTooDeep(read.parser)) return `expected lists and maps nested at most ${MAX_DEPTH} deep, got more`;
  if (read.documents > MAX_DOCUMENTS)
    return `expected at most ${MAX_DOCUMENTS} documents in a file, got more`;
  if (read.tokens > MAX_TOKENS) return `expected at most ${MAX_TOKENS} YAML tokens in a file, got more`;
  if (read.strayTokens > MAX_STRAY_TOKENS) return 'expected YAML 1.2, got text that is none';
  return undefined;
}

function isTooDeep(parser: Parser): boolean {
  // The stack holds the document, the open lists and maps, and perhaps a scalar at the top.
  if (parser.stack.length <= MAX_DEPTH + 1) return false;
  const top = parser.stack.at(-1)!.type;
  return (
    top === 'block-map' ||
    top === 'block-seq' ||
    top === 'flow-collection' ||
    parser.stack.length > MAX_DEPTH + 2
  );
}

function addDocument(document: Document.Parsed, stream: YamlStream): void {
  // One a document: what follows the first is guesswork.
  const problem = document.errors[0] ?? document.warnings[0];
  if (problem !== undefined) {
    stream.problems.push({ offset: problem.pos[0], message: `expected YAML 1.2: ${problem.message}` });
    return;
  }
  const { value, problems, isComplete } = toPlainValue(document);
  for (const found of problems) stream.problems.push(found);
  if (isComplete) stream.documents.push({ value, start: document.range[0], end: document.range[2] });
}
