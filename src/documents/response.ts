import type { Credential } from '../attribution/credential.ts';
import type { AuditEntry } from '../response/audit.ts';
import type { OutboxStep } from '../response/outbox.ts';
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
export const responseDocuments = (entry: AuditEntry, knowledge: ResponseKnowledge): OutgoingDocument[] =>
  partsOf(entry, knowledge.steps).map((part, index) => responseDocument(entry, part, index, knowledge));

/** `called` is the end where nobody can be asked for a proof. */
const OUTCOMES: Readonly<Partial<Record<AuditEntry['type'], string>>> = {
  verified: 'success',
  called: 'unknown',
  failed: 'failure',
};
const CHANGES: ReadonlySet<AuditEntry['type']> = new Set(['verified', 'called', 'failed']);
const ORDERED = /^(?:order|restore|drill)-/;

const responseDocument = (
  entry: AuditEntry,
  part: Part,
  index: number,
  { credentialOf }: ResponseKnowledge,
): OutgoingDocument => {
  const { type, cause, prev, seq, at } = entry;
  const credential = part.credential === undefined ? undefined : credentialOf(part.credential);
  return makeDocument('response', idOf('response', prev, seq, index), iso(timeOf(at)), {
    event: {
      kind: 'event',
      category: ['iam'],
      type: [CHANGES.has(type) && part.action !== 'notify' ? 'change' : 'info'],
      action: part.action === undefined ? type : `${part.action}-${type}`,
      outcome: OUTCOMES[type],
      reason: part.reason,
    },
    gen_ai: agentFields(part.agent ?? credential?.agent),
    wayward: {
      principal: credential && `${credential.agent}/${credential.slot}`,
      alert: { id: cause === undefined || ORDERED.test(cause) ? undefined : cause },
      credential: { id: part.credential },
      response: {
        action: part.action,
        state: part.state,
        mode: part.mode,
        revoker: part.action === 'notify' ? undefined : credential?.revoke?.with,
        decided_by: part.decidedBy,
        attempts: part.attempts,
        detail: part.detail,
        ...part.seconds,
        drill: cause?.startsWith('drill-') ?? false,
        dry_run: part.dryRun ?? false,
      },
    },
  });
};
