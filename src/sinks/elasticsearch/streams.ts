import type { Stream } from '../../documents/outgoing.ts';

/** A data stream of Wayward: alerts, or one of the streams beside them. */
export type DataStream = 'alert' | Stream;

/** The index that holds each incident once, as it stands now. */
export const LATEST = 'wayward-alerts-latest';

interface StreamSettings {
  readonly type: 'logs' | 'metrics';
  /** How soon a document can be found. */
  readonly refresh: string;
  /** How long it is kept where nothing else is configured. */
  readonly retention: string;
}

export const STREAMS: Readonly<Record<DataStream, StreamSettings>> = {
  alert: { type: 'logs', refresh: '200ms', retention: '365d' },
  activity: { type: 'metrics', refresh: '5s', retention: '90d' },
  inventory: { type: 'logs', refresh: '5s', retention: '90d' },
  response: { type: 'logs', refresh: '1s', retention: '365d' },
  health: { type: 'logs', refresh: '5s', retention: '30d' },
};

export const DATA_STREAMS = Object.keys(STREAMS) as readonly DataStream[];

/** `logs-wayward.alert-default` */
export const nameOf = (stream: DataStream, namespace: string): string =>
  `${STREAMS[stream].type}-wayward.${stream}-${namespace}`;

/** The constant fields of every document in it. */
export const dataStreamFields = (stream: DataStream, namespace: string) => ({
  type: STREAMS[stream].type,
  dataset: `wayward.${stream}`,
  namespace,
});
