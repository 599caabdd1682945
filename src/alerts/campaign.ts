import { createHash } from 'node:crypto';
import type { Finding } from '../detectors/finding.ts';
import type { Alert } from './alert.ts';

/**
 * `wayward.campaign.id`: made of the source alone, so that alerts of agents that no process sees together have the same without a word
 * between them, and none has to be said again when another one joins. The first foreign source of an incident counts.
 */
export const campaignOf = ({ campaign }: Alert, { stranger }: Finding): string | undefined =>
  campaign ?? (stranger === undefined ? undefined : idOf(stranger));

const idOf = (source: string): string => createHash('sha256').update(`campaign\n${source}`).digest('hex').slice(0, 32);
