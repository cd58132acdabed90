/** Specs of the pure algorithms in assembly/core, run as WebAssembly: `npx asp`. */
export default {
  entries: ['assembly/__tests__/**/*.spec.ts'],
  include: [],
  disclude: [/node_modules/],
  instantiate(memory, createImports, instantiate, binary) {
    return instantiate(binary, createImports({ env: { memory } }));
  },
  outputBinary: false,
};
