/** For `expect.poll`, on a busy machine. */
export const PATIENTLY = { timeout: 30_000 };
