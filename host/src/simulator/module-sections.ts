import type { Signature } from './signatures.ts';

/**
 * What the sections of a Wasm binary say about its functions. The JavaScript API hides types and the start section,
 * so they are read from the bytes.
 */
export interface ModuleSections {
  hasStartSection: boolean;
  /** Type of each imported function, by `module.name`. */
  importedFunctions: Map<string, Signature>;
  /** Type of each exported function, by name. */
  exportedFunctions: Map<string, Signature>;
}

const typeSection = 1;
const importSection = 2;
const functionSection = 3;
const exportSection = 7;
const startSection = 8;
const letterOfType: Readonly<Record<number, string>> = { 127: 'i', 126: 'l', 125: 'f', 124: 'd' };

/** Reads a module that `WebAssembly.validate` has accepted; its structure is therefore taken as sound. */
export function readModuleSections(bytes: Uint8Array): ModuleSections {
  const types: Signature[] = [];
  const functionTypes: number[] = [];
  const sections: ModuleSections = {
    hasStartSection: false,
    importedFunctions: new Map(),
    exportedFunctions: new Map(),
  };
  let position = 8;
  const unsigned = () => {
    let value = 0;
    let shift = 0;
    for (;;) {
      const byte = bytes[position++]!;
      value += (byte & 127) * 2 ** shift;
      if (byte < 128) return value;
      shift += 7;
    }
  };
  const text = () => {
    const length = unsigned();
    position += length;
    return Buffer.from(bytes.subarray(position - length, position)).toString('utf8');
  };
  const limits = () => {
    const flags = unsigned();
    unsigned();
    if (flags & 1) unsigned();
  };
  const repeat = (read: () => void) => {
    for (let count = unsigned(); count > 0; count--) read();
  };
  const letters = () => {
    let result = '';
    repeat(() => {
      result += letterOfType[bytes[position++]!] ?? '?';
    });
    return result;
  };

  while (position < bytes.length) {
    const section = bytes[position++]!;
    const size = unsigned();
    const end = position + size;
    if (section === typeSection) {
      repeat(() => {
        position++; // 0x60, a function type
        types.push(`${letters()}:${letters()}`);
      });
    } else if (section === importSection) {
      repeat(() => {
        const name = `${text()}.${text()}`;
        const kind = bytes[position++]!;
        if (kind === 0) {
          const index = unsigned();
          functionTypes.push(index);
          sections.importedFunctions.set(name, types[index] ?? '?');
        } else if (kind === 1) {
          position++;
          limits();
        } else if (kind === 2) limits();
        else if (kind === 3) position += 2;
        else {
          position++;
          unsigned();
        }
      });
    } else if (section === functionSection) {
      repeat(() => functionTypes.push(unsigned()));
    } else if (section === exportSection) {
      repeat(() => {
        const name = text();
        const kind = bytes[position++]!;
        const index = unsigned();
        if (kind === 0) sections.exportedFunctions.set(name, types[functionTypes[index]!] ?? '?');
      });
    } else if (section === startSection) {
      sections.hasStartSection = true;
    }
    position = end;
  }
  return sections;
}
