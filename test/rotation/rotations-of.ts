import type { Credential } from '../../src/attribution/credential.ts';
import type { OutboxStep } from '../../src/response/outbox.ts';
import { planRotation } from '../../src/rotation/plan.ts';
import { makeRotations, orderRotation } from '../../src/rotation/rotations.ts';
import { credentialOf, responseOf, type TestResponse } from '../response/response-of.ts';

/** What rotations are made with in a test. */
export interface Rotations {
  readonly response: TestResponse;
  /** Steps as they were told, oldest first. */
  readonly told: OutboxStep[];
  order(credential?: Credential, cause?: string): void;
  /** Makes what is due now. */
  make(): Promise<void>;
  /** All steps of a credential's rotations. */
  steps(credential?: string): OutboxStep[];
}

/** Response on a new store, or on the one in `folder`. `settings` are the revokers', checked. */
export function rotationsOf(
  credentials: readonly Credential[],
  settings: Readonly<Record<string, unknown>>,
  config: object = {},
  options: { readonly folder?: string } = {},
): Rotations {
  const response = responseOf(config, credentials, settings, options);
  const told: OutboxStep[] = [];
  return {
    response,
    told,
    order(credential = credentials[0] ?? credentialOf(), cause = 'rotation-1') {
      orderRotation(planRotation(credential, response), cause, 'ann', response);
    },
    make: () => makeRotations({ response, onStep: (step) => told.push(step) }),
    steps: (credential = 'cred-billing-pg') =>
      response.state
        .all("SELECT key FROM outbox WHERE action = 'rotate' AND credential = ? ORDER BY alert_at", credential)
        .flatMap(({ key }) => response.outbox.step(String(key)) ?? []),
  };
}
