import type { AttributedUse, Attribution } from '../attribution/attributed.ts';
import type { Principal } from '../baselines/principal.ts';
import { AT, get } from '../baselines/state.ts';
import type { Reading } from '../event.ts';
import { type CurrentContext, NOBODY } from './current-context.ts';
import type { Trigger } from './detector.ts';
import { isSighting, SourceWatch } from './source-watch.ts';
import { keptUse } from './waiting.ts';

const OF_NOBODY: Attribution = Object.freeze({
  method: 'none',
  confidence: 0,
  principal: undefined,
  credential: undefined,
  ambiguous: undefined,
});

/** Asks detectors about what counts for a source instead of an agent. */
export class SourceChecks {
  readonly watch = new SourceWatch();
  readonly #context: CurrentContext;
  readonly #run: (trigger: Trigger) => void;

  /** @param run runs the detectors of a trigger on the use in hand */
  constructor(context: CurrentContext, run: (trigger: Trigger) => void) {
    this.#context = context;
    this.#run = run;
  }

  claim(at: AttributedUse): void {
    const claims = this.watch.claim(at);
    if (claims === undefined) return;
    const { seen } = this.#take(at, NOBODY);
    seen.claims = claims;
    this.#run('claimed');
    seen.claims = undefined;
  }

  /** A use of an agent: most come from where its last one did. */
  lookAt(at: AttributedUse, { recent }: Principal): void {
    const { sourceIp } = at.use;
    if (sourceIp === recent.sighted) return;
    recent.sighted = sourceIp;
    if (isSighting(at.use)) this.sight(at);
  }

  /** Takes of a use only from where it was made: what it shows is about the source, and of nobody's credential. */
  sight(at: AttributedUse): void {
    const manyAgents = this.watch.sight(at);
    if (manyAgents === undefined) return;
    const { seen } = this.#take({ ...keptUse(at), attribution: OF_NOBODY }, NOBODY);
    seen.manyAgents = manyAgents;
    this.#run('sighted');
    seen.manyAgents = undefined;
  }

  /** @param owner whose session it was, where the record shows that */
  reading(at: AttributedUse, reading: Reading, owner: Principal): void {
    const unreadable = this.watch.reading(at, reading, knownSince(owner));
    if (unreadable === undefined && reading.broken === undefined) return;
    const { seen } = this.#take(at, owner);
    seen.unreadable = unreadable;
    this.#run('unreadable');
    seen.unreadable = undefined;
  }

  #take(at: AttributedUse, principal: Principal): CurrentContext {
    this.#context.at = at;
    this.#context.principal = principal;
    return this.#context;
  }
}

/** Event time of a principal's first use, milliseconds; undefined before it. */
const knownSince = ({ state }: Principal): number | undefined => get(state.f64, AT.firstSeen) || undefined;
