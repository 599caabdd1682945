import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { alertDocument } from '../../src/alerts/document.ts';
import { withUrl } from '../../src/alerts/links.ts';
import type { Finding } from '../../src/detectors/finding.ts';
import { Store } from '../../src/sinks/store.ts';
import { saveAlert } from '../../src/sinks/store-alerts.ts';
import { run } from '../cli/run.ts';
import { temporaryFolder } from '../config/temp.ts';
import { alertOf } from '../response/alert-of.ts';

const [finding] = alertOf().findings as [Finding];
const eventOf = (document: Readonly<Record<string, unknown>>) => document.event as Record<string, unknown>;
const naming = (...threat: string[]) =>
  eventOf(alertDocument(alertOf({ findings: [{ ...finding, threat }] }))).reference;

test('an alert says where to read on about what was found', () => {
  expect(naming('T1078.004', 'T1213')).toBe('https://attack.mitre.org/techniques/T1078/004/');
  expect(naming('AML.T0012')).toBe('https://atlas.mitre.org/techniques/AML.T0012');
  expect(naming()).toBeUndefined();
  const references = ['https://runbooks.example.com/new-action', 'https://example.com'];
  const advice = { 'new-action': { description: 'New.', references, owasp: [], triage: [], falsePositives: [] } };
  expect(eventOf(alertDocument(alertOf({ advice }))).reference).toBe(references[0]);
});

test('it links to the console where there is one, and to nothing without', () => {
  const alert = alertOf({ id: 'a/b' });
  const document = alertDocument(alert);
  expect(withUrl(document, alert, undefined)).toBe(document);
  const linked = withUrl(document, alert, 'https://wayward.example.com/');
  expect(eventOf(linked)).toEqual({ ...eventOf(document), url: 'https://wayward.example.com/alerts/a%2Fb' });
  expect({ ...linked, event: document.event }).toEqual(document);
});

test('list and show have the link, too', async () => {
  const folder = temporaryFolder();
  const config = join(folder, 'wayward.yaml');
  writeFileSync(config, 'state: state\nconsole: { url: "https://wayward.example.com" }\n');
  const store = new Store(join(folder, 'state'));
  saveAlert(store, alertOf());
  store.close();
  for (const args of [['list'], ['show', 'alert-1']]) {
    const { stdout } = await run(['alerts', ...args, '--config', config]);
    expect(JSON.parse(stdout).event.url).toBe('https://wayward.example.com/alerts/alert-1');
  }
});

test('an address with a password is none', async () => {
  const folder = temporaryFolder();
  const config = join(folder, 'wayward.yaml');
  writeFileSync(config, 'console: { url: "https://ann:secret@wayward.example.com" }\n');
  const { code, stderr } = await run(['alerts', 'list', '--config', config]);
  expect(code).toBe(2);
  expect(stderr).toContain('must not hold a user or password');
  expect(stderr).not.toContain('secret');
});
