import { describe, expect, it } from 'vitest';
import { proofWarnings } from '../../src/commands/proof-warnings.ts';
import type { Format } from '../../src/formats/format.ts';
import type { IdentitySource } from '../../src/formats/http.ts';
import { nginxCombined } from '../../src/formats/nginx-combined.ts';
import { nginxJson } from '../../src/formats/nginx-json.ts';
import { pgauditStderr } from '../../src/formats/pgaudit-stderr.ts';
import { Metrics } from '../../src/ops/metrics.ts';
import type { Telemetry } from '../../src/ops/telemetry.ts';
import type { LaneCounts } from '../../src/pipeline/counts.ts';
import { tellOfSources } from '../../src/pipeline/telemetry.ts';
import { redactor, sample } from '../formats/records.ts';
import { parsePrometheus } from '../ops/prometheus-text.ts';
import { BytesSource, testLanes } from './lines.ts';

const CLAIMS = 'claims';
/** A user that is claimed, a failed login, and a request without a user. */
const COMBINED = `10.1.0.5 - billing [02/Nov/2026:10:00:00 +0000] "GET /v1/orders/1 HTTP/1.1" 200 571 "-" "agent/1.0"
10.1.0.5 - billing [02/Nov/2026:10:00:01 +0000] "GET /v1/orders/1 HTTP/1.1" 401 8 "-" "agent/1.0"
10.1.0.5 - - [02/Nov/2026:10:00:02 +0000] "GET /health HTTP/1.1" 200 2 "-" "probe"
`;

/** What is counted of a recorded log. */
async function countsOf(format: Format, log: string, identity?: IdentitySource): Promise<LaneCounts> {
  const bytes = log === CLAIMS ? Buffer.from(COMBINED) : sample(log);
  const lane = testLanes().lane(new BytesSource(log, bytes, 65_536), { format, context: { redactor, identity } });
  while (lane.state !== 'ended') await lane.read(65_536, [], undefined);
  return lane.counts;
}
const warnings = (counts: LaneCounts): string[] => proofWarnings(counts, (how) => `--identity ${how}`);

describe('how many records prove who it was', () => {
  it('is counted by what proves it, and a record that names nobody is none', async () => {
    const { proofs } = await countsOf(nginxCombined, CLAIMS);
    expect(proofs).toEqual({ request: 1, 'authentication-failed': 1 });
  });

  it.each([
    [nginxCombined, CLAIMS, undefined, '--identity authenticated'],
    [nginxJson, 'nginx-access.jsonl', undefined, '--identity from-key-map'],
    [pgauditStderr, 'pgaudit.stderr.log', undefined, "log_destination = 'jsonlog' or 'csvlog'"],
  ] as const)('is said with what to write: %o', async (format, log, identity, advice) => {
    const said = warnings(await countsOf(format, log, identity));
    expect(said).toHaveLength(1);
    expect(said[0]).toMatch(/^[\d,]+ records /);
    expect(said[0]).toContain(advice);
  });

  it.each([
    [nginxCombined, CLAIMS, 'authenticated'],
    [nginxJson, 'nginx-access.jsonl', 'from-key-map'],
  ] as const)('is not said again where the source says it: %o', async (format, log, identity) => {
    expect(warnings(await countsOf(format, log, identity))).toEqual([]);
  });

  it('is a metric of each source, and of each raw partition', async () => {
    const counts = await countsOf(nginxJson, 'nginx-access.jsonl');
    const metrics = new Metrics();
    const telemetry: Telemetry = {
      read: (metric, samples) => metrics.read(metric, samples),
      observe: () => undefined,
      component: () => () => undefined,
    };
    tellOfSources(telemetry, () => [0, 1].map((at) => ({ name: 'gateway', partition: String(at), counts })));
    const samples = parsePrometheus(await metrics.text());
    for (const partition of ['0', '1']) {
      const name = `wayward_identities_total{by="undeclared",source="gateway",partition="${partition}"}`;
      expect(
        [...samples].find(([key]) => key.includes('undeclared') && key.includes(`partition="${partition}"`))?.[1],
        name,
      ).toBe(counts.proofs['undeclared']);
    }
  });
});
