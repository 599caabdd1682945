import { type Credential, principalOf } from '../attribution/credential.ts';
import type { AuditEntry, AuditHead, RecordedEntry } from '../response/audit.ts';
import { originOf } from '../response/earlier.ts';
import type { OutboxStep } from '../response/outbox.ts';
import type { Origin } from '../response/step-kinds.ts';
import { agentFields, idOf, iso, makeDocument } from './make.ts';
import type { OutgoingDocument } from './outgoing.ts';
import { type Part, partsOf, timeOf } from './response-parts.ts';

/** What the audit trail does not say itself. */
export interface ResponseKnowledge {
  /** The steps of the entry's cause as they stand now: `outbox.ofCause(cause)`. */
  readonly steps: readonly OutboxStep[];
  readonly credentialOf: (id: string) => Credential | undefined;
}

/** The documents of one entry of the audit trail: one for each credential that it is about. */
export const responseDocuments = (entry: RecordedEntry, knowledge: ResponseKnowledge): OutgoingDocument[] => {
  const { type, cause, prev, hash, seq, at } = entry;
  return partsOf(entry, knowledge.steps).map((part, index) => {
    const id = idOf('response', prev, seq, index);
    const origin = originOf(entry['origin'], cause ?? '');
    const happened = { id, type, cause, origin, time: timeOf(at), record: { seq, prev, hash } };
    return responseDocument(happened, part, knowledge.credentialOf);
  });
};

/** The entry that a document is of; undefined of a document of another stream, and of one that an earlier version left. */
export function recordOf({ stream, document }: OutgoingDocument): AuditHead | undefined {
  if (stream !== 'response') return undefined;
  const { wayward } = document as { wayward?: { response?: { record?: Partial<AuditHead> } } };
  const { seq, hash } = wayward?.response?.record ?? {};
  return seq === undefined || hash === undefined ? undefined : { seq, hash };
}

/** A call that nobody can be asked to prove may have failed. */
const OUTCOMES: Readonly<Partial<Record<AuditEntry['type'], string>>> = {
  verified: 'success',
  called: 'unknown',
  failed: 'failure',
  'drill-passed': 'success',
  'drill-failed': 'failure',
};
const CHANGES: ReadonlySet<AuditEntry['type']> = new Set(['verified', 'called', 'failed']);

/** Who is asked: nobody for a notification. */
const issuerOf = (action: string | undefined, credential: Credential | undefined): string | undefined => {
  if (action === 'notify') return undefined;
  return action === 'rotate' ? credential?.rotate?.with : credential?.revoke?.with;
};

/** What happened, when, and because of which alert or command. */
interface Happened {
  readonly id: string;
  readonly type: AuditEntry['type'];
  readonly cause: string | undefined;
  readonly origin: Origin;
  /** Milliseconds since the epoch. */
  readonly time: number | undefined;
  /** Place in the hash chain, its hash and that of the entry before: a copy of the chain that others keep. */
  readonly record: AuditHead & { readonly prev: string };
}

const responseDocument = (
  { id, type, cause, origin, time, record }: Happened,
  part: Part,
  credentialOf: ResponseKnowledge['credentialOf'],
): OutgoingDocument => {
  const credential = part.credential === undefined ? undefined : credentialOf(part.credential);
  return makeDocument('response', id, iso(time), {
    event: {
      kind: 'event',
      category: ['iam'],
      type: [CHANGES.has(type) && part.action !== 'notify' ? 'change' : 'info'],
      action: part.action === undefined || type.startsWith(`${part.action}-`) ? type : `${part.action}-${type}`,
      outcome: OUTCOMES[type],
      reason: part.reason,
    },
    gen_ai: agentFields(part.agent ?? credential?.agent),
    wayward: {
      principal: credential && principalOf(credential),
      alert: { id: origin === 'alert' ? cause : undefined },
      credential: { id: part.credential },
      response: {
        action: part.action,
        state: part.state,
        mode: part.mode,
        revoker: part.revoker ?? issuerOf(part.action, credential),
        decided_by: part.decidedBy,
        attempts: part.attempts,
        detail: part.detail,
        ...part.seconds,
        evidence: part.evidence,
        record,
        drill: origin === 'drill',
        dry_run: part.dryRun ?? false,
      },
    },
  });
};
