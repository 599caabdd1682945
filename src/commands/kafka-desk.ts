import { randomUUID } from 'node:crypto';
import { wordOfVerdict } from '../alerts/verdict.ts';
import { explainIssue } from '../config/explain-issue.ts';
import { ServerUnavailableError, UsageError } from '../errors.ts';
import type { Kafka } from '../kafka/client.ts';
import { type Answer, answerOf } from '../pipeline/kafka/answers.ts';
import { anyResponder } from '../pipeline/kafka/any-responder.ts';
import { type Word, wordSchema } from '../pipeline/kafka/control-message.ts';
import { obey } from '../pipeline/kafka/obey.ts';
import type { Replica } from '../pipeline/kafka/replica.ts';
import { answerTo, say } from '../pipeline/kafka/say.ts';
import { takeOver } from '../pipeline/kafka/take-over.ts';
import type { ResponseContext } from '../response/context.ts';
import type { OutboxStep } from '../response/outbox.ts';
import { carryOut } from './carry-out.ts';
import type { Desk } from './desk.ts';
import type { CommandIo } from './io.ts';
import { type Setup, secretContext } from './options.ts';
import { watchDrills, watchRotations, watchSteps } from './watch-responder.ts';

interface KafkaDeskOptions {
  readonly setup: Setup;
  readonly kafka: Kafka;
  readonly replica: Replica;
  /** Looks at the replica. */
  readonly response: ResponseContext;
  readonly io: CommandIo;
}

type RevokeWord = Word & { say: 'revoke' };

/** A responder that runs takes a word within a fraction of a second; another one that takes over, within this. */
const PATIENCE = 15_000;

/** Says people's decisions to the responder, on `wayward.control`, and waits until its record shows what came of them. */
export function kafkaDesk(options: KafkaDeskOptions): Desk {
  const { response, io, kafka } = options;
  const watch = { io, anyResponder: () => anyResponder(kafka) };
  const follow = ({ cause = '' }: Answer, how: string): Promise<OutboxStep[]> =>
    watchSteps(cause, how, response, watch);
  return {
    async halt(by) {
      await ask({ say: 'halt', id: randomUUID(), by }, 'The next one that starts will obey it.', options);
    },
    async resume(by) {
      await ask({ say: 'resume', id: randomUUID(), by }, TOO_LATE, options);
    },
    async close({ id, principal, peerGroup, start, end }, { verdict, because, by }) {
      const alert = { id, principal, start, end, ...(peerGroup !== undefined && { peerGroup }) };
      const word = { say: 'close', id: randomUUID(), alert, verdict: wordOfVerdict(verdict), because, by } as const;
      await ask(word, 'The next one that starts will take the closing; detection has it already.', options);
    },
    async approve(alert, by) {
      const answer = await ask({ say: 'approve', id: randomUUID(), by, alert }, TOO_LATE, options);
      return follow(answer, `wayward alerts show ${alert} shows how far it is.`);
    },
    async revoke(chosen, final, by) {
      const word: RevokeWord = { say: 'revoke', id: randomUUID(), by, credentials: [...chosen], final };
      const answer = await answerWithin(word, options);
      if (answer === undefined) return revokeFromHere(word, options);
      return { ...orderOf(answer), carriedOut: () => follow(answer, `${HOW_IT_IS} ${FROM_HERE}`) };
    },
    async restore(restorables, by) {
      const wanted = restorables.filter(({ outcome }) => outcome === 'restore');
      const credentials = [...new Set(wanted.map(({ step }) => step.credential.id))];
      if (credentials.length === 0) return [];
      return follow(await ask({ say: 'restore', id: randomUUID(), by, credentials }, TOO_LATE, options), HOW_IT_IS);
    },
    async rotate(plans, by) {
      const credentials = plans.map(({ credential }) => credential.id);
      if (credentials.length === 0) return { refused: [], steps: [] };
      const word = { say: 'rotate', id: randomUUID(), by, credentials } as const;
      const { rotations = [], refused = [] } = await ask(word, STILL, options);
      return { refused, steps: await watchRotations(rotations, response, watch) };
    },
    async drill(kind, by) {
      const word = { say: 'drill', id: randomUUID(), by, ...(kind !== undefined && { kind }) } as const;
      const { drills = [] } = await ask(word, STILL, options);
      return watchDrills(drills, response, watch);
    },
  };
}

const HOW_IT_IS = 'wayward restore --credential ID, without --execute, shows how far it is.';

const FROM_HERE = 'While nobody responds, wayward revoke --execute said again does it from here.';

const TOO_LATE =
  'Nothing will come of it: one that starts later than in a minute takes it for too late. Start one, and say it again.';

const STILL =
  'One that starts within a minute of the asking still does it, a later one does not: look before you ask again.';

/** @throws ServerUnavailableError where no responder takes it; UsageError for what it refuses */
async function ask(word: Word, otherwise: string, options: KafkaDeskOptions): Promise<Answer> {
  const answer = await answerWithin(word, options);
  if (answer === undefined)
    throw new ServerUnavailableError(
      `no responder took it within ${PATIENCE / 1000} s; none is running (wayward run --roles respond). ${otherwise}`,
    );
  return answer;
}

/** Says it, and waits for what comes of it. @throws UsageError for what is refused; AbortError at Ctrl-C */
async function answerWithin(word: Word, { kafka, replica, io }: KafkaDeskOptions): Promise<Answer | undefined> {
  check(word);
  await say(word, kafka);
  const answer = await answerTo(word, replica, PATIENCE, io.signal);
  if (answer?.error !== undefined) throw new UsageError(answer.error);
  if (answer === undefined && io.signal.aborted) {
    io.stderr.write('Stopped waiting: it was said, and a responder that runs does it.\n');
    io.signal.throwIfAborted();
  }
  return answer;
}

/** No responder would take it otherwise. @throws UsageError */
function check(word: Word): void {
  const [issue] = wordSchema.safeParse(word, { error: explainIssue }).error?.issues ?? [];
  if (issue === undefined) return;
  const [field] = issue.path;
  throw new UsageError(`${field === 'by' ? 'the name of who decides (--as, --by)' : String(field)} ${issue.message}`);
}

/**
 * Without a responder a revocation must still be possible: this process takes the part of one until it is done. A responder that
 * was only slow is fenced by that, comes back, and finds the word answered.
 */
async function revokeFromHere(word: RevokeWord, options: KafkaDeskOptions): ReturnType<Desk['revoke']> {
  const { setup, kafka, replica, io } = options;
  io.stderr.write(`No responder took it within ${PATIENCE / 1000} s: doing it from here.\n`);
  await setup.config.resolveSecrets(['response', 'revokers'], secretContext(io));
  const transactions = { committed: 0, aborted: 0, fenced: 0 };
  const { response, store, changelog, close } = await takeOver({ ...setup, kafka, transactions }, replica, io.signal);
  await obey(word, response.now(), { store, response, drills: setup.config.drills }, () => {});
  const answer = answerOf(store, word.id) ?? {};
  return {
    ...orderOf(answer),
    async carriedOut() {
      try {
        return await carryOut(answer.cause ?? '', response, io, () => changelog.clear());
      } finally {
        await changelog.save();
        await close();
      }
    },
  };
}

const orderOf = ({ refused = [], alreadyDead = [] }: Answer) => ({ refused, alreadyDead });
