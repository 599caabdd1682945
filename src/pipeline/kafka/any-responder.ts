import type { Kafka } from '../../kafka/client.ts';
import { withAdmin } from '../../kafka/topics.ts';

/**
 * Whether Kafka knows of a process that responds or stands by; of one that died it does until its session is over. Undefined where this user may not ask
 * (Describe on the group).
 */
export async function anyResponder(kafka: Kafka): Promise<boolean | undefined> {
  try {
    const { groups } = await withAdmin(kafka, (admin) => admin.describeGroups([kafka.names.id('respond')]));
    return groups.some(({ members }) => members.length > 0);
  } catch (error) {
    if (error instanceof Error && 'type' in error && error.type === 'GROUP_AUTHORIZATION_FAILED') return undefined;
    throw error;
  }
}
