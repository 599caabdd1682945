import { join } from 'node:path';
import { type Command, InvalidArgumentError, Option } from 'commander';
import type { Alert } from '../alerts/alert.ts';
import { loadRules } from '../config/rules.ts';
import { startDrills } from '../drills/schedule.ts';
import { UsageError } from '../errors.ts';
import { customFormat } from '../formats/custom.ts';
import { loadCheckpoint } from '../pipeline/checkpoint.ts';
import { DeedsOfStore } from '../pipeline/deeds.ts';
import { Disorder } from '../pipeline/disorder.ts';
import { drillLog } from '../pipeline/drill-log.ts';
import { LocalPipeline } from '../pipeline/local.ts';
import { Merge, savedPositions } from '../pipeline/merge.ts';
import { MIGRATED } from '../pipeline/name-key.ts';
import { logObserved } from '../pipeline/observing-log.ts';
import { createDrillWorker, createResponse, createWorker, planWith } from '../pipeline/response.ts';
import { rotationLog } from '../pipeline/rotation-log.ts';
import { RulesInUse } from '../pipeline/rules-in-use.ts';
import { AlertTelemetry } from '../pipeline/telemetry.ts';
import { beginWithHistory, historyIsRead, isHistory } from '../response/history.ts';
import { timesOf } from '../response/record.ts';
import { respondTo } from '../response/responder.ts';
import { startRotation } from '../rotation/service.ts';
import { lockForRun } from '../sinks/run-lock.ts';
import { Store } from '../sinks/store.ts';
import { DeadLetterFile } from '../sources/dead-letter-file.ts';
import { checkApprovalKey, serveLocalLinks } from './approval-links.ts';
import { type Canary, startCanary } from './canary.ts';
import { idleExceptions } from './idle-exceptions.ts';
import type { CommandIo } from './io.ts';
import { keepFresh } from './keep-fresh.ts';
import { disorderOf, tellOfLocal } from './local-ops.ts';
import { reloadsOf } from './local-reload.ts';
import { openLocalSinks } from './local-sinks.ts';
import { namesOf } from './names-of.ts';
import { type Ops, startOps } from './ops.ts';
import {
  configOption,
  credentialsOption,
  detectorsOption,
  loadSetupAndRules,
  type Setup,
  type SetupOptions,
  secretContext,
  withExample,
} from './options.ts';
import { proofWarnings } from './proof-warnings.ts';
import { replayOf } from './replay-sources.ts';
import { ROLES, type RoleName, runKafka } from './run-kafka.ts';
import { createServiceLog, type ServiceLog } from './service-log.ts';
import { WatchedSources } from './watched-sources.ts';

interface RunOptions extends SetupOptions {
  readonly detectors?: string;
  readonly roles?: readonly RoleName[];
  readonly forgetNames?: boolean;
}

export function addRun(program: Command, io: CommandIo): void {
  const command = program
    .command('run')
    .summary('The service: sources from wayward.yaml until stopped')
    .description(
      'Follows the sources of wayward.yaml, keeps alerts in the local store, and responds as `response:` says (dry-run unless\n' +
        'you change it). Goes on where it stood after a restart. Ctrl-C saves and stops.',
    )
    .addOption(configOption())
    .addOption(credentialsOption())
    .addOption(detectorsOption())
    .addOption(rolesOption())
    .addOption(forgetNamesOption())
    .action((options: RunOptions) => run(options, io));
  withExample(
    command,
    'wayward run',
    'wayward run --roles ingest,detect',
    'wayward run --config /etc/wayward/wayward.yaml 2>>/var/log/wayward.log',
  );
}

const forgetNamesOption = () =>
  new Option(
    '--forget-names',
    'go on although fingerprint_key is another one: actions, networks and clients are learned anew',
  );

const rolesOption = () =>
  new Option('--roles <names>', `what this process does on Kafka, of ${ROLES.join(',')} (default: all)`).argParser(
    (written: string) => written.split(',').map(roleNamed),
  );

function roleNamed(written: string): RoleName {
  const role = ROLES.find((name) => name === written.trim());
  if (role === undefined) throw new InvalidArgumentError(`"${written}" is none; write some of ${ROLES.join(',')}.`);
  return role;
}

async function run(options: RunOptions, io: CommandIo): Promise<void> {
  io.onHangup?.(() => {}); // until it runs: what it starts with is read in any case
  const setup = loadSetupAndRules(options, io);
  const { config, registry, place } = setup;
  if (options.roles !== undefined && config.kafka === undefined) {
    throw new UsageError('--roles shares the work over Kafka; write kafka: in wayward.yaml, or leave --roles out');
  }
  if (config.kafka === undefined && config.sources.length === 0 && config.authensor === undefined) {
    throw new UsageError('wayward.yaml: no sources; write sources: [{ file: /var/log/nginx/access.json }]');
  }
  await config.resolveSecrets(['kafka', 'sinks', 'response', 'revokers', 'drills'], secretContext(io));
  checkApprovalKey(config.response.approvals);
  const log = createServiceLog(io.stderr);
  // An agent may be born later.
  for (const idle of idleExceptions(setup.rules.loaded, registry)) log.warn(idle);
  const forgetNames = options.forgetNames === true;
  const ops = await startOps({ config, chosen: options, log, signal: io.signal });
  const endKeeping = keepFresh(config, (message) => log.warn(message));
  const rules = new RulesInUse(setup.rules, () => loadRules(place), log);
  ops.telemetry.component('reload', () => rules.condition);
  rules.onTaken(() => ops.reloaded());
  const detects = options.roles?.includes('detect') !== false;
  const formats = config.formats.map((spec) => customFormat(spec));
  const canary = detects
    ? startCanary({ rules: () => rules.current, formats, telemetry: ops.telemetry, log })
    : undefined;
  rules.onTaken(() => canary?.look());
  try {
    if (config.kafka !== undefined)
      await runKafka({ ...setup, rules, roles: options.roles, forgetNames, ops, log, io, canary });
    else await runLocal(setup, rules, forgetNames, io, log, ops, canary);
  } finally {
    await canary?.end();
    endKeeping();
    await ops.close();
  }
}

/** Milliseconds between two looks at what came out of order. */
const LOOK_EVERY = 1_000;

async function runLocal(
  { config, registry, fetchSecrets }: Setup,
  rules: RulesInUse,
  forgetNames: boolean,
  io: CommandIo,
  log: ServiceLog,
  ops: Ops,
  canary: Canary | undefined,
): Promise<void> {
  const store = new Store(config.state);
  const release = lockForRun(config.state);
  let letters: DeadLetterFile | undefined;
  try {
    const names = await namesOf(config, io);
    const saved = loadCheckpoint(store, {
      key: names.id,
      forgetNames,
      where: config.state,
      onMigrated: (report) => log.warn(report, MIGRATED),
    });
    const written = new DeadLetterFile(join(config.state, 'dead-letters.ndjson'), saved?.deadLetters ?? 0);
    letters = written;
    const response = createResponse(config, registry, store, fetchSecrets);
    if (saved === undefined) beginWithHistory(response, false);
    const deeds = new DeedsOfStore(registry, response);
    deeds.look();
    const worker = createWorker({
      context: response,
      onStep: (step) => {
        const { credential, action, state, note } = step;
        deeds.take(step);
        log.info({ credential, action, state, note, times: timesOf(step) }, 'response');
      },
      onHistory: (text) => log.info({}, text),
      onError: (error) => log.error({ err: error }, 'response failed'),
    });
    const resume = saved && savedPositions(saved.merge);
    const sources = await WatchedSources.open({ config, io, letters: written, log, resume });
    const appeared = sources.areFollowed ? () => sources.appeared() : undefined;
    const merge = new Merge(await sources.lanes(), { live: true, appeared, signal: io.signal });
    const told = new AlertTelemetry(ops.telemetry);
    const disorder = new Disorder(log);
    let lookedAt = 0;
    const delivery = await openLocalSinks({ config, store, response, letters: written, ops, log });
    const { detectors } = rules.current;
    const pipeline = new LocalPipeline(merge, {
      store,
      registry,
      detectors,
      names,
      newRules: reloadsOf(rules, store, io),
      goesOnWith: ({ registry: others }) => {
        planWith(response, others);
        deeds.reload(others);
      },
      respond: (alert) => {
        respondTo(alert, response);
      },
      learnDeeds: () => deeds.look(),
      saved: (alerts, rose) => {
        worker.wake();
        told.handedOver(rose, Date.now());
        for (const alert of alerts) if (!isHistory(alert, response)) logAlert(log, alert);
      },
      observing: (finding) => logObserved(log, finding),
      outgoing: delivery?.outgoing,
      caughtUp: () => {
        log.info({ counts: merge.counts }, 'caught up');
        historyIsRead(response);
        for (const { source, counts } of merge.lanes)
          for (const warning of proofWarnings(counts, (how) => `identity: ${how} beside its file:`))
            log.warn({ source: source.name }, warning);
      },
      looked: () => {
        const now = Date.now();
        if (now - lookedAt < LOOK_EVERY) return;
        lookedAt = now;
        disorder.look(disorderOf(merge, pipeline.core), now);
      },
      replay: await replayOf(config, io),
      syncDeadLetters: () => written.sync(),
    });
    if (saved) pipeline.load(saved);
    disorder.begin(disorderOf(merge, pipeline.core));
    canary?.watch(() => [pipeline.core.given]);
    tellOfLocal(ops.telemetry, { merge, pipeline, response, letters: written, sources, disorder });
    ops.started();
    log.info(
      {
        sources: merge.lanes.length,
        detectors: detectors.length,
        credentials: registry.credentials.length,
        resumed: saved !== undefined,
      },
      'watching',
    );
    worker.start();
    const endLinks = serveLocalLinks(response, store, () => worker.wake(), ops, log);
    const drills = startDrills(config.drills, { response, worker: createDrillWorker() }, drillLog(log));
    const rotations = rotationLog(log);
    const onStep: typeof rotations.onStep = (step) => {
      deeds.take(step);
      rotations.onStep(step);
    };
    const stopRotation = startRotation(config.rotation, { response, onStep }, rotations);
    delivery?.start();
    try {
      await pipeline.run();
      if (merge.lanes.every(({ state }) => state === 'ended')) historyIsRead(response);
      worker.wake();
    } finally {
      endLinks();
      await drills.end();
      await stopRotation();
      await worker.stop();
      await delivery?.stop();
    }
    log.info({ counts: merge.counts, detection: pipeline.core.engine.counts }, 'stopped');
  } finally {
    letters?.close();
    store.close();
    release();
  }
}

const logAlert = (log: ServiceLog, { id, revision, state, verdict, severity, principal, reason }: Alert): void => {
  log.info({ alert: id, revision, state, verdict: verdict?.value ?? 'new', severity, principal }, reason);
};
