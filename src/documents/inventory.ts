import { principalOf } from '../attribution/credential.ts';
import { hygieneOf } from '../attribution/hygiene.ts';
import type { CredentialState } from '../baselines/usage.ts';
import { agentFields, idOf, iso, makeDocument } from './make.ts';
import type { OutgoingDocument } from './outgoing.ts';

const ACTIONS: Readonly<Record<CredentialState['because'], string>> = {
  start: 'stream-started',
  'first-use': 'first-use',
  day: 'day-over',
};
const DATE_LENGTH = 10;

/** How one credential stands at one time: its registry entry, judged at that time, and what is known of its use. */
export const inventoryDocument = (state: CredentialState): OutgoingDocument => {
  const { credential, at, because, lastUse, scopesUnused, shared } = state;
  const { ageDays, rotationDueAt, rotationOverdue, expired } = hygieneOf(credential, at);
  const time = iso(at);
  return makeDocument('inventory', idOf('inventory', credential.id, time?.slice(0, DATE_LENGTH) ?? at, because), time, {
    event: { kind: 'state', category: ['iam'], type: ['info'], action: ACTIONS[because] },
    gen_ai: agentFields(credential.agent),
    wayward: {
      principal: principalOf(credential),
      slot: credential.slot,
      peer_group: credential.peerGroup,
      credential: {
        id: credential.id,
        kind: credential.kind,
        owner: credential.owner,
        issued_at: iso(credential.issuedAt),
        expires_at: iso(credential.expiresAt),
        rotation_due_at: iso(rotationDueAt),
        rotation_overdue: rotationOverdue,
        expired,
        protected: credential.protected,
        revocable: credential.revoke !== undefined,
        scopes: credential.scopes,
        scopes_unused: scopesUnused,
        shared,
        last_used_at: iso(lastUse),
        age_days: ageDays,
      },
    },
  });
};
