import type { OutgoingDocument } from '../../documents/outgoing.ts';
import type { OutMessage } from '../../kafka/transactional-writer.ts';
import { DOCUMENTS } from './topics.ts';

/** A document on its way to whoever delivers. */
export const documentMessage = (document: OutgoingDocument): OutMessage => ({
  topic: DOCUMENTS,
  partition: 0,
  key: document.id,
  value: JSON.stringify(document),
});
