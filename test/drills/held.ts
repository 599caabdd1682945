import type { Credential } from '../../src/attribution/credential.ts';
import { drillsSchema } from '../../src/drills/config.ts';
import { type DrillContext, type DrillReport, holdDrill } from '../../src/drills/drill.ts';
import type { Revoker } from '../../src/response/action.ts';
import { Worker } from '../../src/response/worker.ts';
import { deliver } from '../../src/webhook.ts';
import { responseOf, type TestResponse } from '../response/response-of.ts';

/** What a drill is held with in a test. */
export interface Drills {
  readonly response: TestResponse;
  /** `entry` as in `drills:` of wayward.yaml. */
  hold(entry: object, by?: string, signal?: AbortSignal): Promise<DrillReport>;
  readonly worker: DrillContext['worker'];
}

/** Response on a new store, with drills; `settings` are the revokers', checked. */
export function drillsOf(
  settings: Readonly<Record<string, unknown>>,
  config: object = {},
  credentials: readonly Credential[] = [],
  options: { readonly folder?: string; readonly revokers?: readonly Revoker[] } = {},
): Drills {
  const response = responseOf(config, credentials, settings, options);
  const { webhook } = response.config;
  const worker: DrillContext['worker'] = (context, cause, onError) =>
    new Worker({
      context,
      cause,
      onError,
      ...(webhook && { deliver: (event) => deliver({ url: webhook.url, secret: webhook.secret.reveal() }, event) }),
    });
  return {
    response,
    worker,
    async hold(entry, by = 'ann', signal = new AbortController().signal) {
      const [drill] = drillsSchema.parse([entry]);
      if (drill === undefined) throw new Error('no drill');
      return holdDrill(drill, by, { response, worker, signal });
    },
  };
}
