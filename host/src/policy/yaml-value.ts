import { type Document, isAlias, isMap, isScalar, isSeq, type Node, type Pair } from 'yaml';

/** A problem at an offset of the text. */
export interface YamlProblem {
  offset: number;
  message: string;
}

/** Most values that aliases may add to one document: far above any policy, far below what a YAML bomb needs. */
const MAX_ALIASED_VALUES = 100_000;

/**
 * The plain value of a YAML document, and everything YAML allows that a policy must not have: duplicate keys (checked
 * here with a hash table, because the library's own check is quadratic), keys that are lists or maps, and aliases
 * that multiply. Aliased values are shared, not copied. Recursion is bounded by the nesting limit of yaml-stream.ts.
 */
export function toPlainValue(document: Document.Parsed): PlainValue {
  const conversion = new Conversion();
  const value = conversion.node(document.contents);
  return { value, problems: conversion.problems, isComplete: conversion.isComplete };
}

export interface PlainValue {
  value: unknown;
  problems: YamlProblem[];
  /** False when an alias could not be followed: then checking the value would only report what follows from that. */
  isComplete: boolean;
}

interface Anchored {
  value: unknown;
  /** How many values stand under the anchor, aliases expanded. */
  size: number;
}

class Conversion {
  readonly problems: YamlProblem[] = [];
  isComplete = true;
  readonly #anchors = new Map<string, Anchored>();
  #size = 0;
  #aliasedSize = 0;

  node(node: Node | null): unknown {
    if (node === null) return null;
    if (isAlias(node)) return this.#alias(node.source, offsetOf(node));
    const sizeBefore = this.#size;
    this.#size += 1;
    let value: unknown = null;
    if (isScalar(node)) value = node.value;
    else if (isMap(node)) value = this.#map(node.items as Pair<Node, Node | null>[]);
    else if (isSeq(node)) value = node.items.map((item) => this.node(item as Node | null));
    const anchor = isScalar(node) || isMap(node) || isSeq(node) ? node.anchor : undefined;
    if (anchor) this.#anchors.set(anchor, { value, size: this.#size - sizeBefore });
    return value;
  }

  #map(pairs: Pair<Node, Node | null>[]): Record<string, unknown> {
    const map: Record<string, unknown> = {};
    for (const { key, value } of pairs) {
      if (!isScalar(key)) {
        this.#problem(offsetOf(key), 'expected a field name, got a list, a map or an alias as key');
        continue;
      }
      const name = typeof key.value === 'string' ? key.value : (key.source ?? String(key.value));
      if (name === '__proto__') {
        this.#problem(offsetOf(key), 'expected a field name, got `__proto__`');
      } else if (Object.hasOwn(map, name)) {
        this.#problem(offsetOf(key), `expected each key once, got \`${name}\` again`);
      } else {
        map[name] = this.node(value);
      }
    }
    return map;
  }

  #alias(name: string, offset: number): unknown {
    const anchored = this.#anchors.get(name);
    if (anchored === undefined) {
      this.isComplete = false;
      this.#problem(offset, `expected an anchor \`&${name}\` before its alias, got none`);
      return null;
    }
    this.#size += anchored.size;
    this.#aliasedSize += anchored.size;
    if (this.#aliasedSize <= MAX_ALIASED_VALUES) return anchored.value;
    this.isComplete = false;
    if (this.#aliasedSize - anchored.size <= MAX_ALIASED_VALUES) {
      this.#problem(
        offset,
        `expected aliases that stand for at most ${MAX_ALIASED_VALUES} values in all, got more`,
      );
    }
    return null;
  }

  #problem(offset: number, message: string): void {
    this.problems.push({ offset, message });
  }
}

function offsetOf(node: Node | null): number {
  return node?.range?.[0] ?? 0;
}
