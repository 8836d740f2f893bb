import { leafOf, verify, type Link } from '../../src/audit/chain.js'
import type { Step } from '../step.js'
import { reach, shorten } from '../trim.js'

const audit: Step = {
  title: 'The audit log, searched and verified',
  story:
    'Cy, the auditor, found an access key id in CloudTrail and wants to know who was behind it. Access key ' +
    'ids are on the record; the secrets that belong to them never were.',
  async play({ request, check, say }, { grant = '', accessKeyId = '', secrets = [] }) {
    const found = await request(`GET /v1/grants?accessKeyId=${accessKeyId}`, {
      as: 'cy',
      show: (said) => rowsOf(said, 'grants').map(pick('id', 'state', 'asker', 'reason', 'closedReason')),
    })
    const ids = rowsOf(found.json, 'grants').map(({ id }) => id)
    check('One grant had this key', ids.length === 1 && ids[0] === grant)

    const events = await request(`GET /v1/audit/events?grant=${grant}`, {
      as: 'cy',
      show: (said) => rowsOf(said, 'events').map(pick('seq', 'at', 'kind')),
    })
    const kinds = rowsOf(events.json, 'events').map(({ kind }) => kind)
    const life = ['grant.active', 'issuance.started', 'issuance.done', 'grant.ended', 'request.refused']
    check('Its whole life is there, the refusal after its end too', life.join() === kinds.join())

    const nosy = await request('GET /v1/audit/events', { as: 'ana' })
    check('403: Ana is no auditor', nosy.status === 403)

    say('Cy takes the log away, and checks it with no help from Stint.')
    const accept = 'application/x-ndjson'
    const log = await request('GET /v1/audit/events?limit=1000', { as: 'cy', accept })
    const lines = log.text.trimEnd().split('\n')
    for (const line of [...lines.slice(0, 2), ...lines.slice(-1)]) say(shorten(line, 88))

    const leaked = secrets.length === 0 || secrets.some((secret) => log.text.includes(secret))
    check(
      'It has the access key id, and neither the secret key nor the token',
      !leaked && log.text.includes(accessKeyId),
    )

    const whole = checked(lines)
    check(`All ${lines.length} entries follow from each other: ${whole.says}`, whole.ok)
    const doctored = lines.map((line) => line.replace('A last look at order 42', 'A last look at order 43'))
    const changed = checked(doctored)
    check(`With one digit changed: ${changed.says}`, !changed.ok)
    const gap = checked(lines.filter((_, index) => index !== 4))
    check(`With one entry left out: ${gap.says}`, !gap.ok)
  },
}

type Row = Readonly<Record<string, unknown>>

function rowsOf(said: unknown, name: string): readonly Row[] {
  const rows = reach(said, name)
  return Array.isArray(rows) ? (rows as readonly Row[]) : []
}

const pick =
  (...names: readonly string[]) =>
  (row: Row): Row =>
    Object.fromEntries(names.map((name) => [name, row[name]]))

/** Verifies the chain in the lines of an export, from nothing but these lines. */
function checked(lines: readonly string[]): { readonly ok: boolean; readonly says: string } {
  const verified = verify(lines.map(toLink))
  return verified.ok
    ? { ok: true, says: `the head is entry ${verified.head.seq}, ${shorten(verified.head.leaf, 16)}` }
    : { ok: false, says: verified.detail }
}

/** A line of the export is what was hashed, so that its hash can be worked out anew. */
function toLink(line: string): Link {
  const { seq } = JSON.parse(line) as { readonly seq: number }
  return { seq, text: line, leaf: leafOf(line) }
}

export const auditing = [audit]
