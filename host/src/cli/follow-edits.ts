import { setTimeout as wait } from 'node:timers/promises';
import type { ServedPlan } from '../proxy/serve-plan.ts';
import { inForce } from './in-force.ts';
import { type LoadedPlan, loadPlan } from './load-plan.ts';
import type { PolicyOptions } from './policy-options.ts';
import { reportDiagnostics } from './report-diagnostics.ts';
import type { RunOptions } from './run-options.ts';
import { servingWarnings } from './serving-warnings.ts';

/** How long a file that looks half written is given to be finished. */
const halfWrittenMillis = 250;

/**
 * What to do after an edit: put the policies in force, or say why not and leave everything as it is. One edit at a
 * time; what changes meanwhile is read once more afterwards.
 */
export function followEdits(
  options: RunOptions,
  policiesAtStart: number,
  served: Pick<ServedPlan, 'update'>,
  say: (line: string) => void,
): () => void {
  let policiesInForce = policiesAtStart;
  const follow = async () => {
    const { plan, diagnostics, policyCount } = await loadSettled(options, policiesInForce);
    reportDiagnostics(diagnostics);
    if (plan === undefined) {
      say('the edit has mistakes: the policies in force stay as they were');
      return;
    }
    const start = performance.now();
    const verdict = await served.update(plan);
    if (!verdict.accepted) {
      say(`Envoy refused the edit: ${verdict.reason}`);
      say('the policies in force stay as they were');
      return;
    }
    policiesInForce = policyCount;
    for (const line of servingWarnings(plan, options)) say(line);
    say(`updated: ${inForce(plan)} (Envoy took ${Math.round(performance.now() - start)} ms)`);
  };
  let running = false;
  let again = false;
  return () => {
    again = true;
    if (running) return;
    running = true;
    void (async () => {
      while (again) {
        again = false;
        // Whatever goes wrong here must not end a proxy that serves.
        await follow().catch((error: Error) => {
          say(`sluice: ${error.message}`);
          say('the policies in force stay as they were');
        });
      }
      running = false;
    })();
  };
}

/** Some programs empty a file and write it then: policies that vanish and mistakes are believed the second time. */
async function loadSettled(options: PolicyOptions, policiesInForce: number): Promise<LoadedPlan> {
  const first = await loadPlan(options.file, options).catch(() => undefined);
  if (first?.plan !== undefined && first.policyCount >= policiesInForce) return first;
  await wait(halfWrittenMillis);
  return loadPlan(options.file, options);
}
