import { SOURCE, UNREGISTERED_AGENT } from '../attribution/attributed.ts';
import type { Registry } from '../attribution/registry.ts';
import type { LoadedDetector } from '../config/detector-files.ts';

/** Those that no registry names, but that alerts are about. */
const NAMELESS = [UNREGISTERED_AGENT, SOURCE];

/** One sentence for each exception that matches no credential of the registry: a misspelt name, or an agent that is gone. */
export function idleExceptions(loaded: readonly LoadedDetector[], { credentials }: Registry): readonly string[] {
  if (credentials.length === 0) return [];
  return loaded.flatMap(({ detector, file }) =>
    detector.exceptions
      .filter(
        ({ matches }) =>
          !credentials.some(({ agent, slot, id }) => matches(`${agent}/${slot}`, id)) &&
          !NAMELESS.some((name) => matches(`${name}/`, undefined)),
      )
      .map(
        ({ whom }) =>
          `${file}: the exception for ${whom} matches no credential of the registry; correct the name, or take it out`,
      ),
  );
}
