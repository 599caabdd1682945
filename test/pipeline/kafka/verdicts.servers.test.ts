import { expect, test } from 'vitest';
import type { Alert } from '../../../src/alerts/alert.ts';
import { alertDocument } from '../../../src/alerts/document.ts';
import type { Kafka } from '../../../src/kafka/client.ts';
import { send } from '../../../src/kafka/send.ts';
import { TopicReader } from '../../../src/kafka/topic-reader.ts';
import { alertMessage, readAlert } from '../../../src/pipeline/kafka/alert-message.ts';

import { ALERTS } from '../../kafka/names.ts';
import { alertOf } from '../../response/alert-of.ts';
import { startKafka } from '../../servers/kafka.ts';
import { describeWith } from '../../servers/require-server.ts';
import { newPlace, responds, until } from './responders.ts';

const TIMEOUT = 180_000;

/** As a detector of the version before verdicts says it. */
function saidBefore({ state, verdict: _, ...alert }: Alert) {
  const status = state === 'over' ? 'closed' : 'open';
  return {
    ...alertMessage(ALERTS, alertOf()),
    key: alert.id,
    headers: { alert: JSON.stringify({ ...alert, status }) },
  };
}

/** Everything that is said of alerts: id, revision and verdict; and the documents that Elasticsearch gets. */
async function follow(kafka: Kafka, signal: AbortSignal) {
  const said: string[] = [];
  const documents: unknown[] = [];
  const reader = await TopicReader.open(kafka, ALERTS, 1);
  const visit: Parameters<typeof reader.read>[1] = (message) => {
    const { id, revision, verdict } = readAlert(message);
    said.push(`${id} ${revision} ${verdict?.value ?? 'new'}`);
    documents.push(JSON.parse(String(message.value)));
    return false;
  };
  const ended = reader.read(0, visit, signal).then(() => reader.close());
  return { said, documents, ended };
}

describeWith('verdicts on Kafka', startKafka, (server) => {
  test(
    'a verdict on an incident that is over is said as a new revision, once; one that still runs is waited for',
    async ({ signal }) => {
      const place = await newPlace(server().broker, { mode: 'dry-run' });
      const stop = new AbortController();
      const { said, documents, ended } = await follow(place.kafka, AbortSignal.any([signal, stop.signal]));
      const responder = place.responder('one');
      await responds(responder);
      const over = alertOf({ id: 'alert-over', state: 'over', revision: 3 });
      const running = alertOf({ id: 'alert-running' });
      await send(place.kafka, alertMessage(ALERTS, over));
      await send(place.kafka, saidBefore(running));
      const has = (id: string) => place.replica.store.first('SELECT 1 FROM alerts WHERE id = ?', id) !== undefined;
      await until(() => has(over.id) && has(running.id), 'both are known');

      const close = (id: string, as: string) =>
        place.command('cli', 'alerts', 'close', id, '--as', as, '--because', 'a drill', '--by', 'ann');
      const [first, second] = await Promise.all([close(over.id, 'confirmed'), close(running.id, 'benign')]);
      expect([first.code, second.code]).toEqual([0, 0]);
      await until(() => said.includes('alert-over 4 confirmed'), 'its verdict is said');
      const listed = (await place.command('cli', 'alerts', 'list', '--all')).stdout.trimEnd().split('\n');
      expect(listed.map((line) => JSON.parse(line).wayward.verdict.value).toSorted()).toEqual(['benign', 'confirmed']);

      await send(place.kafka, saidBefore({ ...running, state: 'over', revision: 2 }));
      await until(() => said.includes('alert-running 3 benign'), 'the other one, too, once it is over');
      await close(over.id, 'benign');
      await until(() => said.includes('alert-over 5 benign'), 'it was changed');
      await responder.stop();

      const next = place.responder('two');
      await responds(next);
      await send(place.kafka, alertMessage(ALERTS, alertOf({ id: 'alert-last', state: 'over' })));
      await until(() => has('alert-last'), 'all before it was taken');
      await next.stop();
      stop.abort();
      await ended;
      expect(said.filter((one) => !one.endsWith('new'))).toEqual([
        'alert-over 4 confirmed',
        'alert-running 3 benign',
        'alert-over 5 benign',
      ]);
      const at = expect.stringMatching(/^20.*Z$/);
      expect(documents).toContainEqual({
        ...alertDocument({ ...over, revision: 4 }),
        wayward: expect.objectContaining({
          incident: { state: 'over' },
          verdict: { value: 'confirmed', by: 'ann', at, because: 'a drill' },
          revision: 4,
        }),
      });
    },
    TIMEOUT,
  );
});
