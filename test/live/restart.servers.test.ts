import { appendFileSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { gunzipSync } from 'node:zlib';
import { describe, expect, onTestFinished, test } from 'vitest';
import { stringify } from 'yaml';
import { integer, seeded } from '../../src/simulate/random.ts';
import { Store } from '../../src/sinks/store.ts';
import { temporaryFolder } from '../config/temp.ts';
import { startReceiver } from '../servers/receiver.ts';
import { type RunningWayward, spawnWayward, waywardSays } from './wayward.ts';

/** Logs of the demo: three weeks of agents and attacks. What comes from here on is written while Wayward runs. */
const DEMO = join(import.meta.dirname, '..', '..', 'demo');
const LIVE_FROM = '2026-11-18';
/** A settle under which what is written now is in time, though it tells of days ago. */
const WRITTEN_SINCE = `${Math.ceil((Date.now() - Date.parse(LIVE_FROM)) / 86_400_000)}d`;
const TIMEOUT = 120_000;
const KILLS = 12;

const linesOf = (name: string): string[] =>
  gunzipSync(readFileSync(join(DEMO, name)))
    .toString()
    .trimEnd()
    .split('\n');
const gateway = linesOf('gateway.access.jsonl.gz');
const cut = gateway.findIndex((line) => line.includes(`"time":"${LIVE_FROM}`));
/** Also lines that nobody can use. */
const live = gateway.slice(cut).flatMap((line, at) => (at % 5 === 2 ? [line, `{"not": a record ${at}`] : [line]));

interface Place {
  readonly folder: string;
  readonly growing: string;
  /** What is there before: the same agents' gateway and database. */
  readonly history: readonly string[];
  /** Configuration of a run with its own state folder. */
  config(state: string, webhook?: string, settle?: string): string;
}

function newPlace(): Place {
  const folder = temporaryFolder();
  const history = ['gateway.old.json', 'appdb.json'].map((name) => join(folder, name));
  const database = linesOf('appdb.postgresql.json.gz').filter((line) => line < `{"timestamp":"${LIVE_FROM}`);
  for (const [at, lines] of [gateway.slice(0, cut), database].entries())
    writeFileSync(history[at] ?? '', `${lines.join('\n')}\n`);
  const growing = join(folder, 'gateway.json');
  return {
    folder,
    growing,
    history,
    config(state, webhook, settle = '300ms') {
      const file = join(folder, `${state}.yaml`);
      const settings = {
        sources: [...history.map((name) => ({ file: name, follow: false })), { file: growing, settle }],
        credentials: join(DEMO, 'credentials.yaml'),
        detectors: join(DEMO, '..', 'detectors'),
        fingerprint_key: 'secret://env/FINGERPRINT_KEY',
        state,
        response: {
          rules: [{ severity: 'low', mode: 'approve' }], // whatever the age of an alert: a person is asked
          ...(webhook === undefined ? {} : { webhook: { url: webhook, secret: 'secret://env/KEY' } }),
        },
        revokers: { webhook: { secret: 'secret://env/KEY' }, postgres: { url: 'secret://env/KEY' } },
      };
      writeFileSync(file, stringify(settings));
      return file;
    },
  };
}

const KEYS = { KEY: 'of the test', FINGERPRINT_KEY: 'thirty-two characters of the test' };
const start = (config: string): RunningWayward => {
  const wayward = spawnWayward(config, KEYS);
  onTestFinished(() => wayward.kill());
  return wayward;
};

/** Runs until all is read, and stops as a service manager does; the log's last line. */
async function runToEnd(config: string) {
  const wayward = start(config);
  await wayward.line(({ msg }) => msg === 'caught up');
  expect(await wayward.stop()).toBe(0);
  return { first: wayward.lines.find(({ msg }) => msg === 'watching'), last: wayward.lines.at(-1) };
}

/** In order of time, as `scan` has them. */
const alertsIn = async (config: string): Promise<string[]> =>
  (await waywardSays(config, ['alerts', 'list', '--json'])).trimEnd().split('\n').toSorted();

const scanOf = async (config: string, files: readonly string[]): Promise<string[]> =>
  (await waywardSays(config, ['scan', '--json', ...files], KEYS)).trimEnd().split('\n').toSorted();

/** Of each alert all but how late its records came, and that apart. */
const apartFromLateness = (alerts: readonly string[]) =>
  alerts.map((text) => {
    const { wayward, ...rest } = JSON.parse(text) as { wayward: { late_ms?: number } };
    const { late_ms: lateMs, ...own } = wayward;
    return { alert: { ...rest, wayward: own }, lateMs };
  });

const deadLettersOf = (place: Place, state: string): string[] =>
  readFileSync(join(place.folder, state, 'dead-letters.ndjson'), 'utf8')
    .trimEnd()
    .split('\n');

/** What response has decided and what it waits for. */
function responseIn(place: Place, state: string) {
  const store = new Store(join(place.folder, state));
  const decided = store.all("SELECT entry FROM audit WHERE json_extract(entry, '$.type') = 'decided'");
  const steps = store.all('SELECT cause, credential, action, state FROM outbox ORDER BY cause, action, credential');
  store.close();
  return { decided: decided.map(({ entry }) => JSON.parse(String(entry))), steps };
}

/** What was learned of every principal and peer group, to the last bit. */
function baselinesIn(place: Place, state: string) {
  const store = new Store(join(place.folder, state));
  const rows = store.all('SELECT kind, name, peers, zone, hex(state) AS state FROM baselines ORDER BY kind, name');
  store.close();
  return rows;
}

describe('wayward run, stopped and started again', () => {
  test(
    'killed at any moment: the alerts, whole, of a run that nothing disturbed, and of a scan; nothing lost, nothing twice',
    async () => {
      const receiver = await startReceiver();
      onTestFinished(() => receiver.stop());
      const place = newPlace();
      writeFileSync(place.growing, '');
      const config = place.config('killed', receiver.url, WRITTEN_SINCE);
      const random = seeded('restart');
      let written = 0;
      const writer = setInterval(() => {
        appendFileSync(
          place.growing,
          live
            .slice(written, written + 120)
            .map((line) => `${line}\n`)
            .join(''),
        );
        written += 120;
      }, 60);
      onTestFinished(() => clearInterval(writer));
      for (let kill = 0; kill < KILLS; kill++) {
        const wayward = start(config);
        if (kill % 3 > 0) await wayward.line(({ msg }) => msg === 'watching');
        await sleep(integer(random, 0, 1800)); // at any moment of its life
        await wayward.kill();
      }
      while (written < live.length) await sleep(50);
      // A letter that was written after the last save: the run to come finds its record again.
      appendFileSync(join(place.folder, 'killed', 'dead-letters.ndjson'), '{"reason":"not saved yet"}\n');
      const { last } = await runToEnd(config);

      const all = [...place.history, place.growing];
      const alerts = await alertsIn(config);
      const undisturbed = place.config('undisturbed', undefined, WRITTEN_SINCE);
      const other = await runToEnd(undisturbed);
      expect(alerts).toEqual(await alertsIn(undisturbed));
      expect(alerts).toEqual(await scanOf(config, all));
      expect(alerts.length).toBeGreaterThan(5);

      expect(last?.counts).toEqual(other.last?.counts);
      expect(last?.detection).toEqual(other.last?.detection);
      expect(baselinesIn(place, 'killed')).toEqual(baselinesIn(place, 'undisturbed'));
      expect(deadLettersOf(place, 'killed')).toEqual(deadLettersOf(place, 'undisturbed'));
      expect(deadLettersOf(place, 'killed')).toHaveLength(live.length - (gateway.length - cut));

      const { decided, steps } = responseIn(place, 'killed');
      const decisions = decided.map(({ cause, severity }) => `${cause} ${severity}`);
      expect(new Set(decisions).size).toBe(decisions.length);
      expect(new Set(decided.map(({ cause }) => cause)).size).toBe(alerts.length);
      const revocations = ({ steps: found }: ReturnType<typeof responseIn>) =>
        found.filter(({ action }) => action === 'revoke');
      expect(revocations({ decided, steps })).toEqual(revocations(responseIn(place, 'undisturbed')));
      const told = new Set(receiver.received.map(({ body }) => JSON.parse(body).id));
      expect(told.size).toBe(steps.filter(({ action }) => action === 'notify').length);
      await waywardSays(config, ['audit', 'verify']); // rejects unless the record is whole
    },
    TIMEOUT,
  );

  test(
    'a log that was rotated meanwhile is finished first',
    async () => {
      const place = newPlace();
      const config = place.config('state');
      const third = Math.floor(live.length / 3);
      const part = (index: number): string =>
        `${live.slice(index * third, index === 2 ? undefined : (index + 1) * third).join('\n')}\n`;
      writeFileSync(place.growing, part(0));
      const first = await runToEnd(config);
      expect(first.first).toMatchObject({ resumed: false });

      appendFileSync(place.growing, part(1));
      renameSync(place.growing, `${place.growing}.1`);
      writeFileSync(place.growing, part(2));
      const second = start(config);
      const expected = await scanOf(config, [...place.history, `${place.growing}.1`, place.growing]);
      const alerts = async () => apartFromLateness(await alertsIn(config)).map(({ alert }) => alert);
      const scanned = apartFromLateness(expected).map(({ alert }) => alert);
      await expect.poll(alerts, { timeout: 30_000 }).toEqual(scanned);
      expect(await second.stop()).toBe(0);
      expect(second.lines.find(({ msg }) => msg === 'watching')).toMatchObject({ resumed: true });
      expect(await alerts()).toEqual(scanned);
      // The first run had caught up with the clock, so what was written behind its back came late.
      const late = apartFromLateness(await alertsIn(config)).filter(({ lateMs }) => lateMs !== undefined);
      expect(late.length).toBeGreaterThan(0);
      for (const { lateMs = 0 } of late) expect(lateMs).toBeGreaterThan(3_600_000);
    },
    TIMEOUT,
  );

  test(
    'two at once on one state folder: the second one says so and leaves it alone',
    async () => {
      const place = newPlace();
      const config = place.config('state');
      writeFileSync(place.growing, '');
      const first = start(config);
      await first.line(({ msg }) => msg === 'watching');
      await expect(waywardSays(config, ['run'], KEYS)).rejects.toMatchObject({
        code: 2,
        stderr: expect.stringContaining('another wayward run works with this state folder'),
      });
      expect(await first.stop()).toBe(0);
    },
    TIMEOUT,
  );
});
