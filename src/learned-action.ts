import type { CredentialUse, Shape } from './event.ts';

const ENDING: Readonly<Record<Shape, string>> = {
  gathered: ' (rows gathered in one value)',
  cursor: ' (by cursor)',
};

/**
 * What a principal is known to do: its action, and apart from it the same action in a way that does not show how much it reads. A table
 * whose every row stands in one value counts as one row, so the first time of that is news of its own.
 */
export const learnedAction = ({ action, shape }: Pick<CredentialUse, 'action' | 'shape'>): string =>
  shape === undefined ? action : `${action}${ENDING[shape]}`;
