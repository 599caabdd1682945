import type { Condition, Telemetry } from './telemetry.ts';

/** What `/healthz` and `/readyz` answer. */
export interface Report {
  /** The worst of the components. */
  readonly state: Condition['state'];
  readonly components: Readonly<Record<string, Condition>>;
}

const WORSE: readonly Condition['state'][] = ['ok', 'degraded', 'down', 'broken'];
const MAX_REASON = 300;

/** How the components of one process are, asked for when somebody looks. */
export class Health implements Pick<Telemetry, 'component'> {
  readonly #components = new Map<string, () => Condition>();

  component(name: string, condition: () => Condition): () => void {
    this.#components.set(name, condition);
    return () => this.#components.delete(name);
  }

  report(): Report {
    const components: Record<string, Condition> = {};
    for (const [name, ask] of this.#components) components[name] = bounded(ask());
    const worst = Math.max(0, ...Object.values(components).map(({ state }) => WORSE.indexOf(state)));
    return { state: WORSE[worst] ?? 'ok', components };
  }
}

const bounded = (condition: Condition): Condition =>
  condition.state === 'ok' ? condition : { ...condition, reason: condition.reason.slice(0, MAX_REASON) };
