const NAME = '[a-zA-Z_:][a-zA-Z0-9_:]*';
// As Go reads numbers: prom-client writes `Nan`.
const VALUE = '(?:[+-]?Inf|[Nn]a[Nn]|-?\\d+(?:\\.\\d+)?(?:e[+-]?\\d+)?)';
const LABELS = '\\{[a-zA-Z_]\\w*="(?:[^"\\\\\\n]|\\\\[\\\\"n])*"(?:,[a-zA-Z_]\\w*="(?:[^"\\\\\\n]|\\\\[\\\\"n])*")*\\}';
const SAMPLE = new RegExp(`^(${NAME})(${LABELS})? (${VALUE})(?: -?\\d+)?$`);
const HELP = new RegExp(`^# HELP (${NAME}) .+$`);
const TYPE = new RegExp(`^# TYPE (${NAME}) (counter|gauge|histogram|summary|untyped)$`);

/**
 * Reads the text format of Prometheus (exposition format 0.0.4) as strictly as its server does: HELP and TYPE once and before the
 * samples, no sample twice, histograms that grow and end with +Inf. Gives `name{labels}` → value.
 */
export function parsePrometheus(text: string): ReadonlyMap<string, number> {
  if (!text.endsWith('\n')) throw new Error('the last line has no end');
  const samples = new Map<string, number>();
  const types = new Map<string, string>();
  for (const line of text.split('\n')) {
    if (line === '' || HELP.test(line)) continue;
    const [, named, type] = TYPE.exec(line) ?? [];
    if (named !== undefined) {
      if (types.has(named)) throw new Error(`two types: ${line}`);
      types.set(named, type ?? '');
      continue;
    }
    const [, name = '', labels = '', value = ''] = SAMPLE.exec(line) ?? [];
    if (name === '') throw new Error(`no sample: ${line}`);
    const family = types.has(name) ? name : name.replace(/_(bucket|sum|count)$/, '');
    if (!types.has(family)) throw new Error(`no type before: ${line}`);
    if (samples.has(name + labels)) throw new Error(`twice: ${line}`);
    samples.set(name + labels, Number(value.replace('Inf', 'Infinity')));
  }
  for (const [name] of [...types].filter(([, type]) => type === 'histogram')) checkHistogram(name, samples);
  return samples;
}

function checkHistogram(name: string, samples: ReadonlyMap<string, number>): void {
  const buckets = [...samples].filter(([key]) => key.startsWith(`${name}_bucket{`));
  const series = Map.groupBy(buckets, ([key]) => key.replace(/le="[^"]*",?/, '').replace('{}', ''));
  for (const [labels, all] of series) {
    const values = all.map(([, value]) => value);
    if (values.some((value, at) => value < (values[at - 1] ?? 0))) throw new Error(`${labels} shrinks`);
    if (samples.get(labels.replace('_bucket', '_count')) !== values.at(-1)) throw new Error(`${labels}: +Inf`);
  }
}
