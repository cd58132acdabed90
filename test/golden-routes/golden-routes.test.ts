import { expect, it } from 'vitest';
import type { JsonObject } from '../../host/src/envoy/json.ts';
import { translateToEnvoy, translateToOneEnvoyFile } from '../../host/src/envoy/translate.ts';
import type { Plan } from '../../host/src/plan/plan.ts';
import { printJson } from '../../host/src/print/json.ts';
import { messagesText, planInput } from '../golden-support/compile-input.ts';
import { goldenOptions, validateWithEnvoy } from '../golden-support/envoy-validation.ts';
import { describeGolden } from '../golden-support/golden-folder.ts';

/* input.yaml → envoy.json (virtual hosts and clusters), warnings.txt. Real Envoy validates each. */

describeGolden(import.meta.dirname, {
  outputs({ input }) {
    const { plan, diagnostics } = planInput(input, { strict: true });
    return new Map([
      ['envoy.json', printJson(routesAndClusters(plan))],
      ['warnings.txt', messagesText(diagnostics)],
    ]);
  },
  more({ input }) {
    it('has no error', () => {
      expect(messagesText(planInput(input, { strict: true }).diagnostics)).not.toContain(': error: ');
    });

    it('is accepted by Envoy', async () => {
      const bootstrap = translateToOneEnvoyFile(planInput(input).plan, goldenOptions);
      await expect(validateWithEnvoy(bootstrap)).resolves.toBeUndefined();
    });
  },
});

/** What both listeners serve, once; what only one does, by itself. The same clusters stand in every case's file. */
function routesAndClusters(plan: Plan): JsonObject {
  const { clusters, routes, routesLocal } = translateToEnvoy(plan, goldenOptions);
  const [external, local] = [routes, routesLocal!].map(
    ({ response }) => (response.resources as { virtual_hosts: JsonObject[] }[])[0]!.virtual_hosts,
  ) as [JsonObject[], JsonObject[]];
  const isSame = JSON.stringify(external) === JSON.stringify(local);
  const destinations = (clusters.response.resources as JsonObject[]).filter(
    ({ name }) => name !== '127.0.0.1:8080',
  );
  return {
    ...(isSame ? { virtual_hosts: external } : { external, local }),
    clusters: destinations.map(({ '@type': _, typed_extension_protocol_options: protocol, ...rest }) => ({
      ...rest,
      ...(JSON.stringify(protocol).includes('http2_protocol_options') && { protocol: 'h2c' }),
    })),
  };
}
