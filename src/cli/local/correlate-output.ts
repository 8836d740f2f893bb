import type { Recorded } from '../../audit/trail/compared.js'
import type { Coverage } from '../../audit/trail/coverage.js'
import type { Bypass, Findings, Late, Named, Refused } from '../../audit/trail/findings.js'
import { iso, isoSeconds, type Instant } from '../../time.js'
import { table, type Column } from '../remote/table.js'
import { roleLines } from './correlate-roles.js'
import type { TrailReading } from './trail.js'

/** All that a comparison has to tell. */
export interface Seen {
  readonly record: Recorded
  readonly reading: TrailReading
  readonly coverage: Coverage
  readonly findings: Findings
}

/** So many of a kind are read by somebody; `--all` is for who wants more. */
const most = 20

const counted = (number: number, one: string, more = `${one}s`): string =>
  `${number} ${number === 1 ? one : more}`
const span = (from: Instant | undefined, to: Instant | undefined): string =>
  from === undefined || to === undefined ? 'nothing' : `${isoSeconds(from)} to ${isoSeconds(to)}`
const listed = (names: Iterable<string>): string => [...names].sort().slice(0, 30).join(', ') || 'none'

/** For a person: what was compared, how much was found of each kind, then each finding. */
export function asText(seen: Seen, all: boolean): readonly string[] {
  const { findings } = seen
  const { bypasses, outside, late, refused, resolved, unused, complete, roles } = findings
  const broken = late.filter((one) => one.broken !== undefined)
  const lived = late.filter((one) => one.broken === undefined)
  const cut = <T>(title: string, rows: readonly T[], columns: readonly Column<T>[]): readonly string[] => {
    if (rows.length === 0) return []
    const shown = all ? rows : rows.slice(0, most)
    const rest = rows.length - shown.length
    return [
      '',
      title,
      ...table(shown, columns),
      ...(rest > 0 ? [`and ${rest} more; --all shows every one`] : []),
    ]
  }
  return [
    ...compared(seen),
    '',
    ...table(kinds(findings), [
      { name: 'COUNT', of: ({ count }) => String(count) },
      { name: 'WHAT', of: ({ what }) => what },
    ]),
    ...cut('Sessions that no grant is of: somebody went round Stint', bypasses, bypassColumns),
    ...cut('What worked in regions that the grant is not for', outside, [
      ...whose,
      { name: 'REGION', of: ({ region }) => region },
      { name: 'ACTION', of: ({ action }) => action },
      ...often,
    ]),
    ...cut('What worked though it should have been stopped', broken, lateColumns),
    ...cut('Issuances whose AssumeRole is not in the trail: it is not whole', complete.missing, [
      ...whose,
      { name: 'ISSUANCE', of: ({ issuance }) => issuance },
      { name: 'AT', of: ({ at }) => isoSeconds(at) },
    ]),
    ...cut('After the end of the grant: what lived on to its own end, or was refused', lived, lateColumns),
    ...cut('What sessions tried and were not given', refused, refusedColumns),
    ...cut('Issuances whose answer was lost', resolved, [
      ...whose,
      { name: 'ISSUANCE', of: ({ issuance }) => issuance },
      { name: 'STATE', of: ({ state }) => state },
      { name: 'IN THE TRAIL', of: ({ verdict }) => verdicts[verdict] },
      { name: 'CALLS', of: ({ calls }) => String(calls) },
    ]),
    ...cut('Grants that were never used', unused.never, unusedColumns),
    ...cut('Grants that nobody collected credentials of', unused.uncollected, unusedColumns),
    ...cut('Grants without a call, whose calls the trail would not show', unused.unshown, unusedColumns),
    ...roles.flatMap(roleLines),
  ]
}

function compared({ record, reading, coverage }: Seen): readonly string[] {
  const { accounts, regions, dataServices, events } = coverage
  const issuances = record.histories.reduce((sum, one) => sum + one.issuances.length, 0)
  return [
    `The trail: ${counted(events, 'event')} of ${counted(reading.files, 'file')}, ${span(coverage.from, coverage.to)}`,
    `  accounts: ${listed(accounts.keys())}`,
    `  regions: ${listed(regions)}`,
    `  data events: ${listed(dataServices)}; of all else on data the trail says nothing`,
    ...(reading.unread.length > 0 ? [`  not read whole: ${counted(reading.unread.length, 'file')}`] : []),
    `The record: ${counted(record.histories.length, 'ask')}, ${counted(issuances, 'issuance')}, ${span(record.from, record.to)}`,
  ]
}

interface Kind {
  readonly count: number
  readonly what: string
}

function kinds({
  bypasses,
  outside,
  late,
  refused,
  resolved,
  unused,
  complete,
  isFull,
}: Findings): readonly Kind[] {
  const lost = (verdict: string): number => resolved.filter((one) => one.verdict === verdict).length
  return [
    { count: bypasses.length, what: 'sessions that no grant is of' },
    { count: outside.length, what: 'kinds of calls that worked in regions that the grant is not for' },
    {
      count: late.filter(({ broken }) => broken).length,
      what: 'sessions that worked though they should have been stopped',
    },
    {
      count: complete.missing.length,
      what: `issuances without AssumeRole in the trail, of ${complete.issued} in its time`,
    },
    {
      count: late.filter(({ broken }) => !broken).length,
      what: 'sessions that went on after the end of their grant',
    },
    { count: refused.length, what: 'kinds of calls that were refused' },
    { count: lost('session'), what: 'lost answers that STS gave a session for' },
    { count: lost('none'), what: 'lost answers that STS gave no session for' },
    { count: lost('uncovered'), what: 'lost answers that the trail says nothing of' },
    { count: unused.never.length, what: 'grants that were never used' },
    { count: unused.uncollected.length, what: 'grants that nobody collected credentials of' },
    { count: unused.unshown.length, what: 'grants without a call, whose calls the trail would not show' },
    { count: unused.uncovered, what: 'grants without a call, in a time that the trail does not cover' },
    ...(isFull ? [{ count: 1, what: 'more sessions than are kept: some are told of nowhere' }] : []),
  ]
}

const whose: readonly Column<Named>[] = [
  { name: 'GRANT', of: ({ grant }) => grant },
  { name: 'BY', of: ({ by }) => by },
  { name: 'ROLE', of: ({ role }) => role },
]

const often: readonly Column<{ readonly count: number; readonly first: Instant }>[] = [
  { name: 'TIMES', of: ({ count }) => String(count) },
  { name: 'FIRST', of: ({ first }) => isoSeconds(first) },
]

const verdicts = { session: 'a session', none: 'no session', uncovered: 'not covered' } as const

const bypassColumns: readonly Column<Bypass>[] = [
  {
    name: 'AT',
    of: ({ at, outsideRecord }) => `${isoSeconds(at)}${outsideRecord ? ' (outside of the record)' : ''}`,
  },
  { name: 'ROLE', of: ({ role, account }) => (account === undefined ? role : `${role} in ${account}`) },
  {
    name: 'BY',
    of: ({ road, caller }) =>
      road === undefined ? 'not in the trail' : `${road} by ${caller ?? 'nobody named'}`,
  },
  { name: 'SESSION', of: ({ session }) => session },
  { name: 'KEY', of: ({ accessKeyId }) => accessKeyId },
  { name: 'FROM', of: ({ address }) => address },
  { name: 'CALLS', of: ({ calls }) => String(calls) },
]

const whys = {
  window: 'past the end of the window',
  deny: 'denied in AWS since minutes',
  withheld: 'credentials were withheld',
} as const

const lateColumns: readonly Column<Late>[] = [
  ...whose,
  { name: 'ENDED', of: ({ state, endedAt }) => `${state} ${isoSeconds(endedAt)}` },
  { name: 'WORKED', of: ({ worked, last }) => (worked > 0 ? `${worked}, last ${isoSeconds(last)}` : '0') },
  { name: 'REFUSED', of: ({ refused }) => String(refused) },
  { name: 'ACTIONS', of: ({ actions }) => actions.join(' ') },
  { name: 'WHY IT SHOULD NOT', of: ({ broken }) => broken && whys[broken] },
]

const refusedColumns: readonly Column<Refused>[] = [
  ...whose,
  { name: 'ACTION', of: ({ action }) => action },
  { name: 'ON', of: ({ resource }) => resource },
  {
    name: 'REGION',
    of: ({ region, isRegionGranted }) => `${region}${isRegionGranted ? '' : ' (not granted)'}`,
  },
  ...often,
]

const unusedColumns: readonly Column<Findings['unused']['never'][number]>[] = [
  ...whose,
  { name: 'ACTIVE', of: ({ activeAt }) => isoSeconds(activeAt) },
  { name: 'ISSUED', of: ({ issuances }) => String(issuances) },
]

/** Names of members that are instants. */
const times = new Set(['at', 'first', 'last', 'from', 'to', 'startedAt', 'activeAt', 'endedAt', 'deniedAt'])

/** For a program: the same, every finding of it, times in ISO 8601. */
export function asJson({ record, reading, coverage, findings }: Seen): unknown {
  const { from, to, events, accounts, regions, services, dataServices, reads, writes } = coverage
  const trail = {
    files: reading.files,
    events,
    from,
    to,
    accounts: [...accounts].map(([account, spanned]) => ({ account, ...spanned })),
    regions: [...regions].sort(),
    services: [...services].sort(),
    dataServices: [...dataServices].sort(),
    reads,
    writes,
    unread: reading.unread,
  }
  const asks = { asks: record.histories.length, from: record.from, to: record.to }
  const text = JSON.stringify({ trail, record: asks, ...findings }, (name, value: unknown) =>
    times.has(name) && typeof value === 'number' ? iso(value) : value,
  )
  return JSON.parse(text) as unknown
}
