/** Entry of quota-scheduler.wasm: quota scheduling alone. */
import { functions } from '../section';
import { QuotaScheduling } from './quota-scheduling';

export * from '../plugin';
export * from '../held-streams';

functions.push(new QuotaScheduling());
