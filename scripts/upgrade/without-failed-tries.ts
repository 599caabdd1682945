import { createRedactor } from '../../src/formats/redact.ts';
import { formatById } from '../../src/formats/registry.ts';
import type { ChaosLogs } from '../../test/chaos/logs.ts';

/**
 * The same logs without what was tried and failed by an error. A commit that says nothing of identities also took such tries for deeds:
 * it learns and flags other things from them, whether or not there is an upgrade.
 */
export function withoutFailedTries(logs: ChaosLogs): ChaosLogs {
  const context = { redactor: createRedactor(Buffer.alloc(32, 1)) };
  const succeeded = (format: string) => {
    const parser = formatById(format)?.parser(context);
    return (line: string): boolean => {
      const bytes = Buffer.from(line);
      const parsed = parser?.parse(bytes, 0, bytes.length);
      return parsed === undefined || !('result' in parsed) || parsed.result !== 'error';
    };
  };
  return {
    ...logs,
    partitions: logs.partitions.map((partition) => ({
      ...partition,
      lines: partition.lines.filter(succeeded(partition.format)),
    })),
    live: (from, seconds, perSecond) => {
      const isSuccess = succeeded('nginx-json');
      return logs.live(from, seconds, perSecond).filter(({ line }) => isSuccess(line));
    },
  };
}
