/** Path segments that say nothing of what is behind them. */
const PREFIX = /^(|api|v\d+|rest|rpc|public|app|svc|\{id\})$/;

/**
 * What an action is part of: the first telling segment of a path (`GET /v1/orders/{id}` → `orders`), the object of a statement
 * (`SELECT public.orders` → `public.orders`), the mount or service of others (`kv/data/billing:read` → `kv`, `s3:GetObject` → `s3`).
 */
export const areaOf = (action: string): string => {
  const space = action.indexOf(' ');
  const object = space < 0 ? action : action.slice(space + 1);
  if (object.includes('/')) return object.split('/').find((segment) => !PREFIX.test(segment)) ?? object;
  if (space >= 0) return object;
  const colon = object.indexOf(':');
  return colon < 0 ? object : object.slice(0, colon);
};
