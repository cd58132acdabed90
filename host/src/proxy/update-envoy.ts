import { type EnvoyFiles, watchedFiles } from '../envoy/files.ts';
import { updateSteps } from '../envoy/update-steps.ts';
import { type ReplaceContext, replaceFile, type Verdict } from './replace-file.ts';

/** Takes a running Envoy from one set of files to another, all or nothing. */
export async function updateEnvoy(
  current: EnvoyFiles,
  next: EnvoyFiles,
  context: ReplaceContext,
): Promise<Verdict> {
  const touched = new Set<string>();
  for (const { file, optional } of updateSteps(current, next)) {
    touched.add(file.name);
    const verdict = await replaceFile(file, context);
    if (!verdict.accepted && !optional) {
      await putBack(current, touched, context);
      return verdict;
    }
  }
  return { accepted: true };
}

/** In the order of a change that goes forward: clusters, filter, routes. */
async function putBack(files: EnvoyFiles, touched: Set<string>, context: ReplaceContext): Promise<void> {
  for (const file of watchedFiles(files)) {
    if (touched.has(file.name)) await replaceFile(file, context);
  }
}
