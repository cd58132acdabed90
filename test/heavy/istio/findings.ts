import type { IstioBed } from './bed/istio-bed.ts';

/** Of every EnvoyFilter there is, whatever it says. */
const ALWAYS_WARNED = 'EnvoyFilter exposes internal implementation details';

/** What `istioctl` says of documents in YAML, a line each. */
export async function findings(bed: IstioBed, documents: string): Promise<string[]> {
  const validated = await bed.istioctl(['validate', '-f', '-'], documents);
  const lines = validated.stderr.split('\n').filter((line) => /^\s*\*|error/i.test(line));
  const analysed = await bed.istioctl(
    ['analyze', '--use-kube=false', '--all-namespaces', '-o', 'json', '-'],
    documents,
  );
  const messages = JSON.parse(analysed.stdout || '[]') as { code: string; message: string }[];
  return [
    ...(validated.code === 0 ? [] : [`istioctl validate ended with ${validated.code}`]),
    ...(analysed.code === 0 ? [] : [`istioctl analyze ended with ${analysed.code}: ${analysed.stderr}`]),
    ...lines.map((line) => line.trim()),
    ...messages.map(({ code, message }) => `${code} ${message}`),
  ].filter((line) => !line.includes(ALWAYS_WARNED));
}
