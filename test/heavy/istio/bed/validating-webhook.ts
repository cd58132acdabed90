export const WEBHOOK_NAME = 'istio-validator-istio-system';

/**
 * The webhook of Istio's charts: the API server has istiod validate what is applied. istiod puts its certificate into
 * it and turns `Ignore` into `Fail` when it is ready.
 */
export function validatingWebhook(port: number): unknown {
  return {
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind: 'ValidatingWebhookConfiguration',
    metadata: { name: WEBHOOK_NAME, labels: { app: 'istiod', istio: 'istiod', 'istio.io/rev': 'default' } },
    webhooks: [
      {
        name: 'rev.validation.istio.io',
        clientConfig: { url: `https://localhost:${port}/validate` },
        rules: [
          {
            operations: ['CREATE', 'UPDATE'],
            apiGroups: [
              'security.istio.io',
              'networking.istio.io',
              'telemetry.istio.io',
              'extensions.istio.io',
            ],
            apiVersions: ['*'],
            resources: ['*'],
          },
        ],
        failurePolicy: 'Ignore',
        sideEffects: 'None',
        admissionReviewVersions: ['v1'],
      },
    ],
  };
}
