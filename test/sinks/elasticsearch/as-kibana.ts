import { expect } from 'vitest';
import type { Elasticsearch } from '../../servers/elasticsearch-client.ts';

type Call = Elasticsearch['call'];

/** As Kibana names it, with the alias that people use. https://www.elastic.co/docs/reference/security/fields-and-object-schemas/alert-schema */
const INDEX = '.internal.alerts-security.alerts-default-000001';
export const SECURITY_ALERTS = '.alerts-security.alerts-default';

const KEYWORDS = [
  'kibana.alert.original_event.id',
  'kibana.alert.original_event.module',
  'kibana.alert.workflow_status',
  'kibana.alert.workflow_reason',
  'kibana.alert.workflow_tags',
  'kibana.alert.workflow_user',
];

/** The index of Elastic Security's alerts, with those fields of it that are read. */
export async function makeSecurityAlerts(call: Call): Promise<void> {
  const fields = { ...Object.fromEntries(KEYWORDS.map((name) => [name, { type: 'keyword' }])) };
  const properties = { ...fields, 'kibana.alert.workflow_status_updated_at': { type: 'date' } };
  const made = await call('PUT', INDEX, {
    aliases: { [SECURITY_ALERTS]: { is_write_index: true } },
    mappings: { dynamic: false, properties },
  });
  expect(made.status, JSON.stringify(made.body)).toBe(200);
}

/** An alert as the rule External Alerts makes it of one of ours. */
export async function promote(call: Call, id: string, original: string, module = 'wayward'): Promise<void> {
  const document = {
    '@timestamp': new Date().toISOString(),
    'event.kind': 'signal',
    'kibana.alert.original_event.id': original,
    'kibana.alert.original_event.module': module,
    'kibana.alert.original_event.kind': 'alert',
    'kibana.alert.workflow_status': 'open',
  };
  expect((await call('PUT', `${SECURITY_ALERTS}/_doc/${id}?refresh=true`, document)).status).toBe(201);
}

/**
 * What Kibana changes in it where somebody closes it. https://www.elastic.co/docs/api/doc/kibana/operation/operation-setalertsstatus,
 * with `said.tags` as by https://www.elastic.co/docs/api/doc/kibana/operation/operation-setalerttags
 */
export async function closeInKibana(
  call: Call,
  id: string,
  said: { readonly reason?: string; readonly tags?: readonly string[]; readonly at?: number },
): Promise<void> {
  const doc = {
    'kibana.alert.workflow_status': 'closed',
    'kibana.alert.workflow_status_updated_at': new Date(said.at ?? Date.now()).toISOString(),
    'kibana.alert.workflow_user': 'u_ann',
    ...(said.reason !== undefined && { 'kibana.alert.workflow_reason': said.reason }),
    ...(said.tags && { 'kibana.alert.workflow_tags': said.tags }),
  };
  expect((await call('POST', `${SECURITY_ALERTS}/_update/${id}?refresh=true`, { doc })).status).toBe(200);
}
