import type { Format } from './format.ts';
import { nginxJson } from './nginx-json.ts';
import { pgauditJson } from './pgaudit-json.ts';

/** Every built-in log format; a new one is its file and a line here. */
export const formats: readonly Format[] = [nginxJson, pgauditJson];

export const formatById = (id: string): Format | undefined => formats.find((format) => format.id === id);
