import { described, HTTP_STATUS } from './described.ts';

/**
 * Documents of the Elastic Common Schema, as Elastic's own integrations make them of other logs: read back from Elasticsearch, line by line. Who
 * made them knew what proves a name, the document does not say.
 */
export const ecs = described(
  {
    id: 'ecs',
    title: 'Elastic Common Schema documents',
    dataset: 'ecs.event',
    ignore: [{ when: { 'event.kind': ['alert', 'signal', 'metric', 'state', 'pipeline_error'] }, reason: 'no-event' }],
    time: { field: '@timestamp', unit: 'iso' },
    action: ['{http.request.method} {path(url.path)}', '{event.action} {destination.domain}', '{event.action}'],
    result: [
      { field: 'http.response.status_code', ...HTTP_STATUS },
      {
        is: 'rejected',
        when: { 'event.outcome': 'failure', 'event.category': ['authentication', '*authentication*'] },
      },
      { field: 'event.outcome', error: ['failure'], success: ['success'] },
    ],
    identities: {
      credential_id: 'user.name',
      client_id: ['user.id', 'service.name'],
    },
    source_ip: ['source.ip', 'client.ip', 'source.address'],
    client: 'user_agent.original',
    bytes: ['http.response.body.bytes', 'http.response.bytes', 'destination.bytes'],
    status: 'http.response.status_code',
    method: 'http.request.method',
    path: ['url.path', 'url.original'],
    service: ['event.dataset', 'event.module'],
    trace_id: 'trace.id',
  },
  {
    proof: 'nothing, unless `identity:` of the source: names are declared; 401 and failed authentication are rejected',
    about: {
      switchOn: 'an export of the data stream, line by line, each the document or the hit around it',
      cannotTell: 'whether a name was checked; a denied action from a failed one, without an HTTP status',
      evidence: 'documented: Elastic Common Schema 9',
    },
    knownBy: { '@timestamp': { exists: true }, 'ecs.version': { exists: true }, 'event.outcome': { exists: true } },
  },
);
