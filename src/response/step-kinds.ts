/** What a step of the outbox does. After a rotation the rightful holder goes on with a new value; a page goes before all other notices. */
export type StepKind = 'revoke' | 'rotate' | 'notice' | 'page';

export const ORIGINS = ['alert', 'order', 'drill', 'rotation'] as const;
/** Whose doing a step is. */
export type Origin = (typeof ORIGINS)[number];
