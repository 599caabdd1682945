import { SEVERITY_SCORE } from '../../detectors/finding.ts';
import type { OutgoingDocument } from '../../documents/outgoing.ts';
import type { AlertRevision } from '../sink.ts';
import { type DataStream, dataStreamFields, LATEST, nameOf } from './streams.ts';

type Document = Readonly<Record<string, unknown>>;

/** One write: into a data stream, where what is there stays; or of a version, where the greatest stays. */
export interface Operation {
  /** Data stream or index. */
  readonly target: string;
  readonly id: string;
  readonly document: Document;
  /** Absent for a data stream. */
  readonly version?: number;
}

export const noticeOperation = ({ alert, document }: AlertRevision, namespace: string): Operation => ({
  target: nameOf('alert', namespace),
  id: `${alert.id}-${SEVERITY_SCORE[alert.severity]}`,
  document: inStream(document, 'alert', namespace),
});

export const documentOperation = ({ stream, id, document }: OutgoingDocument, namespace: string): Operation => ({
  target: nameOf(stream, namespace),
  id,
  document: inStream(document, stream, namespace),
});

/** Only the newest form of each alert: the others would be written over at once. */
export function latestOperations(revisions: readonly AlertRevision[]): Operation[] {
  const newest = new Map<string, AlertRevision>();
  for (const revision of revisions) {
    const known = newest.get(revision.alert.id);
    if (known === undefined || known.alert.revision < revision.alert.revision) newest.set(revision.alert.id, revision);
  }
  return [...newest.values()].map(({ alert, document }) => ({
    target: LATEST,
    id: alert.id,
    version: alert.revision,
    document,
  }));
}

const inStream = (document: Document, stream: DataStream, namespace: string): Document => ({
  ...document,
  data_stream: dataStreamFields(stream, namespace),
});

/** Two lines of a bulk request. `ingested` is RFC 3339. */
export function linesOf({ target, id, version, document }: Operation, ingested: string): string {
  const action =
    version === undefined
      ? { create: { _index: target, _id: id, require_data_stream: true } } // without the template it would be an index
      : { index: { _index: target, _id: id, version, version_type: 'external' } };
  const { event } = document;
  const stamped = { ...document, event: { ...(typeof event === 'object' ? event : {}), ingested } };
  return `${JSON.stringify(action)}\n${JSON.stringify(stamped)}\n`;
}
