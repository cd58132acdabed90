/** Finds Envoy for the Makefile, fetching the pinned one when there is none, and says which it is. */
import { findEnvoy } from '../host/src/proxy/find-envoy.ts';

const envoy = await findEnvoy({ onProgress: (line) => console.error(line) });
if (envoy.warning !== undefined) console.error(`warning: ${envoy.warning}`);
console.error(`Envoy ${envoy.version}: ${envoy.path}`);
