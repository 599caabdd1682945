import { foldSql } from './fold-sql.ts';
import type { Language } from './named-secrets.ts';
import { statementsOfBody } from './postgres-body.ts';
import { actionOf, type Deed, deedOf } from './statement-objects.ts';
import { statementsIn } from './statements-in.ts';

/** In characters of a folded text, and in statements: what is read for its action. */
const MAX_READ = 8_192;
const MAX_STATEMENTS = 64;
/** Verbs that change nothing. */
const HARMLESS = /^(?:SELECT|SET|SHOW|USE|BEGIN|START|COMMIT|END|ROLLBACK|EXPLAIN|DECLARE|FETCH|CLOSE|DO|UNKNOWN)$/;

/** As a query is named: by what it writes inside, if it does. */
const plain = ({ verb, objects, written }: Deed): Pick<Deed, 'verb' | 'objects'> => ({
  verb: (verb === 'SELECT' || verb === 'COPY' ? written[0]?.[1] : undefined) ?? verb,
  objects,
});

/** Of several statements the first that changes something, else the first that touches something: what stands before must not hide it. */
const gravest = (deeds: readonly Deed[]): Pick<Deed, 'verb' | 'objects'> => {
  const named = deeds.map(plain);
  const isGrave = ({ verb }: Pick<Deed, 'verb'>): boolean => !HARMLESS.test(verb);
  return (
    named.find(isGrave) ??
    named.find(({ objects }) => objects.length > 0) ??
    named[0] ?? { verb: 'UNKNOWN', objects: [] }
  );
};

/** What a folded text does, maybe of several statements, and to what. */
export const foldedDeed = (folded: string, language: Language): Pick<Deed, 'verb' | 'objects'> =>
  gravest(
    statementsIn(folded)
      .slice(0, MAX_STATEMENTS)
      .map((statement) => deedOf(statement, language)),
  );

/** The action of a text as a client sent it: `SELECT public.orders, public.payroll`; of a DO block what its statements do. */
export const textAction = (text: string, language: Language): string => {
  const folded = foldSql(text, language, MAX_READ);
  const inside = language === 'sql' && /(?:^|;\s?)do\b/i.test(folded) ? statementsOfBody(text) : [];
  const all = [folded, ...inside.map((statement) => foldSql(statement, language, MAX_READ))];
  const { verb, objects } = foldedDeed(all.join(';'), language);
  return actionOf(verb, objects);
};
