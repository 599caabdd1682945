import { createRegistry } from '../src/attribution/registry.ts';
import { loadDetectors } from '../src/config/detector-files.ts';
import { loadCredentials } from '../src/config/registry-file.ts';
import { detectFormat } from '../src/formats/detect.ts';
import { createRedactor } from '../src/formats/redact.ts';
import { formatById, formats } from '../src/formats/registry.ts';
import { Core } from '../src/pipeline/core.ts';
import { Lane } from '../src/pipeline/lane.ts';
import { Merge } from '../src/pipeline/merge.ts';
import { openSources } from '../src/sources/open.ts';

/**
 * The whole path, from a file to alerts, in one thread: source, framing, parse, redaction, order, attribution, baselines,
 * detectors, incidents. Prints `{ lines, milliseconds, cpuMilliseconds, maxRssMb, alerts, principals }`.
 */
const [file, registryFile] = process.argv.slice(2) as [string, string];
const registry = createRegistry(loadCredentials(registryFile));
const detectors = loadDetectors('detectors').map(({ detector }) => detector);
const context = { redactor: createRedactor(Buffer.alloc(32, 1)) };

const started = performance.now();
const cpuStarted = process.threadCpuUsage();
const sources = await openSources([file], { stdin: process.stdin });
const lanes = sources.map(
  (source) => new Lane(source, { detect: (lines) => detectFormat(lines, formats), formatById, context }),
);
const alerts = new Set<string>();
const core = new Core(registry, detectors, ({ id }) => alerts.add(id));
const merge = new Merge(lanes);
for await (const batch of merge.batches()) core.process(batch);
const milliseconds = performance.now() - started;
const { user, system } = process.threadCpuUsage(cpuStarted);

console.log(
  JSON.stringify({
    lines: merge.counts.events,
    milliseconds,
    cpuMilliseconds: (user + system) / 1000,
    maxRssMb: process.resourceUsage().maxRSS / 1024,
    alerts: alerts.size,
    principals: core.engine.baselines.size,
  }),
);
