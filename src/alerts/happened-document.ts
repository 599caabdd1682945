import type { Happened, HappenedExample, HappenedPlace } from './happened.ts';

const iso = (time: number): string => new Date(time).toISOString();

/** What happened, as `wayward.activity` of an alert's document. */
export const happenedDocument = (happened: Happened): Record<string, unknown> => ({
  requests: happened.uses,
  denied: happened.refused,
  ...amounts(happened),
  actions: happened.actions.map(({ action, uses, refused, first, last, isNew, objects }) => ({
    ...{ name: action, requests: uses, denied: refused, first: iso(first), last: iso(last), new: isNew },
    ...(objects.length > 0 && { objects }),
  })),
  ...(happened.otherUses > 0 && { other_requests: happened.otherUses }),
  addresses: happened.addresses.map(placeDocument),
  clients: happened.clients.map(placeDocument),
  examples: happened.examples.map(exampleDocument),
});

const placeDocument = ({ name, uses, isNew }: HappenedPlace): Record<string, unknown> => ({
  ...{ name, requests: uses, new: isNew },
});

const exampleDocument = (example: HappenedExample): Record<string, unknown> => {
  const { id, time, action, result, object, address, client, status } = example;
  return {
    ...{ event_id: id, at: iso(time), action, result },
    ...(object !== undefined && { object }),
    ...(address !== undefined && { address }),
    ...(client !== undefined && { client }),
    ...(status !== undefined && { status }),
    ...amounts(example),
  };
};

const amounts = ({ rows = 0, bytes = 0 }: { readonly rows?: number; readonly bytes?: number }) => ({
  ...(rows > 0 && { rows }),
  ...(bytes > 0 && { bytes }),
});
