import { nearest } from '../config/nearest.ts';
import { UsageError } from '../errors.ts';
import { heldBy, type PlanContext } from '../response/plan.ts';

/** What a person names: all that an agent holds, or one credential. */
export interface Choice {
  readonly agent?: string;
  readonly credential?: string;
}

/** Ids of what was chosen. @throws UsageError where nothing is, or the registry doesn't know it; `verb` is for the message */
export function chosenCredentials({ agent, credential }: Choice, plan: PlanContext, verb: string): string[] {
  if ((agent === undefined) === (credential === undefined)) {
    throw new UsageError(`say what to ${verb}: --agent NAME, or --credential ID`);
  }
  const ids = agent === undefined ? [credential ?? ''].filter((id) => plan.credentials.has(id)) : heldBy(agent, plan);
  if (ids.length > 0) return ids;
  const all = [...plan.credentials.values()];
  const known = agent === undefined ? all.map(({ id }) => id) : all.map((other) => other.agent);
  const guess = nearest(agent ?? credential ?? '', known);
  const what = agent === undefined ? `no credential "${credential}"` : `no agent "${agent}"`;
  throw new UsageError(
    `${what} in the registry${guess === undefined ? '; wayward credentials list shows all' : `; is it ${guess}?`}`,
  );
}
