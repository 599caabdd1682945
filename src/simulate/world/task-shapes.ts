import type { System } from './world.ts';

interface StepShape {
  /** `$R` is what the task is about, `$S` something beside it. */
  readonly call: string;
  /** Mean bytes or rows of an answer. */
  readonly size?: number;
  readonly times?: number;
  readonly chance?: number;
  readonly pages?: true;
}

/** Tasks as agents have them; one entry more is one way more to work. */
export const TASK_SHAPES: Readonly<Record<System, readonly { name: string; steps: readonly StepShape[] }[]>> = {
  http: [
    {
      name: 'answers a question about',
      steps: [
        { call: 'POST /v1/$R/search', size: 2_400 },
        { call: 'GET /v1/$R/{id}', size: 1_200, times: 2.5 },
        { call: 'GET /v1/$S/{id}', size: 800, chance: 0.5 },
      ],
    },
    {
      name: 'works through open',
      steps: [
        { call: 'GET /v1/$R?state=open&page={id}', size: 9_000, times: 1.8, pages: true },
        { call: 'GET /v1/$R/{id}', size: 1_500, times: 4 },
        { call: 'POST /v1/$R/{id}/notes', size: 180, chance: 0.6 },
        { call: 'PATCH /v1/$R/{id}', size: 240, chance: 0.4 },
      ],
    },
    {
      name: 'files new',
      steps: [
        { call: 'GET /v1/$S/{id}', size: 900 },
        { call: 'POST /v1/$R', size: 300 },
        { call: 'GET /v1/$R/{uuid}', size: 1_100, chance: 0.7 },
      ],
    },
    {
      name: 'follows',
      steps: [
        { call: 'GET /v1/$R/changes?after={id}', size: 3_000 },
        { call: 'GET /v1/$R/{uuid}', size: 1_400, times: 2, chance: 0.5 },
      ],
    },
    {
      name: 'tidies',
      steps: [
        { call: 'GET /v1/$R?state=stale', size: 4_000 },
        { call: 'DELETE /v1/$R/{id}/drafts/{id}', size: 20, times: 2, chance: 0.4 },
        { call: 'PUT /v1/$R/{id}/labels', size: 150, chance: 0.7 },
      ],
    },
  ],
  sql: [
    {
      name: 'looks up',
      steps: [
        { call: 'public.$R: SELECT * FROM $R WHERE id=$1', times: 2 },
        { call: 'public.$S: SELECT * FROM $S WHERE $S_id=$1', size: 6, chance: 0.6 },
      ],
    },
    {
      name: 'lists open',
      steps: [
        {
          call: "public.$R: SELECT id,state FROM $R WHERE state='open' ORDER BY id LIMIT 500",
          size: 60,
          times: 1.5,
          pages: true,
        },
        { call: 'public.$R: SELECT * FROM $R WHERE id=$1', times: 3 },
        { call: 'public.$R: UPDATE $R SET state=$1 WHERE id=$2', chance: 0.5 },
      ],
    },
    {
      name: 'writes',
      steps: [
        { call: 'public.$S: SELECT * FROM $S WHERE id=$1' },
        { call: 'public.$R: INSERT INTO $R VALUES ($1,$2)', times: 2 },
      ],
    },
    {
      name: 'joins',
      steps: [
        {
          call: 'public.$R,public.$S: SELECT r.*,s.name FROM $R r JOIN $S s ON s.id=r.$S_id WHERE r.id=$1',
          size: 12,
          times: 1.6,
        },
        { call: 'public.$S: DELETE FROM $S WHERE expired<$1', chance: 0.03 },
      ],
    },
    {
      name: 'sums up',
      steps: [{ call: 'public.$R: SELECT day,sum(total) FROM $R WHERE day>$1 GROUP BY 1', size: 140, times: 1.4 }],
    },
  ],
  vault: [
    {
      name: 'fetches',
      steps: [{ call: 'read secret/data/$R/main' }, { call: 'read secret/data/$S/main', chance: 0.3 }],
    },
    { name: 'gets a login for', steps: [{ call: 'read database/creds/$R' }] },
    {
      name: 'renews',
      steps: [{ call: 'read secret/data/$R/main' }, { call: 'update secret/data/$R/last-used', chance: 0.5 }],
    },
    {
      name: 'looks through',
      steps: [{ call: 'list secret/metadata/$R' }, { call: 'read secret/data/$R/main', times: 2 }],
    },
  ],
};

/** What agents' tasks are about. */
export const RESOURCES: readonly string[] = [
  ...['accounts', 'alerts', 'assets', 'bookings', 'branches', 'budgets', 'builds', 'campaigns', 'carriers', 'carts'],
  ...['catalog', 'claims', 'contacts', 'contracts', 'coupons', 'courses', 'deals', 'deliveries', 'devices', 'disputes'],
  ...['documents', 'drivers', 'estimates', 'events', 'feeds', 'fleets', 'forms', 'grants', 'images', 'incidents'],
  ...['inspections', 'inventory', 'issues', 'journeys', 'leads', 'lessons', 'listings', 'lots', 'meetings', 'meters'],
  ...['models', 'notices', 'offers', 'orders', 'parcels', 'parts', 'patients', 'permits', 'plans', 'policies'],
  ...['polls', 'prices', 'products', 'projects', 'quotes', 'readings', 'recipes', 'refunds', 'releases', 'rentals'],
  ...['repairs', 'returns', 'reviews', 'routes', 'samples', 'seats', 'shifts', 'shipments', 'sites', 'slots'],
  ...['stock', 'stores', 'studies', 'suppliers', 'surveys', 'tasks', 'tests', 'threads', 'tickets', 'tours'],
  ...['trips', 'vehicles', 'vendors', 'venues', 'visits', 'vouchers', 'warranties', 'wikis', 'workouts', 'zones'],
];
