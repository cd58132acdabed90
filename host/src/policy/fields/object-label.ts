import { textThat } from './text.ts';

const NAME = /^([a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?\/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/;
const VALUE = /^([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?$/;

/** https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#syntax-and-character-set */
export function objectLabelName() {
  return textThat('the name of a Kubernetes label', (text) => NAME.test(text));
}

export function objectLabelValue() {
  return textThat('the value of a Kubernetes label', (text) => VALUE.test(text));
}
