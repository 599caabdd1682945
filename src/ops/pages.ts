import type { Health, Report } from './health.ts';
import type { Answer, Pages } from './http.ts';
import type { Metrics } from './metrics.ts';

/** Metrics are made at most once in so many milliseconds, however many ask. */
const FRESH = 1_000;

/** What is served: is it alive, is it ready, and how is it. */
export function pagesOf(health: Health, metrics: Metrics): Pages {
  let made: { readonly at: number; readonly text: Promise<string> } | undefined;
  const metricsText = (): Promise<string> => {
    const at = performance.now();
    if (made === undefined || at - made.at >= FRESH) made = { at, text: metrics.text() };
    return made.text;
  };
  return new Map<string, () => Answer | Promise<Answer>>([
    ['/healthz', () => reportPage(health.report(), ['broken'])],
    ['/readyz', () => reportPage(health.report(), ['broken', 'down'])],
    ['/metrics', async () => ({ status: 200, type: metrics.contentType, body: await metricsText() })],
  ]);
}

const reportPage = (report: Report, bad: readonly Report['state'][]): Answer => ({
  status: bad.includes(report.state) ? 503 : 200,
  type: 'application/json',
  body: `${JSON.stringify(report)}\n`,
});
