import { ACTIONS } from './actions.ts';
import { AMOUNTS } from './amounts.ts';
import type { AttackClass } from './scene.ts';
import { SOURCES } from './sources.ts';
import { TIMES } from './times.ts';

/** Every way to misuse a credential; a new one is an entry in one of these. */
export const ATTACK_CLASSES: readonly AttackClass[] = [...TIMES, ...AMOUNTS, ...ACTIONS, ...SOURCES];
