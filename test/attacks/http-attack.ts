import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import type { AttackRow } from './attack.ts';
import { type Measured, measure, type Watched } from './measure.ts';
import { flood, type RawRequest, sendRaw } from './raw-http.ts';
import type { Victim } from './victim.ts';

/** One attack over HTTP, in one of the logs of a real server. */
export interface HttpAttack extends Pick<AttackRow, 'point' | 'attack' | 'attacker' | 'heldBefore'> {
  /** The log that has it, by its name. */
  readonly log: string;
  /** Whom it speaks about. */
  readonly victim: Victim;
  /** The attacker's own credential, where it has one: what it does counts against that. */
  readonly thief?: Victim;
  readonly requests: readonly RawRequest[];
  /** Each of them so often, some at once. */
  readonly times?: number;
  /** The operator named an unchecked field as the identity: alerts are right, as long as nothing is done. */
  readonly isDeclared?: boolean;
}

/** An honest agent that misuses its own credential. */
export interface HttpControl {
  readonly log: string;
  readonly agent: Victim;
  readonly requests: readonly RawRequest[];
  /** What must come of it. */
  readonly until: 'nothing' | 'found' | 'revoked';
}

/** What is played, and the logs of the servers on which it is played. */
export interface HttpScene {
  readonly attacks: readonly HttpAttack[];
  /** The last one is revoked: then everything before it has been looked at. */
  readonly controls: readonly HttpControl[];
  readonly logs: Readonly<
    Record<string, { readonly file: string; readonly source?: Readonly<Record<string, unknown>> }>
  >;
  readonly settings?: Watched['settings'];
  /** For Wayward: its configuration and state. */
  readonly folder: string;
}

const WRITTEN_TIMEOUT_MS = 20_000;

/** Plays every attack, then every control, and has Wayward read the logs. */
export async function play({ attacks, controls, logs, settings, folder }: HttpScene): Promise<Measured> {
  const last = controls.at(-1);
  if (last?.until !== 'revoked') throw new Error('the last control must be one that is revoked');
  const since = Date.now() - 1_000; // some logs have whole seconds
  const expected = new Map(Object.entries(logs).map(([name, { file }]) => [name, linesOf(file)]));
  const send = async ({ log, requests, times = 1 }: Pick<HttpAttack, 'log' | 'requests' | 'times'>): Promise<void> => {
    for (const request of requests) await (times === 1 ? sendRaw(request) : flood(request, times));
    expected.set(log, (expected.get(log) ?? 0) + requests.length * times);
  };
  const written = async (): Promise<void> => {
    for (const [name, { file }] of Object.entries(logs)) await hasLines(file, expected.get(name) ?? 0);
  };
  await Promise.all(attacks.map(send));
  await written();
  for (const control of controls) {
    await send(control);
    await written();
  }
  const everybody = [
    ...attacks.flatMap(({ victim, thief }) => [victim, thief ?? []]),
    ...controls.map(({ agent }) => agent),
  ];
  return measure({
    folder,
    since,
    sources: Object.values(logs).map(({ file, source }) => ({ file, ...source })),
    ...(settings === undefined ? {} : { settings }),
    victims: [...new Set(everybody.flat())],
    control: { victim: last.agent, until: last.until },
  });
}

/** A row for each attack, and a test for each control. */
export function testScene(
  { attacks, controls }: Pick<HttpScene, 'attacks' | 'controls'>,
  measured: () => Measured,
): void {
  for (const { victim, thief, requests, times = 1, isDeclared = false, log: _, ...row } of attacks)
    test(row.attack, ({ task }) => {
      const against = measured().against(victim, row.point === 7 ? 'medium' : 'low');
      task.meta.attack = { ...row, records: requests.length * times, ...against };
      expect(against.responses).toBe(0);
      if (!isDeclared) expect(against.findings).toBe(0);
      for (const { attribution } of measured().alerts(victim)) expect(attribution.confidence).toBeLessThanOrEqual(0.7);
      if (thief !== undefined) expect(measured().against(thief).responses).toBeGreaterThan(0);
    });
  for (const { log, agent, until } of controls)
    test(`an agent that misuses its own credential is ${AS_WORDS[until]}: ${log}`, ({ task }) => {
      task.meta.control = true;
      const { findings, responses } = measured().against(agent);
      expect(responses > 0).toBe(until === 'revoked');
      if (until === 'nothing') expect(findings).toBe(0);
      else expect(findings).toBeGreaterThan(0);
    });
}

const AS_WORDS = { nothing: 'not known', found: 'found, and left alone', revoked: 'found and revoked' } as const;

const linesOf = (file: string): number => readFileSync(file, 'utf8').split('\n').length - 1;

async function hasLines(file: string, count: number): Promise<void> {
  for (const deadline = Date.now() + WRITTEN_TIMEOUT_MS; linesOf(file) < count; await sleep(50))
    if (Date.now() > deadline) throw new Error(`${file} has ${linesOf(file)} lines, not ${count}`);
}
