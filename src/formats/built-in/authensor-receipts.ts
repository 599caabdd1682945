import { ReceiptChain } from '../receipt-chain.ts';
import { described } from './described.ts';

/** Authensor receipts, one a line or as the export gives them. A receipt may lack its operation and its context. */
export const authensorReceipts = described(
  {
    id: 'authensor-receipts',
    title: 'Authensor receipts',
    dataset: 'authensor.receipt',
    time: { field: 'timestamp', unit: 'iso' },
    action: '{envelope.action.type}:{path(envelope.action.resource)}(:{envelope.action.operation})?',
    result: [
      { field: 'decision.outcome', denied: ['deny', 'rate_limited', 'require_approval'] },
      { is: 'error', when: { status: ['failed', 'error'] } },
      { is: 'error', when: { 'execution.error': { exists: true } } },
    ],
    identities: { authensor_principal: 'envelope.principal.id' },
    // The chain of receipts does not cover the principal: what proves it is that Authensor checked its key.
    proof: 'verified',
    source_ip: 'envelope.context.sourceIp',
    client: 'envelope.context.userAgent',
    trace_id: 'envelope.context.traceId',
    session: 'envelope.context.sessionId',
  },
  {
    proof: 'Authensor writes `principal` of a key that it has checked',
    about: {
      switchOn:
        'nothing: `GET /receipts`, or the export as NDJSON where its receipts have a `timestamp`; all of one Authensor, oldest first: the chain of their hashes is checked',
      cannotTell:
        'the key, whether the call was made afterwards; receipts cover neither principal nor action with their hash',
      evidence: "documented: Authensor's receipt schema",
    },
    chain: (redactor) => new ReceiptChain(redactor),
    knownBy: { 'envelope.action.type': { exists: true }, 'decision.outcome': { exists: true } },
  },
);
