import type { CallContext, Notes, Revocation, Revoker } from '../../../src/response/action.ts';
import { REVOKERS } from '../../../src/revokers/registry.ts';
import { ROTATORS } from '../../../src/rotation/registry.ts';
import type { Rotation } from '../../../src/rotation/rotator.ts';
import { CASES, nameOfRotation } from './cases.ts';

/** What was asked of the issuer of one credential, by kind of call. */
export interface Calls {
  revoke: number;
  restore: number;
  rotate: number;
}

/** Every issuer, played in this process: what is dead there, and how often it was told to change something. */
export class PlayedIssuers {
  /** Credentials that are dead there. */
  readonly dead = new Set<string>();
  readonly calls = new Map<string, Calls>();
  /** What happens instead of a call, by credential. */
  readonly instead = new Map<
    string,
    Partial<Record<'revoke' | 'restore' | 'verify', (context: CallContext) => Promise<void>>>
  >();
  /** What a rotation does, by credential. */
  readonly rotation = new Map<string, (notes: Notes) => Promise<string>>();

  /** Of all revokers, with what they say of themselves, and these issuers behind them. */
  readonly revokers: readonly Revoker[] = REVOKERS.map((revoker) => ({
    ...revoker,
    prepare: (settings: unknown, spec: unknown) => this.#played(revoker.prepare(settings, spec)),
  }));

  constructor() {
    for (const rotator of ROTATORS)
      Object.assign(rotator, { prepare: (_settings: unknown, spec: unknown) => this.#rotation(spec) });
  }

  callsOf(credential: string): Calls {
    const known = this.calls.get(credential) ?? { revoke: 0, restore: 0, rotate: 0 };
    this.calls.set(credential, known);
    return known;
  }

  #played({ restore, isThere }: Revocation): Revocation {
    return {
      revoke: async (context) => {
        this.callsOf(context.credential).revoke++;
        await this.instead.get(context.credential)?.revoke?.(context);
        this.dead.add(context.credential);
      },
      verify: async (context) => {
        await this.instead.get(context.credential)?.verify?.(context);
        const dead = this.dead.has(context.credential);
        return { dead, alive: !dead, proof: `the played issuer says ${dead ? 'dead' : 'alive'}` };
      },
      ...(restore && {
        restore: async (context: CallContext) => {
          this.callsOf(context.credential).restore++;
          await this.instead.get(context.credential)?.restore?.(context);
          this.dead.delete(context.credential);
        },
      }),
      ...(isThere && { isThere: async ({ credential }: CallContext) => !this.dead.has(credential) }),
    };
  }

  #rotation(spec: unknown): Rotation {
    const text = JSON.stringify(spec);
    const found = CASES.find((one) => {
      const name = nameOfRotation(one);
      return name !== undefined && text.includes(`"${name}"`);
    });
    return {
      rotate: async (notes) => {
        if (found === undefined) throw new Error(`no case has the rotation ${text}`);
        this.callsOf(found.id).rotate++;
        return (await this.rotation.get(found.id)?.(notes)) ?? 'the played issuer has a new secret';
      },
    };
  }
}

/** Of a process that is killed in the middle of a call. */
export const never = (): Promise<never> => new Promise(() => undefined);
