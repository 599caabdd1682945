import { MissingServer } from './require-server.ts';

interface Stoppable {
  stop(): Promise<void>;
}

type Starts = Readonly<Record<string, () => Promise<Stoppable>>>;

type Together<Several extends Starts> = {
  readonly [Name in keyof Several]: Awaited<ReturnType<Several[Name]>>;
} & Stoppable;

/** All of them by their names, or none: where one does not start, the others are stopped again. */
export async function startTogether<Several extends Starts>(starts: Several): Promise<Together<Several>> {
  const names = Object.keys(starts);
  const outcomes = await Promise.allSettled(Object.values(starts).map((start) => start()));
  const servers = outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []));
  const stop = async () => void (await Promise.all(servers.map((server) => server.stop())));
  const errors = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason] : []));
  if (errors.length > 0) {
    await stop();
    throw errors.find((error) => !(error instanceof MissingServer)) ?? errors[0]; // a failure is not to pass for a missing server
  }
  return { ...Object.fromEntries(names.map((name, at) => [name, servers[at]])), stop } as Together<Several>;
}

/** What comes after a server that was started; where that fails, the server is stopped. */
export async function orStop<After>(server: Stoppable, after: () => Promise<After>): Promise<After> {
  try {
    return await after();
  } catch (error) {
    await server.stop();
    throw error;
  }
}
