import { Option } from 'commander';
import { nearest } from '../config/nearest.ts';
import { UsageError } from '../errors.ts';
import { heldBy, type PlanContext } from '../response/plan.ts';

/** What a person names: all that some agents hold, or some credentials. */
export interface Choice {
  readonly agent?: readonly string[];
  readonly credential?: readonly string[];
}

/** `flags` with one value; each time that it is given adds one. */
export const repeatable = (flags: string, description: string): Option =>
  new Option(flags, `${description}; may be given several times`).argParser(
    (value: string, before: readonly string[] | undefined) => [...(before ?? []), value],
  );

/** Ids of what was chosen. @throws UsageError where nothing is, or the registry doesn't know all of it; `verb` is for the message */
export function chosenCredentials({ agent, credential }: Choice, plan: PlanContext, verb: string): string[] {
  if ((agent === undefined) === (credential === undefined)) {
    throw new UsageError(`say what to ${verb}: --agent NAME, or --credential ID`);
  }
  const all = [...plan.credentials.values()];
  const ids = [
    ...(agent ?? []).flatMap((name) => {
      const held = heldBy(name, plan);
      return held.length > 0 ? held : unknown('agent', name, [...new Set(all.map((other) => other.agent))]);
    }),
    ...(credential ?? []).map((id) =>
      plan.credentials.has(id)
        ? id
        : unknown(
            'credential',
            id,
            all.map((other) => other.id),
          ),
    ),
  ];
  return [...new Set(ids)];
}

function unknown(what: string, name: string, known: readonly string[]): never {
  const guess = nearest(name, known);
  throw new UsageError(
    `no ${what} "${name}" in the registry${guess === undefined ? '; wayward credentials list shows all' : `; is it ${guess}?`}`,
  );
}
