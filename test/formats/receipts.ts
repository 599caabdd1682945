import { hash } from 'node:crypto';

/** Receipts as Authensor's control plane chains them: SHA-256 over five fields, in this order. */

export interface Receipt {
  readonly id: string;
  readonly envelopeId: string;
  readonly timestamp: string;
  readonly decision: { readonly outcome: string };
  readonly envelope: object;
  readonly receiptHash?: string;
  readonly prevReceiptHash?: string;
}

export const START = Date.UTC(2026, 10, 2, 10);
const MINUTE = 60_000;

/** The receipt of this number after `before`; `more` is there before it is hashed. */
export const receiptAfter = (before: Receipt | undefined, n: number, more: Partial<Receipt> = {}): Receipt => {
  const envelopeId = `e-${n}`;
  const receipt = {
    ...{ id: `receipt-${n}`, envelopeId, timestamp: new Date(START + n * MINUTE).toISOString() },
    decision: { outcome: 'allow' },
    status: 'executed',
    envelope: {
      id: envelopeId,
      action: { type: 'http.request', resource: 'https://shop.example/orders' },
      principal: { type: 'agent', id: 'billing' },
    },
    ...(before?.receiptHash !== undefined && { prevReceiptHash: before.receiptHash }),
    ...more,
  };
  const { id, timestamp, decision, prevReceiptHash = '' } = receipt;
  const signed = { id, envelopeId: receipt.envelopeId, timestamp, decisionOutcome: decision.outcome, prevReceiptHash };
  return { ...receipt, receiptHash: hash('sha256', JSON.stringify(signed), 'hex') };
};

export const receipts = (count: number): Receipt[] => {
  const all: Receipt[] = [];
  for (let n = 0; n < count; n++) all.push(receiptAfter(all.at(-1), n));
  return all;
};
