import type { NodeFacts, SlotFacts } from '../facts.js'
import type { Check, Found } from '../finding.js'
import { list, mb, onEach, onPrimary, set } from './help.js'

const MUCH_WAL = 10 * 2 ** 30

export const SLOTS: readonly Check[] = [
  {
    id: 'slot-lost',
    severity: 'critical',
    looksAt: 'no replication slot has lost its WAL',
    why: 'whoever uses it can never go on from where it was: a standby must be copied anew',
    find: forSlots(
      (slot) => slot.status === 'lost',
      (slot) => ({
        evidence: `slot ${slot.name} is lost`,
        change: `select pg_drop_replication_slot('${slot.name}'); then copy its standby anew`,
      }),
    ),
  },
  {
    id: 'slot-about-to-be-lost',
    severity: 'critical',
    looksAt: 'no replication slot is about to lose its WAL',
    why: 'the next checkpoint may remove what its standby needs',
    find: forSlots(
      (slot) => slot.status === 'unreserved',
      (slot) => ({
        evidence: `slot ${slot.name} is unreserved, ${mb(slot.keptBytes)} behind`,
        change: set('max_slot_wal_keep_size', `${Math.ceil(slot.keptBytes / 2 ** 20) * 2}MB`),
      }),
    ),
  },
  {
    id: 'slot-inactive',
    severity: 'warning',
    looksAt: 'somebody uses every replication slot',
    why: 'it makes the server keep WAL for nobody, until the disk is full or the bound is reached',
    find: forSlots(
      (slot) => !slot.isActive && slot.status !== 'lost',
      (slot) => ({
        evidence: `slot ${slot.name} is not in use, and keeps ${mb(slot.keptBytes)}`,
        change: `bring its standby back; or select pg_drop_replication_slot('${slot.name}')`,
      }),
    ),
  },
  {
    id: 'slot-pins-rows',
    severity: 'warning',
    looksAt: 'no slot that nobody uses keeps rows from being removed',
    why: 'dead rows pile up on the primary, and every query gets slower',
    find: forSlots(
      (slot) => !slot.isActive && slot.pinsRows,
      (slot) => ({
        evidence: `slot ${slot.name} has an xmin, and is not in use`,
        change: `bring its standby back; or select pg_drop_replication_slot('${slot.name}')`,
      }),
    ),
  },
  {
    id: 'slot-keeps-much',
    severity: 'warning',
    looksAt: `no replication slot keeps more than ${MUCH_WAL / 2 ** 30} GB of WAL`,
    why: 'the disk of the primary fills, and it stops',
    find: forSlots(
      (slot) => slot.keptBytes > MUCH_WAL,
      (slot) => ({
        evidence: `slot ${slot.name} keeps ${mb(slot.keptBytes)}`,
        change: 'see why its standby is behind; bound it with max_slot_wal_keep_size',
      }),
    ),
  },
  {
    id: 'slots-without-bound',
    severity: 'warning',
    looksAt: 'max_slot_wal_keep_size bounds what slots keep',
    why: 'a standby that is away fills the disk of the primary, which stops then',
    find: onEach(({ slots, settings }) =>
      slots.length > 0 && settings['max_slot_wal_keep_size'] === '-1'
        ? {
            evidence: `${slots.length} slots, max_slot_wal_keep_size = -1`,
            change: set('max_slot_wal_keep_size', '10GB'),
          }
        : undefined,
    ),
  },
  {
    id: 'slots-used-up',
    severity: 'warning',
    looksAt: 'a replication slot more could be made',
    why: 'the next standby, or a switchover, finds none',
    find: onEach(({ slots, settings }) => {
      const most = Number(settings['max_replication_slots'])
      return slots.length > 0 && slots.length >= most
        ? {
            evidence: `${slots.length} of ${most}: ${list(slots.map((it) => it.name))}`,
            change: set('max_replication_slots', String(most + 10), 'restart'),
          }
        : undefined
    }),
  },
  {
    id: 'senders-used-up',
    severity: 'warning',
    looksAt: 'two connections more for replication could be made',
    why: 'a base backup takes two, and a standby that comes back one',
    find: onPrimary(({ senders, settings }) => {
      const most = Number(settings['max_wal_senders'])
      return senders !== undefined && senders.length + 2 > most
        ? {
            evidence: `${senders.length} of ${most} max_wal_senders`,
            change: `${set('max_wal_senders', String(most + 10), 'restart')}, standbys first`,
          }
        : undefined
    }),
  },
]

function forSlots(
  is: (slot: SlotFacts) => boolean,
  say: (slot: SlotFacts) => Omit<Found, 'node'>,
): (cluster: { readonly nodes: readonly NodeFacts[] }) => readonly Found[] {
  return ({ nodes }) => nodes.flatMap(({ node, slots }) => slots.filter(is).map((slot) => ({ node, ...say(slot) })))
}
