import type { OutgoingDocument } from '../../documents/outgoing.ts';
import type { OutMessage } from '../../kafka/transactional-writer.ts';

/** A document on its way to whoever delivers. */
export const documentMessage = (topic: string, document: OutgoingDocument): OutMessage => ({
  topic,
  partition: 0,
  key: document.id,
  value: JSON.stringify(document),
});
