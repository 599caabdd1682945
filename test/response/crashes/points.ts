/** Instructions at which a responder is killed, in their order, with the state that its store is left in. */
export const CRASH_POINTS = {
  planned: 'approved',
  'before the call': 'calling',
  'after the call, before its note': 'calling',
  'before the read-back': 'called',
  'before the record': 'called',
  'before the head is written out': 'verified',
} as const;

export type CrashPoint = keyof typeof CRASH_POINTS;

/** Also where a response that Wayward decides itself may end: its alert and its plan are made, and neither is saved. */
export type KillPoint = CrashPoint | 'before the plan is saved';
