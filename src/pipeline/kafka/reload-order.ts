import type { Registry } from '../../attribution/registry.ts';
import type { TopicTail } from '../../kafka/topic-tail.ts';
import type { ReloadOrder, RulesInUse } from '../rules-in-use.ts';
import { isReloadOrder } from './events-message.ts';
import { ForeignMessage, parsed } from './foreign.ts';

/** Key in `wayward.ingest` under which the last order to reload stands. */
export const RELOAD = 'reload';

/** The registry by which raw records are sent to their partitions: that of the last order, as far as the tail has come. */
export function registryAsOrdered(tail: Pick<TopicTail, 'values'>, rules: RulesInUse): () => Registry {
  let seen: Buffer | undefined;
  return () => {
    const written = tail.values.get(RELOAD);
    if (written !== seen) {
      seen = written;
      const order = written && orderIn(written);
      if (order !== undefined) rules.follow(order);
    }
    return rules.current.registry;
  };
}

/** What somebody else wrote there orders nothing. */
function orderIn(written: Buffer): ReloadOrder | undefined {
  try {
    const order = parsed(written.toString());
    return isReloadOrder(order) ? order : undefined;
  } catch (error) {
    if (!(error instanceof ForeignMessage)) throw error;
    return undefined;
  }
}
