import { siteOf } from '../../identity/network.js'
import type { History } from '../history.js'
import { about, type Finding, type Matter, type Row } from './finding.js'
import { groupBy, isGranted } from './uses.js'

/** Fewer asks say nothing about what is usual for somebody. */
const enough = 20

const learnt = `Looked for with persons of whom the record has ${enough} asks or more up to the end of the period.`

/** What is not as that person usually does it. Jobs have no habits: they run when something happened. */
export function habitFindings({ all, grants }: Matter): readonly Finding[] {
  const inPeriod = new Set(grants)
  const found = [...groupBy(all.filter(isByPerson), ({ asker }) => asker.subject).values()]
    .filter((own) => own.length >= enough)
    .map((own) => unusual(own))
  const rows = (of: (one: Unusual) => readonly Found[]): readonly Row[] =>
    found
      .flatMap(of)
      .filter(({ history }) => inPeriod.has(history))
      .sort((a, b) => a.history.seq - b.history.seq)
      .map(({ history, text }) => about(history, text))
  return [
    {
      id: 'unusual-hour',
      weight: 'look',
      title: 'Asked at an hour that is not theirs',
      rule: `The person made no other ask within an hour of that time of day (UTC, whole hours), on any day. ${learnt}`,
      rows: rows(({ hours }) => hours),
    },
    {
      id: 'unusual-address',
      weight: 'look',
      title: 'Asked from a network that is not theirs',
      rule: `The person asked only this once from the /24 (IPv6: /48) of that address. ${learnt}`,
      rows: rows(({ sites }) => sites),
    },
    {
      id: 'first-role',
      weight: 'note',
      title: 'Was granted a role for the first time',
      rule: `The person had asked ${enough} times or more before, and never been granted this role.`,
      rows: rows(({ roles }) => roles),
    },
    {
      id: 'collected-elsewhere',
      weight: 'look',
      title: 'Credentials collected from another network',
      rule: 'The credentials went to an address outside the /24 (IPv6: /48) of the address that asked.',
      rows: grants.filter(isByPerson).flatMap(elsewhere),
    },
  ]
}

interface Found {
  readonly history: History
  readonly text: string
}

interface Unusual {
  readonly hours: readonly Found[]
  readonly sites: readonly Found[]
  readonly roles: readonly Found[]
}

const isByPerson = ({ asker }: History): boolean => asker.kind === 'person'

/** Of one person's asks, oldest first. */
function unusual(own: readonly History[]): Unusual {
  const hours = groupBy(own, ({ askedAt }) => String(hourOf(askedAt)))
  const near = (hour: number) =>
    [23, 0, 1].reduce((sum, by) => sum + (hours.get(String((hour + by) % 24))?.length ?? 0), 0)
  const sites = groupBy(own, siteOfAsk)
  const held = new Set<string>()
  const first = own.filter((history, before) => {
    const isNew = isGranted(history) && !held.has(history.role)
    if (isNew) held.add(history.role)
    return isNew && before >= enough
  })
  return {
    hours: own
      .filter(({ askedAt }) => near(hourOf(askedAt)) === 1)
      .map((history) => ({
        history,
        text: `no other from ${pad(hourOf(history.askedAt) + 23)} to ${pad(hourOf(history.askedAt) + 2)} o'clock`,
      })),
    sites: [...sites]
      .filter(([site, asks]) => site !== '' && asks.length === 1)
      .flatMap(([, asks]) =>
        asks.map((history) => ({ history, text: `from ${history.asker.address ?? ''}` })),
      ),
    roles: first.map((history) => ({ history, text: history.reason ?? 'without a reason' })),
  }
}

const hourOf = (at: number): number => Math.floor(at / 3_600_000) % 24
const pad = (hour: number): string => String(hour % 24).padStart(2, '0')
const siteOfAsk = ({ asker }: History): string => siteOf(asker.address ?? '') ?? ''

function elsewhere(history: History): readonly Row[] {
  const site = siteOfAsk(history)
  const others = history.issuances.flatMap(({ address = '' }) =>
    [site, undefined].includes(siteOf(address)) ? [] : address,
  )
  if (site === '' || others.length === 0) return []
  return [
    about(history, `asked from ${history.asker.address}, collected from ${[...new Set(others)].join(', ')}`),
  ]
}
