import { expect } from 'vitest';
import { CallError } from '../../src/errors.ts';

/** The CallError that an attempt must end with. */
export async function failureOf(attempt: Promise<unknown> | undefined): Promise<CallError> {
  const error: unknown = await Promise.resolve(attempt).then(
    () => new Error('did not fail'),
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(CallError);
  return error as CallError;
}
