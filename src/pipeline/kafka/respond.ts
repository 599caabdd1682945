import type { Alert } from '../../alerts/alert.ts';
import { type Deed, note } from '../../attribution/deed.ts';
import { type DrillListener, type RunningDrills, startDrills } from '../../drills/schedule.ts';
import type { Fetched } from '../../kafka/fetched.ts';
import type { Log } from '../../kafka/log.ts';
import { type KafkaMessage, writtenAt } from '../../kafka/message.ts';
import type { OwnTopics } from '../../kafka/names.ts';
import type { PartitionWorker } from '../../kafka/partition-slot.ts';
import { send } from '../../kafka/send.ts';
import type { TopicReader } from '../../kafka/topic-reader.ts';
import { commandSchema } from '../../operator/command.ts';
import type { Telemetry } from '../../ops/telemetry.ts';
import type { ResponseContext } from '../../response/context.ts';
import { beginWithHistory } from '../../response/history.ts';
import type { OutboxStep } from '../../response/outbox.ts';
import { timesOf } from '../../response/record.ts';
import { respondTo } from '../../response/responder.ts';
import type { Worker } from '../../response/worker.ts';
import { startRotation } from '../../rotation/service.ts';
import { saveAlert } from '../../sinks/store-alerts.ts';
import { deedOf, deedsSince } from '../deeds.ts';
import { drillLog } from '../drill-log.ts';
import { createDrillWorker, createWorker, planWith } from '../response.ts';
import { rotationLog } from '../rotation-log.ts';
import type { ReloadOrder, RulesInUse } from '../rules-in-use.ts';
import { tellOfResponse } from '../telemetry.ts';
import { readAlert } from './alert-message.ts';
import { deedSchema, reloadSchema, replaySchema, UNKNOWN_COMMAND } from './control-message.ts';
import { executeOnce } from './execute-once.ts';
import type { ForeignMessages } from './foreign.ts';
import type { Replica } from './replica.ts';
import { type Responder, type ResponderOptions, takeOver } from './take-over.ts';
import { Verdicts } from './verdicts.ts';
import { watchVerdicts } from './watch-verdicts.ts';

export interface RespondOptions extends Omit<ResponderOptions, 'registry'> {
  readonly rules: RulesInUse;
  /** Only the process that responds tells of response. */
  readonly telemetry: Telemetry;
  readonly foreign: ForeignMessages;
  readonly log: Log;
}

interface RespondContext extends RespondOptions {
  readonly replica: Replica;
  /** Reads `wayward.control`. */
  readonly control: TopicReader;
}

/** Settings in the store: offsets of the next message to take. */
const ALERTS_AT = 'kafka.alerts';
const CONTROL_AT = 'kafka.control';
/** Alerts in one transaction: what they change becomes one message. */
const MOST_ALERTS = 100;
/** Whoever responded before may have ended between doing something and saying it, milliseconds. */
const SAY_AGAIN = 86_400_000;

/**
 * Responds to the alerts of `wayward.alerts` and to people's words on `wayward.control`. What it decides, how far it has read and
 * what became of each step are in its store, and on `wayward.response` before anything is done about it outside.
 */
export class RespondWorker implements PartitionWorker {
  readonly waits = false;
  readonly #context: RespondContext;
  readonly #stop = new AbortController();
  #responder: Responder | undefined;
  #tellNoMore: (() => void) | undefined;
  #worker: Worker | undefined;
  #drills: RunningDrills | undefined;
  #endRotation: (() => Promise<void>) | undefined;
  #endVerdicts: (() => Promise<void>) | undefined;
  #words: Promise<void> = Promise.resolve();
  #listening: Promise<void> = Promise.resolve();
  /** What was done to credentials has been said so far. */
  #said: Promise<unknown> = Promise.resolve();
  readonly #verdicts: Verdicts;
  #failure: unknown;

  constructor(context: RespondContext) {
    this.#context = context;
    this.#verdicts = new Verdicts(context.kafka, context.log);
  }

  async start(signal: AbortSignal): Promise<number> {
    const { log, replica, telemetry } = this.#context;
    const { registry } = this.#context.rules.current;
    const responder = await takeOver({ ...this.#context, registry }, replica, signal);
    this.#responder = responder;
    const { store, response, changelog } = responder;
    if (store.setting(ALERTS_AT) === undefined) beginWithHistory(response, true);
    this.#tellNoMore = tellOfResponse(telemetry, response);
    this.#worker = createWorker({
      context: response,
      beforeCall: () => this.#beforeCall(responder),
      onStep: (step) => {
        const { credential, action, state, note } = step;
        log.info({ credential, action, state, note, times: timesOf(step) }, 'response');
        this.#save();
        this.#noteDeed(step, responder);
      },
      onHistory: (text) => {
        log.info({}, text);
        this.#save();
      },
      onError: (error) => this.#failed(error),
    });
    this.#sayAgain(responder);
    this.#verdicts.sayAll(store);
    log.info({ changes: replica.seq, entries: changelog.safeEntry }, 'this process responds now');
    this.#listening = this.#listen(responder);
    this.#worker.start();
    this.#drills = this.#startDrills(responder);
    this.#endRotation = this.#startRotation(responder);
    this.#endVerdicts = watchVerdicts(this.#context.config.elasticsearch, { ...this.#context, store });
    return Number(store.setting(ALERTS_AT) ?? 0);
  }

  async process({ messages, next }: Fetched): Promise<void> {
    const responder = this.#inCharge();
    const { store, response, changelog } = responder;
    for (let at = 0; at < messages.length; at += MOST_ALERTS) {
      const chunk = messages.slice(at, at + MOST_ALERTS);
      const rest = messages[at + MOST_ALERTS];
      const alerts = chunk.flatMap((message) => this.#alertOf(message));
      store.transaction(() => {
        for (const alert of alerts) {
          saveAlert(store, alert);
          respondTo(alert, response);
        }
        store.setSetting(ALERTS_AT, rest === undefined ? next : Number(rest.offset));
      });
      await changelog.save();
      this.#verdicts.say([...new Set(alerts.map(({ id }) => id))], store);
    }
    this.#worker?.wake();
  }

  async tick(): Promise<void> {
    await this.#inCharge().changelog.save();
  }

  async close(): Promise<void> {
    this.#tellNoMore?.();
    this.#stop.abort();
    await this.#endVerdicts?.();
    await this.#listening;
    await this.#words;
    await Promise.all([this.#drills?.end(), this.#endRotation?.()]);
    await this.#worker?.stop();
    await this.#verdicts.stop();
    await this.#responder?.close();
  }

  get #topics(): OwnTopics {
    return this.#context.kafka.names.topics;
  }

  #inCharge(): Responder {
    if (this.#failure !== undefined) throw this.#failure;
    if (this.#responder === undefined) throw new Error('response has not begun');
    return this.#responder;
  }

  /** The first failure counts: what follows comes of it. The slot hears of it at the next tick. */
  #failed(error: unknown): void {
    this.#failure ??= this.#responder?.changelog.failure ?? error;
  }

  #save(): void {
    this.#responder?.changelog.save().catch((error: unknown) => this.#failed(error));
  }

  #alertOf(message: KafkaMessage): Alert[] {
    try {
      return [readAlert(message)];
    } catch (error) {
      this.#context.foreign.passOver({ topic: this.#topics.alerts, partition: 0, offset: message.offset }, error);
      return [];
    }
  }

  #startDrills({ response, changelog }: Responder): RunningDrills {
    const { config, log } = this.#context;
    const beforeCall = () => changelog.clear();
    const worker = createDrillWorker(beforeCall);
    const tell = drillLog(log);
    const held: DrillListener['held'] = (report) => {
      tell.held(report);
      this.#save();
    };
    return startDrills(
      config.drills,
      { response, worker, beforeCall },
      { ...tell, held, onError: (error) => this.#failed(error) },
    );
  }

  #startRotation(responder: Responder): () => Promise<void> {
    const { config, log } = this.#context;
    const tell = rotationLog(log);
    const onStep: typeof tell.onStep = (step) => {
      tell.onStep(step);
      this.#save();
      this.#noteDeed(step, responder);
    };
    const context = { response: responder.response, onStep, beforeCall: () => responder.changelog.clear() };
    return startRotation(config.rotation, context, { ...tell, onError: (error) => this.#failed(error) });
  }

  #sayAgain({ response }: Responder): void {
    const since = response.now() - SAY_AGAIN;
    for (const deed of deedsSince(0, response)) {
      const credential = response.plan.credentials.get(deed.credential);
      if (credential !== undefined && note(deed, credential) && deed.at > since) this.#say(deed);
    }
  }

  #noteDeed(step: OutboxStep, { response: { plan } }: Responder): void {
    const deed = deedOf(step, plan);
    const credential = plan.credentials.get(step.credential);
    if (deed !== undefined && credential !== undefined && note(deed, credential)) this.#say(deed);
  }

  /** To whoever detects: they read the registry's file only. */
  #say({ credential, did, at }: Deed): void {
    const { kafka, log } = this.#context;
    const topic = kafka.names.topics.control;
    const value = JSON.stringify({ say: did, credential, at });
    const saying = send(kafka, { topic, partition: 0, key: `${did}/${credential}`, value });
    const said = saying.catch((error: unknown) =>
      log.warn(
        { credential, did, err: error },
        'detection could not be told of it: it may judge this credential wrongly',
      ),
    );
    this.#said = Promise.all([this.#said, said]);
  }

  /** That a credential is given back is said first: its next use follows at once. */
  async #beforeCall({ changelog }: Responder): Promise<void> {
    await Promise.all([this.#said, changelog.clear()]);
  }

  /** Of its own, as those that it took over with; what was done to them is known to detection. */
  #reload(order: ReloadOrder, response: ResponseContext): void {
    const rules = this.#context.rules.follow(order);
    if (rules === undefined) return;
    planWith(response, { credentials: rules.registry.credentials.map((credential) => ({ ...credential })) });
    for (const deed of deedsSince(0, response)) {
      const credential = response.plan.credentials.get(deed.credential);
      if (credential !== undefined) note(deed, credential);
    }
  }

  async #listen(responder: Responder): Promise<void> {
    const from = Number(responder.store.setting(CONTROL_AT) ?? 0);
    const visit = (message: KafkaMessage): boolean => {
      this.#words = this.#words
        .then(() => this.#take(message, responder))
        .catch((error: unknown) => this.#failed(error));
      return false;
    };
    await this.#context.control.read(0, visit, this.#stop.signal, from);
  }

  async #take(message: KafkaMessage, { store, response }: Responder): Promise<void> {
    if (this.#failure !== undefined || this.#stop.signal.aborted) return;
    const { value, offset } = message;
    if (Number(offset) < Number(store.setting(CONTROL_AT) ?? 0)) return; // a consumer that lost its group begins anew
    const { log } = this.#context;
    const done = () => store.setSetting(CONTROL_AT, Number(offset) + 1);
    const said = jsonOf(value);
    if (replaySchema.safeParse(said).success || deedSchema.safeParse(said).success) return done(); // for whoever ingests
    const reload = reloadSchema.safeParse(said);
    if (reload.success) {
      this.#reload({ ...reload.data, seq: Number(offset) }, response);
      return done();
    }
    const command = commandSchema.safeParse(said);
    if (!command.success) {
      this.#context.foreign.passOver({ topic: this.#topics.control, partition: 0, offset }, UNKNOWN_COMMAND);
      return done();
    }
    const { say, id, by } = command.data;
    log.info({ say, id, by }, 'a person said');
    await executeOnce(command.data, writtenAt(message), { store, response, drills: this.#context.config.drills }, done);
    if (command.data.say === 'close') this.#verdicts.say([command.data.alert.id], store);
    this.#worker?.wake();
    this.#drills?.wake();
    this.#save();
  }
}

function jsonOf(value: Buffer | null): unknown {
  try {
    return JSON.parse(value?.toString() ?? 'null');
  } catch {
    return undefined; // refused by the schema
  }
}
