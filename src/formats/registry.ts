import type { Format } from './format.ts';
import { nginxCombined } from './nginx-combined.ts';
import { nginxJson } from './nginx-json.ts';
import { pgauditCsv } from './pgaudit-csv.ts';
import { pgauditJson } from './pgaudit-json.ts';
import { pgauditStderr } from './pgaudit-stderr.ts';
import { vaultAudit } from './vault-audit.ts';

/** Every built-in log format; a new one is its file and a line here. */
export const formats: readonly Format[] = [
  nginxJson,
  nginxCombined,
  pgauditJson,
  pgauditCsv,
  pgauditStderr,
  vaultAudit,
];

export const formatById = (id: string): Format | undefined => formats.find((format) => format.id === id);
