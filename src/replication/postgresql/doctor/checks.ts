import { DURABILITY } from './checks/durability.js'
import { HOUSEKEEPING } from './checks/housekeeping.js'
import { IDENTITY } from './checks/identity.js'
import { SECURITY } from './checks/security.js'
import { SLOTS } from './checks/slots.js'
import { STANDBYS } from './checks/standbys.js'
import type { Check } from './finding.js'

/** All that is looked at. */
export const CHECKS: readonly Check[] = [
  ...[...IDENTITY, ...STANDBYS, ...SLOTS, ...DURABILITY, ...SECURITY, ...HOUSEKEEPING],
]
