import type { z } from 'zod';
import type { CredentialKind, RevokeSpec } from '../attribution/credential.ts';

/** A credential that exists to be revoked. Its secret is in this object and nowhere else of ours. Each call ends by itself within 20 s, apart from the waits for a cloud. */
export interface Canary {
  readonly kind: CredentialKind;
  /** As in the registry. */
  readonly revoke: RevokeSpec;
  /** Uses it as an agent would, and stays connected where an agent would. @throws CallError where that fails */
  use(): Promise<void>;
  /**
   * Uses it again after the revocation. Returns how the server refused. Where a cloud tells its services of a change later, it waits, for
   * so many milliseconds at most. @throws CallError where it still works, or nobody answered
   */
  refused(within: number): Promise<string>;
  /** Leaves nothing at the issuer. May be called at any time, and twice. */
  remove(): Promise<void>;
}

/** An issuer, as a drill meets it. */
export interface CanaryIssuer {
  /** The name begins with `wayward_canary_` and is new; `expiresAt`, milliseconds: of no use afterwards, where the issuer can do that. */
  create(name: string, expiresAt: number): Promise<Canary>;
  /** Removes canaries for whose name `isLeft` says so: drills that ended in the middle left them. Returns how many. */
  removeLeft(isLeft: (name: string) => boolean): Promise<number>;
}

/** One kind of drill: one object in a file of drills/, and one line in its registry.ts. */
export interface DrillKind {
  /** `with:` of an entry of `drills:`: the id of the revoker that it exercises, whose settings it works with. */
  readonly id: string;
  readonly title: string;
  /** How the use after the revocation must fail. */
  readonly proof: string;
  /** What the revoker's account must be allowed besides. */
  readonly needs: string;
  /** What an entry of `drills:` may say beside `with`, `schedule` and `objective`. */
  readonly fields: z.ZodRawShape;
  /** The settings are the revoker's, checked; the entry is what `fields` and the rest gave. Its secrets are fetched by then. */
  issuer(settings: unknown, entry: unknown): CanaryIssuer;
}

interface Definition<Settings extends z.ZodType, Fields extends z.ZodRawShape> extends Omit<DrillKind, 'issuer'> {
  /** What it reads of the revoker's settings. */
  readonly settings: Settings;
  readonly fields: Fields;
  issuer(settings: z.infer<Settings>, entry: z.infer<z.ZodObject<Fields>>): CanaryIssuer;
}

/** Lets a drill be written with the types of its schemas, where the rest of Wayward sees a `DrillKind`. */
export const defineDrill = <Settings extends z.ZodType, Fields extends z.ZodRawShape>(
  definition: Definition<Settings, Fields>,
): DrillKind => ({
  ...definition,
  issuer: (settings, entry) =>
    definition.issuer(definition.settings.parse(settings), entry as z.infer<z.ZodObject<Fields>>),
});
