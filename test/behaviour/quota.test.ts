import { quotaCases } from './quota-cases.ts';
import { describeCases } from './run-cases.ts';

describeCases('quota scheduling', quotaCases);
