import { writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { onTestFinished } from 'vitest';
import { stringify } from 'yaml';
import { createRegistry } from '../../src/attribution/registry.ts';
import { serveLocalLinks } from '../../src/commands/approval-links.ts';
import { startOps } from '../../src/commands/ops.ts';
import { createServiceLog } from '../../src/commands/service-log.ts';
import { loadCredentials } from '../../src/config/registry-file.ts';
import { loadConfig } from '../../src/config/wayward-yaml.ts';
import { createResponse, createWorker } from '../../src/pipeline/response.ts';
import type { ResponseContext } from '../../src/response/context.ts';
import type { OutboxStep } from '../../src/response/outbox.ts';
import { respondTo } from '../../src/response/responder.ts';
import { Store } from '../../src/sinks/store.ts';
import { saveAlert } from '../../src/sinks/store-alerts.ts';
import { temporaryFolder } from '../config/temp.ts';
import { alertOf } from '../response/alert-of.ts';
import { freePort } from '../servers/free-port.ts';
import { type Issuer, startIssuer } from '../servers/issuer.ts';
import { startReceiver } from '../servers/receiver.ts';

const KEY = 'a key of the tests, long enough to sign links';

/** What came over HTTP. */
export interface Came {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
}

/** One request as it is written here: a browser's `fetch` would not let us set every header. */
export function ask(
  url: string,
  method = 'GET',
  headers: Readonly<Record<string, string>> = {},
  body?: string,
): Promise<Came> {
  return new Promise((resolve, reject) => {
    const sent = request(url, { method, headers, agent: false }, (answer) => {
      const chunks: Buffer[] = [];
      answer.on('data', (chunk) => chunks.push(chunk));
      answer.on('error', reject);
      answer.on('end', () =>
        resolve({
          status: answer.statusCode ?? 0,
          headers: answer.headers,
          text: Buffer.concat(chunks).toString(),
        }),
      );
    });
    sent.on('error', reject);
    sent.end(body);
  });
}

/** The form of the page, posted as a browser does under `no-referrer`. */
export const OWN = {
  'content-type': 'application/x-www-form-urlencoded',
  origin: 'null',
  'sec-fetch-site': 'same-origin',
};

export const press = (
  url: string,
  fields: Readonly<Record<string, string>>,
  headers: Readonly<Record<string, string>> = OWN,
): Promise<Came> => ask(url, 'POST', headers, new URLSearchParams(fields).toString());

export interface ApprovalPlace {
  readonly response: ResponseContext;
  readonly issuer: Issuer;
  /** Of the HTTP server. */
  readonly url: string;
  /** What the service logged. */
  readonly log: () => string;
  /** Moves the clock of response, milliseconds. */
  later(by: number): void;
  /** An alert that waits for a person, and the link that its notification carried. */
  waits(changes?: Parameters<typeof alertOf>[0]): Promise<string>;
  /** What was told of breakers. */
  pages(): readonly { readonly approvals: readonly { readonly alert: string; readonly url: string }[] }[];
  /** Links of the last notification. */
  links(): string[];
  /** Makes what is decided. */
  made(): Promise<void>;
  steps(alert?: string): readonly OutboxStep[];
  record(alert?: string): readonly Readonly<Record<string, unknown>>[];
  /** `wayward_approval_links_total`, without what is 0. */
  counts(): Promise<Readonly<Record<string, number>>>;
  /** Of everything that is on the disk. */
  readonly folder: string;
}

/** Response with `mode: approve` as `wayward run` has it: its HTTP server, a webhook that is told, and an issuer that revokes. */
export async function newPlace(response: object = {}, credential: object = {}, key = KEY): Promise<ApprovalPlace> {
  const folder = temporaryFolder();
  const [issuer, receiver, port] = await Promise.all([startIssuer(), startReceiver(), freePort()]);
  const url = `http://127.0.0.1:${port}`;
  const configured = {
    state: 'state',
    http: { port },
    credentials: 'credentials.yaml',
    response: {
      mode: 'approve',
      webhook: { url: receiver.url, secret: 'secret://env/WEBHOOK_KEY' },
      approvals: { url, key: 'secret://env/APPROVAL_KEY' },
      ...response,
    },
    revokers: { webhook: { secret: 'secret://env/WEBHOOK_KEY' } },
  };
  writeFileSync(join(folder, 'wayward.yaml'), stringify(configured));
  const revoke = { with: 'webhook', url: `${issuer.url}/revoke`, verify_url: `${issuer.url}/verify` };
  const entries = ['cred-billing-pg', 'cred-other'].map((id) => ({
    ...{ id, agent: 'billing-agent-1', kind: 'api-key', match: { credential_id: id }, revoke },
    ...credential,
  }));
  writeFileSync(join(folder, 'credentials.yaml'), stringify({ credentials: entries }));

  const config = loadConfig(join(folder, 'wayward.yaml'));
  const env = { WEBHOOK_KEY: 'key', APPROVAL_KEY: key };
  await config.resolveSecrets(['response', 'revokers'], { env, warn: () => {} });
  const store = new Store(config.state);
  let ahead = 0;
  const context: ResponseContext = {
    ...createResponse(config, createRegistry(loadCredentials(config.credentials ?? '')), store),
    now: () => Date.now() + ahead,
  };
  let logged = '';
  const log = createServiceLog(
    new Writable({
      write(chunk, _encoding, done) {
        logged += chunk;
        done();
      },
    }),
  );
  const ops = await startOps({ config, chosen: {}, log, signal: new AbortController().signal });
  const worker = createWorker({
    context,
    onError: (error) => {
      throw error;
    },
  });
  const endLinks = serveLocalLinks(context, store, () => {}, ops, log);
  onTestFinished(async () => {
    endLinks();
    await ops.close();
    store.close();
    await Promise.all([issuer.stop(), receiver.stop()]);
  });
  const links = () =>
    (JSON.parse(receiver.received.at(-1)?.body ?? '{}').data?.approvals ?? []).map((one: { url: string }) => one.url);
  return {
    response: context,
    issuer,
    url,
    folder,
    log: () => logged,
    later(by) {
      ahead += by;
    },
    links,
    pages: () =>
      receiver.received
        .map(({ body }) => JSON.parse(body))
        .filter(({ type }) => type === 'wayward.breaker')
        .map(({ data }) => data),
    async waits(changes) {
      const alert = alertOf({ openedAt: Date.now(), ...changes });
      store.transaction(() => {
        saveAlert(store, alert);
        respondTo(alert, context);
      });
      await worker.drain();
      return links()[0] ?? '';
    },
    made: () => worker.drain(),
    steps: (alert = 'alert-1') => context.outbox.ofCause(alert).filter(({ action }) => action === 'revoke'),
    record: (alert = 'alert-1') => context.audit.ofCause(alert),
    async counts() {
      const text = (await ask(`${url}/metrics`)).text;
      const found = [...text.matchAll(/wayward_approval_links_total\{outcome="(.*?)"\} ([1-9]\d*)/g)];
      return Object.fromEntries(found.map(([, outcome, value]) => [outcome, Number(value)]));
    },
  };
}
