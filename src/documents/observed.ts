import type { Activity } from '../baselines/activity.ts';
import type { ObservedFinding } from '../detectors/observed-finding.ts';
import { firstSeenDocument, hourDocument } from './activity.ts';
import { inventoryDocument } from './inventory.ts';
import { findingDocument } from './observed-finding.ts';
import type { OutgoingDocument } from './outgoing.ts';

/** The document of whatever the core has observed beside alerts. */
export const observedDocument = (activity: Activity | ObservedFinding): OutgoingDocument => {
  switch (activity.kind) {
    case 'hour':
      return hourDocument(activity);
    case 'first-seen':
      return firstSeenDocument(activity);
    case 'credential':
      return inventoryDocument(activity);
    case 'finding':
      return findingDocument(activity);
  }
};
