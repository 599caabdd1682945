const TRIES = 3;

interface Pool<Session> {
  readonly connect: () => Promise<Session>;
  readonly query: (session: Session) => Promise<unknown>;
  readonly end: (session: Session) => Promise<unknown>;
  readonly isRefused: (error: unknown) => boolean;
}

/**
 * A credential in use as an agent's connection pool uses it: on the session that is open, on a new one where that was ended under
 * it. So it is refused only where both are gone: the session, and the way to a new one.
 */
export function pooled<Session>({ connect, query, end, isRefused }: Pool<Session>) {
  let session: Session | undefined;
  const close = async (): Promise<void> => {
    const open = session;
    session = undefined;
    if (open !== undefined) await end(open);
  };
  const use = async (): Promise<string | undefined> => {
    let failure: unknown;
    for (let time = 0; time < TRIES; time++) {
      try {
        session ??= await connect();
        await query(session);
        return undefined;
      } catch (error) {
        if (isRefused(error)) return (error as Error).message;
        failure = error;
        session = undefined; // it was ended: a new login decides
      }
    }
    throw failure;
  };
  return { use, close };
}
