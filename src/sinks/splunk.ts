import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { secretSchema } from '../config/secrets.ts';
import { type HttpAnswer, isSuccess, readJson, request } from '../http.ts';
import { httpUrl } from '../http-url.ts';
import { TryAgain } from './patience.ts';
import { type Answer, type Appended, PostedSink } from './posted.ts';
import type { SinkKind } from './sink.ts';

/** `splunk:` in wayward.yaml: an HTTP Event Collector. */
const splunkSchema = z.strictObject({
  /** Base: `/services/collector/event` is added. */
  url: httpUrl('write the token beside it').meta({ example: 'https://splunk.example.com:8088' }),
  token: secretSchema,
  /** Where the token's own is not meant. */
  index: z
    .string()
    .regex(/^[a-z0-9_][a-z0-9_-]*$/, 'takes a-z, 0-9, "_" and "-"')
    .optional(),
});

type SplunkSettings = z.infer<typeof splunkSchema>;

const TIMEOUT_MS = 30_000;
/** Splunk says where an acknowledgement stands when it is asked. Milliseconds. */
const ASK_EVERY = 500;
const LONGEST_ASKED = 60_000;
/** Codes of answers that blame the data: https://help.splunk.com/en/splunk-enterprise/get-started/get-data-in/9.4/get-data-with-http-event-collector/troubleshoot-http-event-collector */
const UNFIT = new Set([5, 6, 12, 13, 15]);
const TOO_LARGE = 413;

const answerSchema = z.object({ code: z.number().optional(), ackId: z.number().optional() });
const acksSchema = z.object({ acks: z.record(z.string(), z.boolean()) });

export const splunk: SinkKind<SplunkSettings> = {
  id: 'splunk',
  title: 'Splunk',
  about: {
    gets: 'an alert at each rise of its severity, and what response did',
    promises: 'at least once where the token has indexer acknowledgement, under the same `wayward_id`',
    tested: 'a stand-in that refuses what the documentation of Splunk 9.4 says is refused',
  },
  settings: splunkSchema,
  async open(settings, options) {
    const collector = new Collector(settings);
    return new PostedSink({ ...options, post: (some, signal) => collector.post(some, signal) });
  },
};

/** Splunk's HTTP Event Collector, under one channel. */
class Collector {
  readonly #settings: SplunkSettings;
  /** Acknowledgements are asked for by channel; a token without them takes no notice of it. */
  readonly #channel = randomUUID();

  constructor(settings: SplunkSettings) {
    this.#settings = settings;
  }

  async post(some: readonly Appended[], signal: AbortSignal): Promise<Answer> {
    const body = some.map((document) => JSON.stringify(this.#event(document))).join('\n');
    const answer = await this.#call('event', body);
    const { code, ackId } = readJson(answer.text, answerSchema) ?? {};
    if (isSuccess(answer.status)) {
      if (ackId !== undefined) await this.#untilStored(ackId, signal);
      return { kind: 'taken' };
    }
    if (answer.status === TOO_LARGE || (code !== undefined && UNFIT.has(code)))
      return { kind: 'unfit', type: String(code ?? answer.status), reason: 'Splunk does not take the event' };
    throw refusal(answer, code);
  }

  #event({ id, stream, document }: Appended) {
    const { index } = this.#settings;
    return {
      time: Date.parse(String(document['@timestamp'])) / 1_000,
      source: 'wayward',
      sourcetype: `wayward:${stream}`,
      ...(index !== undefined && { index }),
      event: document,
      fields: { wayward_id: id },
    };
  }

  /** @throws TryAgain where that takes too long: then it is posted again */
  async #untilStored(ackId: number, signal: AbortSignal): Promise<void> {
    for (let asked = 0; asked < LONGEST_ASKED; asked += ASK_EVERY) {
      const answer = await this.#call('ack', JSON.stringify({ acks: [ackId] }));
      if (!isSuccess(answer.status)) throw refusal(answer, readJson(answer.text, answerSchema)?.code);
      if (readJson(answer.text, acksSchema)?.acks[ackId] === true) return;
      await sleep(ASK_EVERY, undefined, { signal });
    }
    throw new TryAgain('Splunk accepted events and does not acknowledge that they are stored');
  }

  #call(endpoint: 'event' | 'ack', body: string): Promise<HttpAnswer> {
    const { url, token } = this.#settings;
    return request({
      service: 'Splunk',
      url: `${url.replace(/\/$/, '')}/services/collector/${endpoint}`,
      headers: {
        authorization: `Splunk ${token.reveal()}`,
        'content-type': 'application/json',
        'x-splunk-request-channel': this.#channel,
      },
      body,
      timeoutMs: TIMEOUT_MS,
      secrets: [token.reveal()],
    });
  }
}

/** Busy or broken is Splunk's; what else it says, a person has to mend. */
function refusal({ status, retryAfterMs }: HttpAnswer, code: number | undefined): TryAgain {
  const said = code === undefined ? String(status) : `${status}, code ${code}`;
  if (status === 429 || status >= 500) return new TryAgain(`Splunk answered ${said}`, false, retryAfterMs);
  if (code === 7)
    return new TryAgain(`Splunk does not know the index or may not write there (${said}); check splunk.index`, true);
  if (status === 401 || status === 403)
    return new TryAgain(`Splunk refuses the token (${said}); check splunk.token`, true);
  return new TryAgain(`Splunk answered ${said}; check that splunk.url is an HTTP Event Collector`, true);
}
