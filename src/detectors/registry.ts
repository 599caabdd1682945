import type { DetectorKind } from './detector.ts';
import { actionBurst } from './kinds/action-burst.ts';
import { brokenChain } from './kinds/broken-chain.ts';
import { burst } from './kinds/burst.ts';
import { dormant } from './kinds/dormant.ts';
import { drift } from './kinds/drift.ts';
import { enumeration } from './kinds/enumeration.ts';
import { expired } from './kinds/expired.ts';
import { largeAnswers } from './kinds/large-answers.ts';
import { lifetime } from './kinds/lifetime.ts';
import { manyAgents } from './kinds/many-agents.ts';
import { match } from './kinds/match.ts';
import { newAction } from './kinds/new-action.ts';
import { newArea } from './kinds/new-area.ts';
import { newDestination } from './kinds/new-destination.ts';
import { newSource } from './kinds/new-source.ts';
import { outOfScope } from './kinds/out-of-scope.ts';
import { outsideHours } from './kinds/outside-hours.ts';
import { outsideNetwork } from './kinds/outside-network.ts';
import { peersWork } from './kinds/peers-work.ts';
import { revoked } from './kinds/revoked.ts';
import { rotationOverdue } from './kinds/rotation-overdue.ts';
import { secretInLog } from './kinds/secret-in-log.ts';
import { sourceClaims } from './kinds/source-claims.ts';
import { staticKey } from './kinds/static-key.ts';
import { unknownCredential } from './kinds/unknown-credential.ts';
import { unreadable } from './kinds/unreadable.ts';
import { unusualTime } from './kinds/unusual-time.ts';
import { withoutReceipt } from './kinds/without-receipt.ts';

/** Every kind of detector that `kind:` may name; a new kind is one file and one line here. */
export const kinds: readonly DetectorKind[] = [
  burst,
  actionBurst,
  largeAnswers,
  enumeration,
  drift,
  newAction,
  newArea,
  newDestination,
  peersWork,
  newSource,
  unusualTime,
  dormant,
  unknownCredential,
  expired,
  outOfScope,
  outsideNetwork,
  outsideHours,
  rotationOverdue,
  lifetime,
  staticKey,
  withoutReceipt,
  revoked,
  match,
  secretInLog,
  sourceClaims,
  manyAgents,
  unreadable,
  brokenChain,
];
