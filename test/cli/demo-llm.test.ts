import { expect, test } from 'vitest';
import { run } from './run.ts';

test('the demo of models: one alert, of the stolen key, and nothing of anybody else', {
  timeout: 120_000,
}, async () => {
  const { code, stdout } = await run(['demo', 'llm']);
  expect(code).toBe(0);
  expect(stdout).toContain('1 alert (1 high)');
  expect(stdout).toMatch(/2026-11-21 02:1\d +high +research-assistant-2\/models/);
  expect(stdout).toMatch(/tokens within about (?:10 minutes|8 hours)/);
  expect(stdout).toContain('would ask https://models.example.com to revoke it');
  expect(stdout).toContain('alerts list --config demo/llm/wayward.yaml');
});
