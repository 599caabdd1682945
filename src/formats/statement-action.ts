import type { FoldedStatement } from './folded-statement.ts';
import { relationsIn } from './relations.ts';
import { sqlAction } from './sql-action.ts';
import { tokensOf } from './sql-names.ts';
import { actionOf, deedOf, MAX_NAMED } from './statement-objects.ts';
import { statementsIn } from './statements-in.ts';

/** A cursor reads what its query reads, and a prepared statement does what it says: `DECLARE c CURSOR FOR SELECT …`. */
const WRAPPED = /^(?:declare\b[^;]{1,256}?\bfor|prepare\b[^;]{1,256}?\bas)\s+(?=[a-z(])/i;

/** What a statement does, apart for each object; first what it writes. What is read to make a table is read for itself. */
const deedsIn = (statement: string): readonly string[] => {
  const { verb, objects } = deedOf(statement.replace(WRAPPED, ''), 'sql');
  if (objects.length === 0) return [verb];
  return objects.map((object, at) => `${at > 0 && MAKES.test(verb) ? 'SELECT' : verb} ${object}`);
};

/** As the lines of pgaudit name it: one for each verb. */
const actionsIn = (statement: string): readonly string[] => {
  const deeds = deedsIn(statement);
  const verbs = new Set(deeds.map(verbOf));
  return [...verbs].map((verb) =>
    actionOf(
      verb,
      deeds.filter((deed) => verbOf(deed) === verb && deed !== verb).map((deed) => deed.slice(verb.length + 1)),
    ),
  );
};

const MAKES = /^CREATE (?:TABLE|MATERIALIZED VIEW)$/;
const verbOf = (deed: string): string => /^[A-Z]+(?: [A-Z]+)*(?= |$)/.exec(deed)?.[0] ?? deed;

const CATALOG = /^public\.pg_|^(?:pg_catalog|information_schema)\./;

/** Whether a text of one statement reads or writes a table that is none of the system's own. */
export const touchesTable = (folded: string): boolean => {
  const [only, second] = /\b(?:from|into|update|table)\b/i.test(folded) ? statementsIn(folded) : [];
  if (only === undefined || second !== undefined) return false;
  return relationsIn(tokensOf(only)).some((name) => !CATALOG.test(name));
};

/** What pgaudit calls one thing and the statement another. */
const AS_WRITTEN: Readonly<Record<string, string>> = { 'DECLARE CURSOR': 'SELECT', 'CREATE TABLE AS': 'CREATE TABLE' };

/**
 * The action of a line that names no object: the command with what the text says that it was done to. Of several statements of one text
 * it is the one whose turn it is; where that is not known, all that it may be are named: `SELECT public.a, public.b`. What stands where
 * nobody looks is `…`.
 * @param kind pgaudit's class: READ or WRITE, the direction of a COPY
 * @param turn how many lines of this command the text has had before; undefined if unknown
 */
export const namedByText = (
  command: string,
  kind: string,
  { read, isWhole }: FoldedStatement,
  turn: number | undefined,
): string => {
  const verb = AS_WRITTEN[command] ?? command;
  const written = verb === 'COPY' && kind === 'WRITE' ? 'COPY FROM' : verb;
  const isOther = (action: string): boolean => written === 'COPY' && action.startsWith('COPY FROM ');
  const actions = statementsIn(read)
    .flatMap(actionsIn)
    .filter((action) => (action === written || action.startsWith(`${written} `)) && !isOther(action));
  if (!isWhole && actions[turn ?? 0]?.startsWith(`${written} `) !== true) return `${written} …`;
  if (actions.length < 2 || turn !== undefined) return actions[(turn ?? 0) % Math.max(1, actions.length)] ?? verb;
  const objects = new Set(
    actions.filter((action) => action !== written).flatMap((action) => action.slice(written.length + 1).split(', ')),
  );
  if (objects.size === 0) return verb;
  const named = [...objects].slice(0, MAX_NAMED).join(', ');
  return `${written} ${named}${objects.size > MAX_NAMED ? ', …' : ''}`;
};

/**
 * What failed: of several statements the one whose object the server's message names, whatever its language, else the one of the
 * command that the session was at, else the first.
 * @param phase the command tag, where the log has it
 */
export const failedAction = (folded: string, message: string, phase: string | undefined): string => {
  const statements = statementsIn(folded).map((statement) => sqlAction(statement.replace(WRAPPED, '')));
  const [first = 'UNKNOWN'] = statements;
  const actions = statementsIn(folded).flatMap(deedsIn);
  if (actions.length < 2) return first;
  const isNamed = (action: string): boolean => {
    const name = /[^. ]+$/.exec(action.slice(action.indexOf(' ') + 1))?.[0].replaceAll('"', '') ?? '';
    return action.includes(' ') && hasWord(message, name);
  };
  return (
    actions.find(isNamed) ?? statements.find((action) => action === phase || action.startsWith(`${phase} `)) ?? first
  );
};

/** Whether the text holds the word, not as a part of a longer one. */
const hasWord = (text: string, word: string): boolean => {
  const isWordChar = (char: string): boolean => /[\w$\u0080-\uffff]/.test(char);
  for (let at = text.indexOf(word); word !== '' && at !== -1; at = text.indexOf(word, at + 1)) {
    const [before, after] = [text.charAt(at - 1), text.charAt(at + word.length)];
    if (!(isWordChar(before) && !/[»«„“"]/.test(before)) && !(isWordChar(after) && !/[»«„“"]/.test(after))) return true;
  }
  return false;
};
