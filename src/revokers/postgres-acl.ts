import pg from 'pg';

/** Privileges on one object that one role gave another. */
export interface Grant {
  /** As REVOKE names the object: `TABLE public.orders`. */
  readonly on: string;
  /** As REVOKE names them, of columns with those: `SELECT (id), UPDATE (name)`. */
  readonly privileges: string;
  /** For default privileges the beginning of the statement; empty for those of an object. */
  readonly before: string;
  readonly grantor: string;
  /** Whether we may act as the grantor, which nobody else may take it back for: a superuser, or a member of it. */
  readonly mayAct: boolean;
}

/**
 * What the catalogues of one database keep of privileges: what an object is called, and its access list. Names come quoted from the server.
 * https://www.postgresql.org/docs/current/ddl-priv.html#PRIVILEGES-SUMMARY-TABLE
 */
const OBJECTS = `
  SELECT '' AS before, CASE relkind WHEN 'S' THEN 'SEQUENCE ' ELSE 'TABLE ' END || oid::regclass AS "on", '' AS "column", relowner AS owner, relacl AS acl FROM pg_class
  UNION ALL SELECT '', 'TABLE ' || attrelid::regclass, ' (' || quote_ident(attname) || ')', relowner, attacl
    FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid WHERE NOT attisdropped
  UNION ALL SELECT '', 'SCHEMA ' || quote_ident(nspname), '', nspowner, nspacl FROM pg_namespace
  UNION ALL SELECT '', 'ROUTINE ' || oid::regprocedure, '', proowner, proacl FROM pg_proc
  UNION ALL SELECT '', 'TYPE ' || oid::regtype, '', typowner, typacl FROM pg_type
  UNION ALL SELECT '', 'LANGUAGE ' || quote_ident(lanname), '', lanowner, lanacl FROM pg_language
  UNION ALL SELECT '', 'LARGE OBJECT ' || oid, '', lomowner, lomacl FROM pg_largeobject_metadata
  UNION ALL SELECT '', 'FOREIGN DATA WRAPPER ' || quote_ident(fdwname), '', fdwowner, fdwacl FROM pg_foreign_data_wrapper
  UNION ALL SELECT '', 'FOREIGN SERVER ' || quote_ident(srvname), '', srvowner, srvacl FROM pg_foreign_server
  UNION ALL SELECT '', 'DATABASE ' || quote_ident(datname), '', datdba, datacl FROM pg_database
  UNION ALL SELECT '', 'TABLESPACE ' || quote_ident(spcname), '', spcowner, spcacl FROM pg_tablespace
  UNION ALL SELECT 'ALTER DEFAULT PRIVILEGES FOR ROLE ' || quote_ident(pg_get_userbyid(defaclrole))
      || coalesce(' IN SCHEMA ' || quote_ident(nspname), '') || ' ',
    CASE defaclobjtype WHEN 'r' THEN 'TABLES' WHEN 'S' THEN 'SEQUENCES' WHEN 'f' THEN 'ROUTINES' WHEN 'T' THEN 'TYPES' WHEN 'n' THEN 'SCHEMAS' ELSE 'LARGE OBJECTS' END,
    '', defaclrole, defaclacl FROM pg_default_acl LEFT JOIN pg_namespace ON pg_namespace.oid = defaclnamespace`;

/** PostgreSQL 15 and later. */
const PARAMETERS = `
  UNION ALL SELECT '', 'PARAMETER ' || parname, '', 10, paracl FROM pg_parameter_acl`;

const PARAMETERS_SINCE = 150_000;

/** What this database and the server as a whole have granted to a role by its name; not what it owns, PUBLIC has, or comes by membership. */
export async function grantsTo(client: pg.Client, oid: number, version: number): Promise<Grant[]> {
  const { rows } = await client.query(
    `SELECT before, "on", string_agg(privilege_type || "column", ', ' ORDER BY "column", privilege_type) AS privileges,
       pg_get_userbyid(grantor) AS grantor, pg_has_role(grantor, 'MEMBER') AS "mayAct"
     FROM (${OBJECTS}${version < PARAMETERS_SINCE ? '' : PARAMETERS}) AS objects, aclexplode(acl)
     WHERE grantee = $1 AND owner <> $1 GROUP BY before, "on", grantor ORDER BY before, "on", grantor`,
    [oid],
  );
  return rows;
}

/** A membership, and what takes it away. */
export interface Membership {
  readonly group: string;
  readonly grantor: string;
  readonly mayAct: boolean;
}

/** Before PostgreSQL 16 whoever may manage roles takes a membership away, whoever gave it. */
const GRANTORS_SINCE = 160_000;

export async function membershipsOf(client: pg.Client, oid: number, version: number): Promise<Membership[]> {
  const { rows } = await client.query(
    `SELECT pg_get_userbyid(roleid) AS "group", pg_get_userbyid(grantor) AS grantor,
       $2::int < ${GRANTORS_SINCE} OR pg_has_role(grantor, 'USAGE') AS "mayAct"
     FROM pg_auth_members WHERE member = $1 ORDER BY 1, 2`,
    [oid, version],
  );
  return rows;
}

/** What the role passed on by a grant option goes with it: else it could keep its rights by passing them on. */
export const revoking = ({ before, on, privileges }: Grant, role: string): string =>
  `${before}REVOKE ${privileges} ON ${on} FROM ${pg.escapeIdentifier(role)} CASCADE`;

export function leaving({ group, grantor }: Membership, role: string, version: number): string {
  const by = version < GRANTORS_SINCE ? '' : ` GRANTED BY ${pg.escapeIdentifier(grantor)}`;
  return `REVOKE ${pg.escapeIdentifier(group)} FROM ${pg.escapeIdentifier(role)}${by} CASCADE`;
}
