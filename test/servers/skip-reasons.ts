import type { Reporter, TestModule } from 'vitest/node';

/** Prints at the end of a run why tests were skipped, each reason once: vitest's own report gives it only in a run of one file. */
export class SkipReasons implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const counts = new Map<string, number>();
    for (const module of modules) {
      for (const test of module.children.allTests('skipped')) {
        const { note } = test.result() as { note?: string };
        if (note !== undefined) counts.set(note, (counts.get(note) ?? 0) + 1);
      }
    }
    if (counts.size > 0) console.log('Skipped:');
    for (const [note, count] of counts) console.log(`  ${String(count).padStart(4)}  ${note}`);
  }
}
