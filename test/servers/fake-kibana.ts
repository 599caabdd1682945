import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';

/**
 * A fake: Kibana itself can't run where these tests do. It holds the contract of one call, `POST [/s/SPACE]/api/saved_objects/_import`
 * (https://www.elastic.co/docs/api/doc/kibana/v8/operation/operation-importsavedobjectsdefault), and answers as Kibana 8.19 does.
 */
export interface FakeKibana {
  readonly url: string;
  /** By `space/type/id`. */
  readonly objects: ReadonlyMap<string, StoredObject>;
  /** Of the last request. */
  readonly last: { readonly method: string; readonly path: string; readonly headers: Readonly<Record<string, string>> };
  /** Every answer from here on, whatever is asked; undefined: as Kibana would. */
  answer(status: number | undefined, body?: string): void;
  /** From here on a type that this Kibana does not know. */
  refuseType(type: string): void;
  stop(): Promise<void>;
}

interface StoredObject {
  readonly type: string;
  readonly id: string;
  readonly attributes: { readonly title: string; readonly name?: string };
  readonly references: readonly { readonly type: string; readonly id: string }[];
}

interface Answer {
  readonly status: number;
  readonly body: string;
}

const SPACES = ['default', 'security'];

/** Kibana's form of a refusal. */
const refusal = (statusCode: number, error: string, message: string): Answer => ({
  status: statusCode,
  body: JSON.stringify({ statusCode, error, message }),
});

export async function startFakeKibana(authorization?: string): Promise<FakeKibana> {
  const objects = new Map<string, StoredObject>();
  const refused = new Set<string>();
  let last = { method: '', path: '', headers: {} };
  let forced: Answer | undefined;
  const server = createServer(async (request, response) => {
    last = { method: request.method ?? '', path: request.url ?? '', headers: request.headers };
    const body = await bytesOf(request);
    const { status, body: answer } = forced ?? (await answerTo(request, body));
    response.writeHead(status, { 'content-type': 'application/json; charset=utf-8' }).end(answer);
  });

  async function answerTo(request: IncomingMessage, body: Buffer): Promise<Answer> {
    const url = new URL(request.url ?? '', 'http://kibana');
    const [, space = 'default'] = /^\/s\/([^/]+)\//.exec(url.pathname) ?? [];
    const path = url.pathname.replace(/^\/s\/[^/]+/, '');
    if (authorization !== undefined && request.headers.authorization !== authorization)
      return refusal(401, 'Unauthorized', 'Unauthorized');
    if (path !== '/api/saved_objects/_import' || request.method !== 'POST' || !SPACES.includes(space))
      return refusal(404, 'Not Found', 'Not Found');
    if (request.headers['kbn-xsrf'] === undefined)
      return refusal(400, 'Bad Request', 'Request must contain a kbn-xsrf header.');
    const type = request.headers['content-type'] ?? '';
    if (!type.startsWith('multipart/form-data; boundary='))
      return refusal(415, 'Unsupported Media Type', 'Unsupported Media Type');
    const form = await new Response(new Uint8Array(body), { headers: { 'content-type': type } }).formData();
    const file = form.get('file');
    if (!(file instanceof File) || [...form.keys()].length !== 1)
      return refusal(400, 'Bad Request', '[request body.file]: expected value of type [Stream]');
    if (!file.name.endsWith('.ndjson')) return refusal(400, 'Bad Request', `Invalid file extension ${file.name}`);
    return importAll(space, await file.text(), url.searchParams.get('overwrite') === 'true');
  }

  function importAll(space: string, ndjson: string, overwrite: boolean): Answer {
    const lines: StoredObject[] = ndjson
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line));
    const has = ({ type, id }: { type: string; id: string }) =>
      objects.has(`${space}/${type}/${id}`) || lines.some((line) => line.type === type && line.id === id);
    const successResults: object[] = [];
    const errors: object[] = [];
    for (const line of lines) {
      const { type, id, attributes, references } = line;
      const exists = objects.has(`${space}/${type}/${id}`);
      const missing = references.filter((reference) => !has(reference));
      const error =
        (refused.has(type) && { type: 'unsupported_type' }) ||
        (missing.length > 0 && {
          type: 'missing_references',
          references: missing.map(({ type, id }) => ({ type, id })),
        }) ||
        (exists && !overwrite && { type: 'conflict' });
      const meta = { title: attributes.name ?? attributes.title, icon: 'empty' };
      if (error !== false) errors.push({ type, id, meta, error });
      else {
        objects.set(`${space}/${type}/${id}`, line);
        successResults.push({ type, id, meta, managed: false, ...(exists ? { overwrite: true } : {}) });
      }
    }
    const success = errors.length === 0;
    return {
      status: 200,
      body: JSON.stringify({
        successCount: successResults.length,
        success,
        warnings: [],
        ...(successResults.length > 0 ? { successResults } : {}),
        ...(success ? {} : { errors }),
      }),
    };
  }

  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    objects,
    get last() {
      return last;
    },
    answer(status, body = '') {
      forced = status === undefined ? undefined : { status, body };
    },
    refuseType: (type) => refused.add(type),
    stop() {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

async function bytesOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks);
}
