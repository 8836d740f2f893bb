import type { EventKind } from './event.js'

/**
 * The classes of OCSF 1.8.0 that events are told in (schema.ocsf.io/1.8.0/classes): their caption, category, and the
 * captions of the activities that are used here.
 */
export const classes = {
  3003: { name: 'Authorize Session', category: 'Identity & Access Management', does: { 3: 'Assign Roles' } },
  3004: {
    name: 'Entity Management',
    category: 'Identity & Access Management',
    does: { 1: 'Create', 3: 'Update', 4: 'Delete', 8: 'Enable', 10: 'Activate', 11: 'Deactivate' },
  },
  // Deprecated from 1.9.0 on, in favour of a class that 1.8.0 has not.
  3005: {
    name: 'User Access Management',
    category: 'Identity & Access Management',
    does: { 2: 'Revoke Privileges' },
  },
  6003: {
    name: 'API Activity',
    category: 'Application Activity',
    does: { 1: 'Create', 2: 'Read', 3: 'Update' },
  },
} as const satisfies Readonly<
  Record<
    number,
    { readonly name: string; readonly category: string; readonly does: Readonly<Record<number, string>> }
  >
>

export type ClassUid = keyof typeof classes

/** The captions of `status_id` and `severity_id` that are used here. */
export const statuses = { 0: 'Unknown', 1: 'Success', 2: 'Failure' } as const
export const severities = { 1: 'Informational', 2: 'Low', 3: 'Medium', 4: 'High' } as const

/** How a kind is told. */
export interface Telling {
  readonly class: ClassUid
  /** Of a request: by its operation. */
  readonly activity: number | 'operation'
  readonly status: keyof typeof statuses
  readonly severity: keyof typeof severities
  /** What sort of thing it happened to, for Entity Management. */
  readonly entity: string
}

const thing = (
  entity: string,
  activity: keyof (typeof classes)[3004]['does'],
  severity: Telling['severity'] = 1,
  status: Telling['status'] = 1,
): Telling => ({ class: 3004, activity, status, severity, entity })

const [unknown, failure] = [0, 2] as const
const [low, medium, high] = [2, 3, 4] as const

/** The one table of how Stint's events are told to others. */
export const tellings: Readonly<Record<EventKind, Telling>> = {
  'grant.pending': thing('grant', 1),
  'grant.active': thing('grant', 10),
  'grant.denied': thing('grant', 10, low, failure),
  'grant.lapsed': thing('grant', 11),
  'grant.cancelled': thing('grant', 11),
  'grant.ended': thing('grant', 11),
  'grant.revoked': { class: 3005, activity: 2, status: 1, severity: medium, entity: 'grant' },
  'vote.cast': thing('grant', 3),
  'review.opened': thing('review', 1, high),
  'review.signed': thing('review', 3),
  'issuance.started': thing('issuance', 1),
  'issuance.done': { class: 3003, activity: 3, status: 1, severity: 1, entity: 'issuance' },
  'issuance.withheld': thing('issuance', 3, low, failure),
  'issuance.failed': thing('issuance', 3, low, failure),
  'issuance.unknown': thing('issuance', 3, medium, unknown),
  'revocation.placed': thing('revocation', 1, medium),
  'revocation.lifted': thing('revocation', 4, medium),
  'revocation.written': thing('revocation', 8),
  'revocation.failed': thing('revocation', 8, high, failure),
  'request.refused': { class: 6003, activity: 'operation', status: 2, severity: low, entity: 'request' },
  'audit.read': { class: 6003, activity: 2, status: 1, severity: 1, entity: 'request' },
  'config.loaded': thing('configuration', 3, low),
  'config.refused': thing('configuration', 3, medium, failure),
  'check.started': thing('role check', 1),
  'check.done': thing('role check', 3),
  'log.restored': thing('record', 3, high),
  'log.keys': thing('record', 3, medium),
  'log.archived': thing('record', 1),
  'log.dropped': thing('record', 4, high),
  'log.migrated': thing('record', 3),
  'slack.linked': thing('slack user', 1),
  'slack.unlinked': thing('slack user', 4),
}

/** For a kind that only a later Stint has. */
export const unheard: Telling = thing('record', 3)
