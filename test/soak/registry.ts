import { chaos } from './chaos.ts';
import { compliance } from './compliance.ts';
import { crashes } from './crashes.ts';
import type { LongForm } from './form.ts';
import { late } from './late.ts';
import { live } from './live.ts';
import { mutants } from './mutants.ts';
import { outage } from './outage.ts';
import { quality } from './quality.ts';

/** Every long form, by its name. A new one is its file and one line here. */
export const LONG_FORMS: Readonly<Record<string, LongForm>> = {
  crashes,
  chaos,
  late,
  outage,
  mutants,
  compliance,
  quality,
  live,
};
