/** Where the proxies of a mesh get the module from. */
export type ModuleSource =
  /** A file in the proxy's container. */
  | { from: 'file'; path: string }
  /** A ConfigMap, mounted into the proxy's container. */
  | { from: 'configMap'; name: string; key: string }
  | { from: 'http'; url: string; sha256: string }
  /** `sha256` is the digest of the image, not of the module. */
  | { from: 'image'; reference: string; sha256?: string };

/** What a module source looks like to those who read no files, for messages. */
export const FETCHED_MODULE_SOURCE_FORMS = 'https://URL[#sha256=HEX] or oci://REFERENCE[#sha256=HEX]';
/** What a module source looks like, for help and messages. */
export const MODULE_SOURCE_FORMS = `file:/PATH, configmap:NAME[/KEY], ${FETCHED_MODULE_SOURCE_FORMS}`;

/** Folder in the proxy's container where a ConfigMap with the module is mounted. */
export const MODULE_MOUNT_PATH = '/etc/sluice';

const DEFAULT_KEY = 'sluice.wasm';
const SHA256 = /^(.*?)(?:#sha256=([0-9a-f]{64}))?$/;

/**
 * Reads what `--module-source` says; undefined when it is none of the forms. `sha256` is that of the module that
 * stands behind a URL without one.
 */
export function parseModuleSource(text: string, sha256: () => string): ModuleSource | undefined {
  const [scheme] = text.split(':', 1);
  const rest = text.slice(scheme!.length + 1);
  switch (scheme) {
    case 'file': {
      const path = rest.replace(/^\/\/(?=\/)/, '');
      return /^\/[^\s\0]+$/.test(path) ? { from: 'file', path } : undefined;
    }
    case 'configmap': {
      const found = /^([a-z0-9](?:[-a-z0-9.]{0,251}[a-z0-9])?)(?:\/([-\w.]{1,253}))?$/.exec(rest);
      return found === null
        ? undefined
        : { from: 'configMap', name: found[1]!, key: found[2] ?? DEFAULT_KEY };
    }
    case 'http':
    case 'https': {
      const [, url, digest] = SHA256.exec(text)!;
      if (!URL.canParse(url!) || /[\s#]/.test(url!)) return undefined;
      return { from: 'http', url: url!, sha256: digest ?? sha256() };
    }
    case 'oci': {
      const [, reference, digest] = SHA256.exec(rest)!;
      if (!/^\/\/[\w.-]+(:\d+)?\/[\w./:@-]+$/.test(reference!)) return undefined;
      return {
        from: 'image',
        reference: reference!.slice(2),
        ...(digest !== undefined && { sha256: digest }),
      };
    }
    default:
      return undefined;
  }
}
