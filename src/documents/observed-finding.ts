import { SEVERITY_SCORE } from '../detectors/finding.ts';
import type { ObservedFinding } from '../detectors/observed-finding.ts';
import { isAddress } from '../ecs.ts';
import { agentFields, idOf, iso, makeDocument } from './make.ts';
import type { OutgoingDocument } from './outgoing.ts';

/** What a detector of the stage `observe` found, where alerts never stand. */
export const findingDocument = ({
  finding,
  principal,
  credential,
  action,
  sourceIp,
}: ObservedFinding): OutgoingDocument =>
  makeDocument(
    'activity',
    idOf(
      'finding',
      finding.detector,
      principal,
      finding.subject,
      finding.severity,
      finding.time,
      finding.evidence[0] ?? '',
    ),
    iso(finding.time),
    {
      event: {
        kind: 'event',
        action: 'observed-finding',
        severity: SEVERITY_SCORE[finding.severity],
        reason: finding.reason,
      },
      gen_ai: agentFields(credential?.agent),
      rule: { id: finding.detector, name: finding.title },
      source: isAddress(sourceIp ?? '') ? { ip: sourceIp } : undefined,
      wayward: {
        principal,
        slot: credential?.slot,
        peer_group: credential?.peerGroup,
        credential: { id: credential?.id },
        bits: finding.bits,
        actions: [action],
        observed_finding: { subject: finding.subject, event_id: finding.evidence },
      },
    },
  );
