import { z } from 'zod';
import { CallError, ServerUnavailableError } from '../../errors.ts';
import { type HttpAnswer, isSuccess, readJson, request } from '../../http.ts';
import { scrub } from '../../scrub.ts';
import { type ImportedObject, readImportAnswer } from './answer.ts';
import type { KibanaSettings } from './settings.ts';

/** An import waits until everything is searchable. */
const TIMEOUT_MS = 60_000;
const MAX_ANSWER_BYTES = 1024 * 1024;

/**
 * Brings saved objects into a space of Kibana. Those that are there already are replaced, so that repeating it is harmless;
 * some may be refused while others are imported.
 * @param ndjson one saved object a line, as Kibana exports them
 * @throws ServerUnavailableError when Kibana can't be reached, refuses the whole file, or answers something else
 */
export async function importSavedObjects(kibana: KibanaSettings, ndjson: string): Promise<ImportedObject[]> {
  const answer = await post(kibana, ndjson);
  if (!isSuccess(answer.status)) throw new ServerUnavailableError(refusal(kibana, answer));
  const objects = readImportAnswer(answer.text);
  if (objects === undefined)
    throw new ServerUnavailableError(`${kibana.url} answered, but not as Kibana does; is kibana.url right?`);
  return objects;
}

async function post(kibana: KibanaSettings, ndjson: string): Promise<HttpAnswer> {
  const base = kibana.url.endsWith('/') ? kibana.url : `${kibana.url}/`;
  const space = kibana.space === 'default' ? '' : `s/${kibana.space}/`;
  const body = new FormData();
  // Kibana takes no file whose name does not end in .ndjson.
  body.append('file', new Blob([ndjson], { type: 'application/ndjson' }), 'wayward.ndjson');
  try {
    return await request({
      service: 'Kibana',
      url: new URL(`${space}api/saved_objects/_import?overwrite=true`, base).href,
      headers: { 'kbn-xsrf': 'true', ...authorization(kibana) },
      body,
      timeoutMs: TIMEOUT_MS,
      maxBytes: MAX_ANSWER_BYTES,
      secrets: secretsOf(kibana),
    });
  } catch (error) {
    if (error instanceof CallError) throw new ServerUnavailableError(`${kibana.url} does not answer: ${error.message}`);
    throw error;
  }
}

function authorization({ username, password, api_key }: KibanaSettings): Record<string, string> {
  if (api_key !== undefined) return { authorization: `ApiKey ${api_key.reveal()}` };
  if (username === undefined || password === undefined) return {};
  return { authorization: `Basic ${basic(username, password.reveal())}` };
}

const basic = (username: string, password: string): string => Buffer.from(`${username}:${password}`).toString('base64');

const secretsOf = ({ username = '', password, api_key }: KibanaSettings): string[] => [
  ...(api_key === undefined ? [] : [api_key.reveal()]),
  ...(password === undefined ? [] : [password.reveal(), basic(username, password.reveal())]),
];

const refusalSchema = z.object({ message: z.string() });

function refusal(kibana: KibanaSettings, { status, text }: HttpAnswer): string {
  const message = readJson(text, refusalSchema)?.message.replaceAll(/\s+/g, ' ') ?? '';
  const said = scrub(message, secretsOf(kibana)).slice(0, 200);
  return `Kibana answered ${status}${said === '' ? '' : `, ${said}`}; ${adviceOn(status, kibana.space)}`;
}

function adviceOn(status: number, space: string): string {
  if (status === 401) return 'check kibana.username and kibana.password, or kibana.api_key';
  if (status === 403) return `see docs/kibana.md for the privileges that its user needs in the space ${space}`;
  if (status === 404) return `check kibana.url with its base path, and that there is a space ${space}`;
  if (status < 400) return 'redirects are not followed: write the address behind it as kibana.url';
  return status >= 500 ? 'try again once it is up' : "Kibana's log may say more";
}
