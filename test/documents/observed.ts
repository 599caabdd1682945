import type { Credential } from '../../src/attribution/credential.ts';
import type { Activity } from '../../src/baselines/activity.ts';
import { observedDocument } from '../../src/documents/observed.ts';
import type { OutgoingDocument } from '../../src/documents/outgoing.ts';
import { Watched } from '../baselines/watched.ts';
import { expectEcs } from './ecs.ts';

/** A document's fields, to look into. */
export interface Fields {
  readonly [field: string]: Fields & string & number & boolean & readonly string[];
}

/** Agents under the shipped detectors, with everything that the core shows beside alerts, as documents too. */
export class Observed extends Watched {
  readonly activity: Activity[];

  constructor(credentials?: readonly Credential[]) {
    const activity: Activity[] = [];
    super(credentials, undefined, (seen) => activity.push(seen));
    this.activity = activity;
  }

  of<Kind extends Activity['kind']>(kind: Kind): Extract<Activity, { readonly kind: Kind }>[] {
    return this.activity.filter((one): one is Extract<Activity, { readonly kind: Kind }> => one.kind === kind);
  }

  /** Each checked against ECS. */
  documents(kind: Activity['kind']): Fields[] {
    return this.of(kind).map((one) => fieldsOf(observedDocument(one)));
  }
}

/** The document, checked against ECS. */
export const fieldsOf = (outgoing: OutgoingDocument): Fields => {
  expectEcs(outgoing);
  return outgoing.document as Fields;
};
