import { type Column, count } from './columns.ts';

/** `event.severity` of ECS documents, and the colours that Elastic Security shows them in. */
const SEVERITIES = {
  low: { label: 'Low', score: 21, color: '#54b399' },
  medium: { label: 'Medium', score: 47, color: '#d6bf57' },
  high: { label: 'High', score: 73, color: '#da8b45' },
  critical: { label: 'Critical', score: 99, color: '#e7664c' },
} as const;

/** One count a severity: as series of their own they keep their order and colour, whatever values there are. */
export const SEVERITY_COUNTS: Readonly<Record<string, Column>> = Object.fromEntries(
  Object.entries(SEVERITIES).map(([id, { label, score }]) => [id, count(label, { where: `event.severity: ${score}` })]),
);

export const SEVERITY_COLORS: Readonly<Record<string, string>> = Object.fromEntries(
  Object.entries(SEVERITIES).map(([id, { color }]) => [id, color]),
);

/** KQL: what wakes somebody. */
export const SEVERE = 'event.severity >= 73';
