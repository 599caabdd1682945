import { CallError } from '../errors.ts';
import { callGcp, type GcpApi, messageOf, says } from '../gcp.ts';
import type { Revocation } from '../response/action.ts';

/** What Google Cloud says of a thing that can be disabled and enabled again. */
export type SwitchState = 'ENABLED' | 'DISABLED' | 'DESTROYED';

interface Switchable {
  readonly api: GcpApi;
  /** Resource name: `projects/…`. */
  readonly name: string;
  /** For messages: `service account`. */
  readonly what: string;
  /** Without its last part: `iam.serviceAccounts`. */
  readonly permission: string;
  /** Reads what a GET of the name answers; undefined where that is something else. */
  readonly stateOf: (text: string) => SwitchState | undefined;
}

/**
 * Disables by `POST NAME:disable`, enables by `POST NAME:enable`, and asks by `GET NAME`. Reads of IAM and of Secret
 * Manager may be a little old: a `verify` right after a change can show the state before it, and a later one the new.
 * https://docs.cloud.google.com/iam/docs/access-change-propagation
 */
export function gcpSwitch({ api, name, what, permission, stateOf }: Switchable): Revocation {
  async function state(): Promise<SwitchState> {
    const call = { method: 'GET', path: name, permission: `${permission}.get` } as const;
    const found = stateOf((await callGcp(api, call)).text);
    if (found === undefined) throw new CallError(`${api.service} did not say whether the ${what} is enabled`, true);
    return found;
  }

  async function turn(verb: 'disable' | 'enable', isWell: (state: SwitchState) => boolean): Promise<void> {
    const answer = await callGcp(api, {
      method: 'POST',
      path: `${name}:${verb}`,
      body: {},
      permission: `${permission}.${verb}`,
      accepts: ['FAILED_PRECONDITION'],
    });
    if (!says(answer, 'FAILED_PRECONDITION')) return;
    const found = await state();
    if (isWell(found)) return;
    throw new CallError(
      `${api.service} refused to ${verb} the ${what}, which is ${found}: ${messageOf(answer)}`,
      false,
    );
  }

  return {
    revoke: () => turn('disable', (found) => found !== 'ENABLED'),
    restore: () => turn('enable', (found) => found === 'ENABLED'),
    async verify() {
      const found = await state();
      const alive = found === 'ENABLED';
      return { dead: !alive, alive, proof: `${api.service} says that the ${what} is ${found}` };
    },
  };
}
