import { randomUUID } from 'node:crypto';
import { type ApprovalHandler, approvalRoute, OUTCOMES } from '../approvals/route.ts';
import type { WaywardConfig } from '../config/wayward-yaml.ts';
import { UsageError } from '../errors.ts';
import type { Kafka } from '../kafka/client.ts';
import { answerTo, publishCommand } from '../pipeline/kafka/publish-command.ts';
import { Replica } from '../pipeline/kafka/replica.ts';
import { createResponse, planWith } from '../pipeline/response.ts';
import type { RulesInUse } from '../pipeline/rules-in-use.ts';
import { decideApproval } from '../response/approval.ts';
import { APPROVE } from '../response/approval-link.ts';
import { markInFile } from '../response/audit.ts';
import type { ApprovalSettings } from '../response/config.ts';
import type { ResponseContext } from '../response/context.ts';
import type { Store } from '../sinks/store.ts';
import { loadAlert } from '../sinks/store-alerts.ts';
import type { Ops } from './ops.ts';
import type { ServiceLog } from './service-log.ts';

const KEY_BYTES = 32;
/** Less than the server lets a connection be silent, milliseconds. */
const PATIENCE = 8_000;

/** @throws UsageError for a key that could be guessed; call it once its secret was fetched */
export function checkApprovalKey(settings: ApprovalSettings | undefined): void {
  if (settings === undefined || Buffer.byteLength(settings.key.reveal()) >= KEY_BYTES) return;
  throw new UsageError(
    `wayward.yaml: response.approvals.key (${settings.key.reference}) is shorter than ${KEY_BYTES} characters; make one with: openssl rand -hex 32`,
  );
}

/** Serves the pages of links from the local store, and makes what is approved. @returns what ends it */
export function serveLocalLinks(
  response: ResponseContext,
  store: Store,
  wake: () => void,
  ops: Ops,
  log: ServiceLog,
): () => void {
  return mount(response.config.approvals, ops, log, {
    response,
    alertOf: (id) => loadAlert(store, id),
    catchUp: async () => {},
    async decide(approval, { decision, by }) {
      try {
        decideApproval(approval, decision, by, response);
      } catch (error) {
        if (error instanceof UsageError) return 'not';
        throw error;
      }
      response.audit.publishHead();
      wake();
      return 'done';
    },
  });
}

interface KafkaLinksOptions {
  readonly config: WaywardConfig;
  readonly rules: RulesInUse;
  readonly kafka: Kafka;
  readonly ops: Ops;
  readonly log: ServiceLog;
  readonly signal: AbortSignal;
}

/** Whether this process serves the pages of links. */
export const servesLinks = ({ response, http }: WaywardConfig): boolean =>
  response.approvals !== undefined && http !== undefined;

/** Serves the pages of links from a copy of the responder's record, and publishes decisions to the responder. */
export async function serveKafkaLinks(options: KafkaLinksOptions): Promise<{ stop(): Promise<void> }> {
  const { config, rules, kafka, ops, log, signal } = options;
  const replica = await Replica.open(kafka, config.state);
  await replica.catchUp();
  const { registry } = rules.current;
  const response = createResponse(config, registry, replica.store, undefined, (file) => markInFile(file, () => 0));
  const endFollowing = rules.onTaken((others) => planWith(response, others.registry));
  const unmount = mount(config.response.approvals, ops, log, {
    response,
    alertOf: (id) => loadAlert(replica.store, id),
    catchUp: () => replica.catchUp(),
    async decide(approval, { decision, by }) {
      const command = { say: 'decide', id: randomUUID(), by, decision, approval } as const;
      await publishCommand(command, kafka);
      const answer = await answerTo(command, replica, PATIENCE, signal);
      if (answer === undefined) return 'unanswered';
      return answer.error === undefined ? 'done' : 'not';
    },
  });
  return {
    async stop() {
      unmount();
      endFollowing();
      await replica.close();
    },
  };
}

function mount(
  settings: ApprovalSettings | undefined,
  ops: Ops,
  log: ServiceLog,
  handler: ApprovalHandler,
): () => void {
  if (settings === undefined) return () => {};
  const counts = new Map(OUTCOMES.map((outcome) => [outcome, 0]));
  const untell = ops.telemetry.read('approvalLinks', () =>
    [...counts].map(([outcome, value]) => ({ value, labels: { outcome } })),
  );
  const unmount = ops.mount(
    APPROVE,
    approvalRoute({ settings, handler, count: (outcome) => counts.set(outcome, (counts.get(outcome) ?? 0) + 1) }),
  );
  log.info({ url: settings.url }, 'serving links to approve');
  return () => {
    unmount();
    untell();
  };
}
